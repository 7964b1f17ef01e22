"""A bundle is written whole or not at all, and read strictly."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import resource
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from happysad.bundle import container, document
from happysad.bundle.archive import Bundle, read, write
from happysad.bundle.manifest import Golden, Member
from happysad.config import Preprocessing
from happysad.errors import BundleError

TINY = Path(__file__).parents[1] / "fixtures" / "v1-tiny.happysad"


@pytest.fixture(scope="module")
def tiny() -> Bundle:
    return read(TINY)


def repacked(change: Callable[[dict[str, bytes]], None]) -> bytes:
    """Return the tiny bundle's file with changed members and sound digests around them."""
    members = {name: bytes(data) for name, data in container.unpack(TINY.read_bytes()).items()}
    change(members)
    return b"".join(container.pack(members))


def test_a_version_1_bundle_keeps_loading(tiny: Bundle) -> None:
    assert tiny.manifest.format_version == 1
    assert tiny.manifest.classes == ("happy", "sad")
    assert tiny.manifest.scores["accuracy"].n == 12
    assert tiny.manifest.options == {"epochs": 1, "augment": {"flip": True}}
    assert tiny.manifest.training[0].file == "happy/a.png"
    assert len(tiny.golden) == 3


def test_what_was_written_is_read(tiny: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "new" / "model.happysad"
    written = write(path, replace(tiny, manifest=replace(tiny.manifest, name="other")))
    assert read(path) == written
    assert written.path == path
    assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444


def test_equal_bundles_are_equal_bytes(tiny: Bundle, tmp_path: Path) -> None:
    write(tmp_path / "a.happysad", tiny)
    write(tmp_path / "b.happysad", tiny)
    assert (tmp_path / "a.happysad").read_bytes() == TINY.read_bytes()
    assert (tmp_path / "b.happysad").read_bytes() == TINY.read_bytes()


def test_a_model_of_3_7_million_numbers_takes_at_most_16_mb(tiny: Bundle, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(tiny.graphs["scene"])
    extra = np.random.default_rng(1).normal(size=3_696_625).astype(np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(extra, "extra"))
    path = tmp_path / "large.happysad"
    write(path, replace(tiny, graphs={"scene": model.SerializeToString()}))
    assert path.stat().st_size <= 16_000_000
    assert read(path).graphs["scene"] == model.SerializeToString()


def test_a_bundle_that_would_not_load_is_not_written(tiny: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "model.happysad"
    path.write_bytes(b"old")
    other_size = replace(tiny.manifest, preprocessing=Preprocessing(width=64, height=64))
    unknown = Golden(Member("", "", 0), (0.5, 0.5))
    for bad in (
        replace(tiny, manifest=other_size),
        replace(tiny, graphs={}),
        replace(tiny, graphs={"scene": b"no graph"}),
        replace(tiny, graphs={**tiny.graphs, "faces": tiny.graphs["scene"]}),
        replace(tiny, golden=tiny.golden[:1]),
        replace(tiny, golden=(b"",), manifest=replace(tiny.manifest, golden=(unknown,))),
    ):
        with pytest.raises(BundleError, match="cannot be saved"):
            write(path, bad)
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["model.happysad"]


def test_t26_no_room_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model.happysad"
    path.write_bytes(TINY.read_bytes())
    program = """
import resource, signal, sys
from dataclasses import replace
from happysad.bundle.archive import read, write
from happysad.errors import BundleError
bundle = read(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write(sys.argv[1], replace(bundle, manifest=replace(bundle.manifest, notes="new")))
except BundleError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    assert "cannot be saved" in done.stdout
    assert "unchanged" in done.stdout
    assert done.stderr == ""
    assert path.read_bytes() == TINY.read_bytes()
    assert [item.name for item in tmp_path.iterdir()] == ["model.happysad"]


def test_t26_a_place_that_cannot_be_written(tiny: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BundleError, match="cannot be saved"):
        write(tmp_path / "file" / "model.happysad", tiny)
    (tmp_path / "folder.happysad").mkdir()
    with pytest.raises(BundleError, match="cannot be saved"):
        write(tmp_path / "folder.happysad", tiny)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.happysad"]


def test_reading_says_what_is_not_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("none", "no such file"), ("", "is a folder"), ("pipe", "pipe")):
        with pytest.raises(BundleError, match=words):
            read(tmp_path / name)
    with pytest.raises(BundleError, match="cannot be loaded"):
        read("nul\0byte")


def test_t21_damaged_or_foreign_members_are_refused(tmp_path: Path) -> None:
    changes: list[Callable[[dict[str, bytes]], None]] = [
        lambda m: m.update({"scene.onnx": m["scene.onnx"] + b"\0"}),
        lambda m: m.update({"scene.onnx": m["scene.onnx"][:-1] + b"\x12"}),
        lambda m: m.update({"golden/0.png": m["golden/1.png"]}),
        lambda m: m.update({"../../evil": b"x"}),
        lambda m: m.update({"run.py": b"print(1)"}),
        lambda m: m.update({"/etc/passwd": m.pop("scene.onnx")}),
        lambda m: m.update({"scene.onnx": m.pop("scene.onnx")}),  # another order
        lambda m: m.pop("golden/2.png") and None,
        lambda m: m.pop("manifest.json") and None,
        lambda m: m.clear(),
    ]
    for change in changes:
        path = tmp_path / "bad.happysad"
        path.write_bytes(repacked(change))
        with pytest.raises(BundleError, match="cannot be loaded"):
            read(path)


def test_t21_a_large_manifest_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("happysad.bundle.archive._MAX_MANIFEST_BYTES", 100)
    with pytest.raises(BundleError, match="more than 100"):
        read(TINY)


def test_t21_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.happysad"
    with path.open("wb") as file:
        file.truncate(1 << 42)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BundleError, match="limit"):
        read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_unknown_kinds_are_refused_by_name(tiny: Bundle, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        text = document.to_json(tiny.manifest).replace(b'"kind":"scene"', b'"kind":"odd-view"')
        members["manifest.json"] = text

    path = tmp_path / "next.happysad"
    path.write_bytes(repacked(change))
    with pytest.raises(BundleError, match="odd-view"):
        read(path)


def keras_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            archive.writestr(name, "{}")
    return file.getvalue()


def torch_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps({}))
    return file.getvalue()


def numpy_bytes(*, zipped: bool) -> bytes:
    file = io.BytesIO()
    if zipped:
        np.savez(file, weights=np.zeros(2))
    else:
        np.save(file, np.zeros(2))
    return file.getvalue()


FOREIGN = [
    ("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(64), "HDF5"),
    ("model.keras", keras_zip(), "Keras file"),
    ("model.pt", torch_zip(), "PyTorch"),
    ("old.pt", pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2), "PyTorch"),
    ("model.pkl", pickle.dumps({"a": 1}), "pickle"),
    ("model.npz", numpy_bytes(zipped=True), "numpy archive"),
    ("model.npy", numpy_bytes(zipped=False), "numpy array"),
    ("model.tflite", b"\x1c\0\0\0TFL3" + bytes(64), "TensorFlow Lite"),
    ("saved_model.pb", b"\x08\x01\x12\xf0" + bytes(64), "SavedModel"),
    ("model.onnx", b"\x08\x08:\x10" + bytes(64), "ONNX"),
]


@pytest.mark.parametrize(("name", "data", "kind"), FOREIGN, ids=[row[0] for row in FOREIGN])
def test_t21_foreign_models_are_refused_by_content(
    tmp_path: Path, name: str, data: bytes, kind: str
) -> None:
    # under their own name, and under ours
    for path in (tmp_path / name, tmp_path / "model.happysad"):
        path.write_bytes(data)
        with pytest.raises(BundleError, match=kind) as caught:
            read(path)
        assert f"happysad import {path} --classes happy,sad" in str(caught.value)


def test_t21_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "exploded"),)

    path = tmp_path / "model.happysad"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(BundleError, match="pickle"):
        read(path)
    assert not (tmp_path / "exploded").exists()


def test_t21_a_saved_model_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01\x12")
    with pytest.raises(BundleError, match=r"SavedModel.*happysad import"):
        read(tmp_path)


def test_the_manifest_lists_what_is_there(tiny: Bundle) -> None:
    member = tiny.manifest.graphs["scene"]
    assert member.bytes == len(tiny.graphs["scene"])
    assert member.sha256 == hashlib.sha256(tiny.graphs["scene"]).hexdigest()
