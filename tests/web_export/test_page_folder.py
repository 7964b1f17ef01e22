"""What an export writes, and where the runtime of browsers comes from."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path

import pytest

import happysad
from happysad.bundle import archive
from happysad.errors import BundleError, UsageError
from happysad.verbs.export import export
from happysad.web_export import folder, runtime

FIXTURES = Path(__file__).parents[1] / "fixtures"
TWO_VIEWS = FIXTURES / "tiny-two-view.happysad"
ONE_VIEW = FIXTURES / "v1-tiny.happysad"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    place = tmp_path / "page"
    place.mkdir()
    folder.write(archive.read(TWO_VIEWS), place, runtime={runtime.MODULE: b"export {}"})
    return place


def test_every_file_that_is_named_is_there(written: Path) -> None:
    scripts = list((written / "app").rglob("*.js"))
    assert len(scripts) > 20
    for script in scripts:
        for name in re.findall(r'from "(\.[^"]+)"', script.read_text(encoding="utf-8")):
            assert (script.parent / name).is_file(), f"{script.name} imports {name}"
    page = (written / "index.html").read_text(encoding="utf-8")
    for name in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (written / name).is_file(), name


def test_elements_that_the_modules_look_for_are_on_the_page(written: Path) -> None:
    """The modules are those of the page that ``serve`` shows; here there is one form less."""
    ids = set(re.findall(r'\bid="([\w-]+)"', (written / "index.html").read_text(encoding="utf-8")))
    wanted = {
        name
        for script in (written / "app").rglob("*.js")
        for name in re.findall(r'byId\("([\w-]+)"\)', script.read_text(encoding="utf-8"))
    }
    assert wanted - ids <= {"address"}


def test_nothing_comes_from_elsewhere(written: Path) -> None:
    page = (written / "index.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "connect-src 'self'" in page
    assert "unsafe-inline" not in page
    files = [file for file in (written / "app").rglob("*") if file.is_file()]
    for file in [written / "index.html", *files]:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.findall(r"https?://[\w.]+\.\w+", text), file.name


def test_the_list_of_training_pictures_stays_at_home() -> None:
    bundle = archive.read(ONE_VIEW)
    told = folder.model_document(bundle)
    assert told["training_pictures"] == len(bundle.manifest.training)
    assert not {"training", "options", "versions", "parts"} & set(told)
    text = json.dumps(told)
    assert all(picture.file not in text for picture in bundle.manifest.training)
    assert len(told["sha256"]) == 64


def test_runtime_files_of_another_version_are_refused(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    with pytest.raises(BundleError, match=re.escape(f"holds no {runtime.MODULE}")):
        runtime.files(tmp_path)
    for name in runtime.SHA512:
        (dist / name).write_bytes(b"another version")
    with pytest.raises(BundleError, match="is not the one of onnxruntime-web@"):
        runtime.files(tmp_path)
    packed = tmp_path / "onnxruntime-web.tgz"
    with tarfile.open(packed, "w:gz") as package:
        member = tarfile.TarInfo(f"package/dist/{runtime.MODULE}")
        member.size = 4
        package.addfile(member, io.BytesIO(b"else"))
    with pytest.raises(BundleError, match="is no package of"):
        runtime.files(packed)
    packed.write_bytes(b"no package at all")
    with pytest.raises(BundleError, match="npm pack onnxruntime-web@"):
        runtime.files(packed)
    with pytest.raises(BundleError, match="There is no"):
        runtime.files(tmp_path / "missing")


def test_without_npm_the_way_to_the_runtime_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BundleError, match=r"no npm here .* --runtime onnxruntime-web-.*\.tgz"):
        export(TWO_VIEWS, to="web", out=tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_what_npm_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'the network is down' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(BundleError, match=r"npm could not get .*the network is down"):
        runtime.files()


def test_npm_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime_folder: Path
) -> None:
    package = tmp_path / "package"
    (package / "package").mkdir(parents=True)
    (package / "package" / "dist").symlink_to(runtime_folder)
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\ntar -chzf packed.tgz -C {package} package\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = runtime.files()
    npm.write_text("#!/bin/sh\nexit 1\n")
    assert runtime.files() == found
    assert set(found) == set(runtime.SHA512)


def test_the_page_lies_beside_the_model(
    tmp_path: Path, runtime_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "mine.happysad"
    model.write_bytes(TWO_VIEWS.read_bytes())
    page = happysad.export(model, to="web", runtime=runtime_folder)
    assert page == tmp_path / "mine-web"
    assert sorted(one.name for one in page.iterdir()) == [
        "NOTICE.txt", "app", "index.html", "model", "runtime",
    ]  # fmt: skip
    with pytest.raises(BundleError, match="exists already"):
        happysad.export(model, to="web", runtime=runtime_folder)
    monkeypatch.chdir(tmp_path)
    assert happysad.export("default", to="web", runtime=runtime_folder) == Path("default-web")


def test_a_runtime_is_for_pages_alone() -> None:
    with pytest.raises(UsageError, match="runtime"):
        export(ONE_VIEW, to="onnx", runtime=Path("there"))
