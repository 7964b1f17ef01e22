"""An exported page in a real browser: it answers as Python does, and needs no network for it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

import happysad
from chromium import SOON, faults, until, watched
from happysad.drawn import draw
from web_export_pages import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FIXTURES = Path(__file__).parents[1] / "fixtures"
ONE_VIEW = FIXTURES / "v1-tiny.happysad"
TWO_VIEWS = FIXTURES / "tiny-two-view.happysad"
SAME = 1e-3


@contextmanager
def opened(page_folder: Path, browser: Browser, **headers: str) -> Iterator[Page]:
    """Open an exported page and wait until it answers and has checked itself."""
    with serving(page_folder, **headers) as address, watched(browser) as window:
        page = window.new_page()
        page.goto(f"{address}/")
        page.wait_for_selector("body[data-ready]")
        page.wait_for_selector("body[data-apart]")
        yield page


@pytest.fixture
def exported(tmp_path: Path, runtime_folder: Path) -> Callable[[Path | str], Path]:
    def export(model: Path | str) -> Path:
        return happysad.export(model, to="web", out=tmp_path / "page", runtime=runtime_folder)

    return export


def answers_of(page: Page, pictures: list[Path]) -> list[dict[str, Any]]:
    """Give pictures to the page and return what its JSON file says."""
    page.set_input_files("#files", pictures)
    done = f"{len(pictures)} of {len(pictures)} answered"
    page.get_by_text(done).wait_for(timeout=2 * SOON)
    with page.expect_download() as download:
        page.click("#json")
    found: dict[str, Any] = json.loads(download.value.path().read_text(encoding="utf-8"))
    return sorted(found["predictions"], key=lambda prediction: prediction["source"])


def ten_pictures(folder: Path) -> list[Path]:
    """Draw pictures of many kinds, with faces and without."""
    faces = [draw(mood, seed=seed, side=320) for mood in ("happy", "sad") for seed in (0, 2)]
    scene = draw("sad", seed=3, side=640)
    clear = draw("happy", seed=1, side=240).convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size).point(lambda a: 255 * (a > 90)))
    exif = Image.Exif()
    exif[0x0112] = 6
    large = draw("sad", seed=2, side=1900)
    kinds: list[tuple[str, Image.Image, dict[str, Any]]] = [
        *((f"{number}-face.png", image, {}) for number, image in enumerate(faces)),
        ("4-scene.jpg", scene, {"quality": 88}),
        ("5-scene.webp", scene, {"lossless": True}),
        ("6-scene.gif", scene, {}),
        ("7-clear.png", clear, {}),
        ("8-large.jpg", large, {"quality": 85}),
        ("9-turned.jpg", large, {"quality": 85, "progressive": True, "exif": exif}),
    ]
    for name, image, settings in kinds:
        image.save(folder / name, **settings)
    return [folder / name for name, _, _ in kinds]


def test_the_shipped_model_answers_as_in_python_without_a_network(
    exported: Callable[..., Path], chromium: Browser, tmp_path: Path
) -> None:
    pictures = ten_pictures(tmp_path)
    expected = [happysad.load("default").predict(picture) for picture in pictures]
    assert any(prediction.faces for prediction in expected)
    with opened(exported("default"), chromium) as page:
        wanted: list[str] = []
        page.context.on("request", lambda request: wanted.append(request.url))
        page.context.set_offline(True)
        found = answers_of(page, pictures)
        assert all(url.startswith(("blob:", "data:")) for url in wanted)
        assert float(page.evaluate("document.body.dataset.apart")) < SAME
        serious = [one for one in faults(page) if one.startswith(("serious", "critical"))]
        assert not serious
    for one, known in zip(found, expected, strict=True):
        assert one["probabilities"] == pytest.approx(dict(known.probabilities), abs=SAME), one
        assert one["verdict"] == known.verdict
        assert one["off_topic"] == pytest.approx(known.off_topic, abs=SAME)
        assert len(one["faces"]) == len(known.faces)
        for box, face in zip(one["faces"], known.faces, strict=True):
            assert box["box"] == pytest.approx(list(face.box), abs=SAME)
        assert one["views"]["sentence"] == known.views.sentence


def test_a_model_of_one_view_answers_as_in_python(
    exported: Callable[..., Path], chromium: Browser, tmp_path: Path
) -> None:
    pictures = ten_pictures(tmp_path)[::3]
    expected = [happysad.load(ONE_VIEW).predict(picture) for picture in pictures]
    with opened(exported(ONE_VIEW), chromium) as page:
        found = answers_of(page, pictures)
    for one, known in zip(found, expected, strict=True):
        assert one["probabilities"] == pytest.approx(dict(known.probabilities), abs=SAME)
        assert (one["verdict"], one["faces"], one["views"]) == (known.verdict, [], None)


def test_t05_what_is_no_whole_picture_has_the_same_error_as_in_python(
    exported: Callable[..., Path], chromium: Browser, tmp_path: Path
) -> None:
    file = io.BytesIO()
    draw("sad", seed=1, side=200).save(file, "JPEG")
    png = io.BytesIO()
    draw("sad", seed=1, side=100).save(png, "PNG")
    spoilt = {
        "a-empty.jpg": b"",
        "b-broken-off.jpg": file.getvalue()[:-700],
        "c-broken-off.png": png.getvalue()[:-90],
        "d-page.jpg": b"<!doctype html><title>no picture</title>",
        "e-words.png": b"these are words, no picture",
    }
    for name, data in spoilt.items():
        (tmp_path / name).write_bytes(data)
    pictures = [tmp_path / name for name in spoilt]
    expected = list(happysad.predict(pictures, model=TWO_VIEWS))
    with opened(exported(TWO_VIEWS), chromium) as page:
        found = answers_of(page, pictures)
    codes = [one["error"]["code"] for one in found]
    assert codes == [known.error["code"] for known in expected]
    assert codes == ["zero_bytes", "truncated", "truncated", "html", "unsupported_format"]


def test_one_picture_is_shown_with_its_faces_and_scene_map(
    exported: Callable[..., Path], chromium: Browser, tmp_path: Path
) -> None:
    with opened(exported(TWO_VIEWS), chromium) as page:
        page.set_input_files("#files", ten_pictures(tmp_path)[0])
        page.locator("#one .said").wait_for()
        page.check("[data-shows=map]")
        until(page, "() => document.querySelector('#one .map').naturalWidth > 0")
        assert page.get_attribute("#one .map", "src").startswith("data:image/png")


def test_a_model_that_was_not_copied_whole_is_refused(
    exported: Callable[..., Path], chromium: Browser
) -> None:
    folder = exported(TWO_VIEWS)
    graph = folder / "model" / "scene.onnx"
    graph.write_bytes(graph.read_bytes()[:-1] + b"\0")
    with serving(folder) as address, watched(chromium) as window:
        page = window.new_page()
        page.goto(address)
        page.get_by_text("model/scene.onnx is damaged").wait_for()


def test_a_strict_server_may_isolate_the_page_and_then_threads_are_used(
    exported: Callable[..., Path], chromium: Browser
) -> None:
    told = (Path(__file__).parents[2] / "docs" / "web-export.md").read_text(encoding="utf-8")
    headers = dict(re.findall(r"^((?:Cross|Content)-[\w-]+): (.+)$", told, re.MULTILINE))
    assert len(headers) == 3
    sent = {name.replace("-", "_"): value for name, value in headers.items()}
    with opened(exported(TWO_VIEWS), chromium, **sent) as page:
        assert page.evaluate("crossOriginIsolated")
        assert float(page.evaluate("document.body.dataset.apart")) < SAME
