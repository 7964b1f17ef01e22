"""Teaching in a real browser: two dropped folders become a model that says how good it is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chromium import SOON, come, faults, held_back, until, watched
from happysad.collection.groups import read_groups
from happysad.collection.scan import scan
from happysad.collection.split import split
from happysad.config import CheckOptions
from happysad.drawn import draw, draw_collection
from ports import free_port

pytest.importorskip("fastapi", reason="the extra web is not installed")

TRAINED = 240_000  # milliseconds; a training has much to do
ONE_WORKER = CheckOptions(workers=1)
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "color_scheme": "dark",
    "has_touch": True,
}
ODD = "<img src=x onerror=alert(1)>.jpg"


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders of 27 files: 3 broken, 6 doubled, 1 in both classes, 2 in the wrong one."""
    root = tmp_path_factory.mktemp("messy") / "pictures"
    draw_collection(root, pictures=44, plant=False, seed=5)
    happy, sad = (sorted((root / name).iterdir()) for name in ("happy", "sad"))
    (root / "happy" / "empty.jpg").write_bytes(b"")
    (root / "happy" / "cut.jpg").write_bytes(happy[3].read_bytes()[:3000])
    (root / "sad" / "page.jpg").write_bytes(b"<!DOCTYPE html><html></html>")
    for pictures in (happy, sad):
        for path in pictures[:3]:
            shutil.copy(path, path.with_stem(f"again {path.stem}"))
    shutil.copy(happy[10], root / "sad" / f"twin{happy[10].suffix}")
    shutil.move(happy[20], root / "sad" / f"swapped{happy[20].suffix}")
    shutil.move(sad[20], root / "happy" / f"swapped{sad[20].suffix}")
    assert [len(list((root / name).iterdir())) for name in ("happy", "sad")] == [27, 27]
    return root


class Served:
    """A teaching page at work in this process."""

    def __init__(self, folder: Path) -> None:
        from happysad.web.server import listen, make_server
        from happysad.web.teaching_site import teaching_site

        self.folder = folder
        self.found: dict[str, int] = {}
        self.ended = ""
        self._listener, self.door = listen("127.0.0.1", free_port())
        self._site = teaching_site(folder, self.door, check=ONE_WORKER)
        self._server = make_server(self._site.__enter__().app)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}
        )
        self._thread.start()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(60)
        self._listener.close()
        self._site.__exit__(None, None, None)


@pytest.fixture(scope="module")
def taught(
    chromium: Any, messy: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A page onto which both folders were dropped, and a model trained."""
    served = Served(tmp_path_factory.mktemp("taught") / "work")
    context = chromium.new_context(**WIDE)
    context.set_default_timeout(SOON)
    page = opened(context, served)
    drop(page, ".class.first", messy / "happy")
    drop(page, ".class.second", messy / "sad")
    until(page, "document.getElementById('reading').textContent === ''")
    until(page, "document.querySelector('.second .head p').textContent.includes('left out')")
    for group, count in (("broken", 3), ("both", 1), ("copies", 6)):
        until(page, f"document.querySelector('[data-group={group}]')?.dataset.count === '{count}'")
    served.found = groups(page)
    page.click("#train")
    until(page, "document.querySelector('#live-curve svg') !== null", within=TRAINED)
    until(page, "!document.getElementById('result').hidden", within=TRAINED)
    until(page, "!document.getElementById('train').hidden", within=TRAINED)
    served.ended = page.inner_text("#train-words")
    context.close()
    yield served
    served.close()


@pytest.fixture
def page(chromium: Any, taught: Served) -> Iterator[Any]:
    """The page after the training; nothing may leave the machine, and no script may fail."""
    with visited(chromium, taught) as page:
        until(page, "document.getElementById('score').textContent !== ''")
        yield page


@contextmanager
def visited(chromium: Any, served: Served) -> Iterator[Any]:
    """Its page in a window of its own."""
    with watched(chromium, **WIDE, accept_downloads=True) as context:
        yield opened(context, served)


def opened(context: Any, served: Served) -> Any:
    page = context.new_page()
    page.goto(served.door.link)
    page.wait_for_selector(".class.second")
    until(page, "document.getElementById('model').textContent !== ''")
    until(page, "document.getElementById('findings').children.length > 0")
    return page


def drop(page: Any, selector: str, *paths: Path) -> None:
    """Drop files or folders as a person does, from outside of the browser."""
    box = page.locator(selector).bounding_box()
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 20}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})


def groups(page: Any) -> dict[str, int]:
    found = page.query_selector_all(".finding")
    return {one.get_attribute("data-group"): int(one.get_attribute("data-count")) for one in found}


def test_all_faults_are_found_and_the_score_has_its_interval(taught: Served, page: Any) -> None:
    assert taught.found.items() >= {"broken": 3, "copies": 6, "both": 1}.items()
    assert page.inner_text("#score").startswith("Right on ")
    said = page.inner_text(".interval")
    assert "accuracy 0." in said
    assert "[" in said
    assert "n = 43" in said
    assert "always the majority: 0.5" in said
    assert taught.ended.startswith("Trained in ")


def test_the_downloaded_bundle_answers_on_the_command_line_as_on_the_page(
    taught: Served, page: Any, tmp_path: Path
) -> None:
    with page.expect_download() as coming:
        page.click("#download")
    bundle = tmp_path / coming.value.suggested_filename
    coming.value.save_as(bundle)
    picture = tmp_path / "new.png"
    draw("sad", seed=4711, side=300).save(picture)
    with page.expect_response("**/v1/predict?explain=true") as answer:
        page.set_input_files("#try-files", str(picture))
    (shown,) = answer.value.json()["predictions"]
    page.wait_for_selector("#answer .said")
    assert page.inner_text("#answer .said") == shown["verdict"]
    done = subprocess.run(
        [sys.executable, "-m", "happysad", "predict", picture, "--model", bundle, "--jsonl"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert told["verdict"] == shown["verdict"]
    assert told["probabilities"] == pytest.approx(shown["probabilities"], abs=1e-6)


def test_one_click_sets_aside_and_one_takes_it_back(taught: Served, page: Any) -> None:
    def used() -> str:
        return str(page.inner_text(".first .head p"))

    before = used()
    page.hover(".first .tiles li:not(.aside) >> nth=0")
    page.click(".first .tiles li:not(.aside) .corner >> nth=0")
    until(page, "!document.getElementById('undo-bar').hidden")
    until(page, "document.querySelector('[data-group=decided]') !== null")
    assert used() != before
    assert "drop" in (taught.folder / "decisions.csv").read_text()
    page.click("#undo")
    until(page, "document.querySelector('[data-group=decided]') === null")
    assert used() == before
    assert "drop" not in (taught.folder / "decisions.csv").read_text()


def test_a_picture_in_both_classes_is_settled_with_one_click(taught: Served, page: Any) -> None:
    page.click(".finding.both summary")
    page.click(".finding.both .actions button >> nth=1")
    until(page, "document.querySelector('[data-group=both]') === null")
    kept = scan(taught.folder / "pictures", options=ONE_WORKER, decisions=decided(taught.folder))
    assert "sad/twin" in " ".join(one.file for one in kept.entries)
    page.click("#undo")
    until(page, "document.querySelector('[data-group=both]') !== null")


def decided(folder: Path) -> Any:
    from happysad.collection.decisions import read_decisions

    return read_decisions(folder / "decisions.csv")


@pytest.mark.parametrize("settings", [WIDE, PHONE], ids=["wide", "phone-dark"])
def test_axe_finds_no_fault_and_everything_fits(
    chromium: Any, taught: Served, settings: dict[str, Any]
) -> None:
    context = chromium.new_context(**settings)
    context.set_default_timeout(SOON)
    page = opened(context, taught)
    until(page, "!document.getElementById('result').hidden")
    found = faults(page)
    for summary in page.query_selector_all("summary"):
        if summary.is_visible():
            summary.click()
    page.click(".first .row button >> nth=2")  # the camera of a class
    page.wait_for_selector(".first .recorder video")
    found += faults(page)
    assert not found, "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth") <= settings["viewport"]["width"]
    context.close()


def class_folders(pictures: Path) -> list[str]:
    return sorted(one.name for one in pictures.iterdir() if one.name[0] != ".")


@pytest.fixture(scope="module")
def empty(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("empty") / "work")
    yield served
    served.close()


def test_a_new_workspace_says_what_to_do_and_takes_other_names(
    chromium: Any, empty: Served
) -> None:
    with visited(chromium, empty) as page:
        until(page, "document.getElementById('train-words').textContent.startsWith('At least 3')")
        assert page.is_disabled("#train")
        assert faults(page) == []
        page.fill("input[aria-label='Name of class 1']", "calm")
        page.keyboard.press("Tab")
        until(page, "document.querySelector('.first h3').textContent === 'calm'")
        assert class_folders(empty.folder / "pictures") == ["calm", "sad"]


def test_the_frames_of_a_burst_stay_in_one_part(chromium: Any, empty: Served) -> None:
    with visited(chromium, empty) as page:
        page.click(".second button:has-text('Camera')")
        page.wait_for_selector(".second .recorder button:not([disabled])")
        page.click(".second .recorder button >> nth=0")
        until(page, "/15 frames/.test(document.querySelector('.second .recorder p').textContent)")
        until(page, "document.querySelectorAll('.second .tiles li').length === 15")
        page.click(".second .recorder button:has-text('Turn off')")
    folder = empty.folder / "pictures"
    burst = read_groups(folder)
    assert len(burst) == 15
    assert len(set(burst.values())) == 1
    for number in range(8):
        for place, name in enumerate(class_folders(folder)):
            drawing = draw("happy", seed=100 + 2 * number + place, side=64)
            drawing.save(folder / name / f"{number}.png")
    collection = scan(folder, options=ONE_WORKER)
    frames = {one.sha256 for one in collection.entries if one.file in burst}
    parts = split(collection).parts.values()
    assert sum(bool(frames & set(members)) for members in parts) == 1


def test_what_is_pasted_and_what_is_labelled_lands_in_its_class(
    chromium: Any, empty: Served, tmp_path: Path
) -> None:
    target = empty.folder / "pictures" / "sad"
    pasted, *new = (tmp_path / f"{name}.png" for name in ("three", "one", "two"))
    for number, path in enumerate((pasted, *new)):
        draw("sad", seed=900 + number, side=96).save(path)
    with visited(chromium, empty) as page:
        page.evaluate(
            """bytes => {
                const data = new DataTransfer();
                const file = new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" });
                data.items.add(file);
                const event = { clipboardData: data, bubbles: true, cancelable: true };
                document.querySelector(".second").dispatchEvent(new ClipboardEvent("paste", event));
            }""",
            list(pasted.read_bytes()),
        )
        page.wait_for_selector(".second .tiles img[alt='pasted.png']")
        slow = held_back(page, re.compile(r"pictures\?name="))
        with page.expect_response("**/api/teach/pool*"):  # which counts none of them yet
            page.set_input_files("#pool-files", [str(path) for path in new])
        come(page, slow, 2)
        for route in slow:
            route.continue_()
        until(page, "document.getElementById('pool-count').textContent === '2 pictures'")
        with page.context.expect_page() as coming:
            page.click("#pool-label")
        coming.value.wait_for_selector("#frame img")
        coming.value.keyboard.press("ArrowRight")
        until(coming.value, "document.getElementById('answered').textContent === '1'")
        coming.value.close()
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        until(page, "document.getElementById('pool-take').textContent === 'Use the 1 answer'")
        page.click("#pool-take")
        until(page, "document.getElementById('pool-take').hidden")
    names = {path.name for path in target.iterdir()}
    assert "pasted.png" in names
    assert names & {"one.png", "two.png"}


def test_t35_a_name_that_is_markup_is_shown_and_not_obeyed(chromium: Any, empty: Served) -> None:
    (empty.folder / "pictures" / "sad" / ODD).write_bytes(b"no picture")
    alerts: list[str] = []
    with visited(chromium, empty) as page:
        page.on("dialog", lambda one: (alerts.append(one.message), one.dismiss()))
        page.wait_for_selector(".finding.broken")
        page.click(".finding.broken summary")
        assert ODD in page.inner_text(".finding.broken")
        assert page.query_selector("img[onerror]") is None
        # What somebody looks at is not made anew while more comes in: a click on it would be lost.
        page.evaluate("document.querySelector('.finding.broken .rows > li').dataset.same = 'yes'")
        more = {"name": "torn.png", "mimeType": "image/png", "buffer": b"no picture"}
        page.set_input_files(".second input[multiple]", more)
        until(page, "document.querySelectorAll('.finding.broken .rows > li').length === 2")
        assert page.query_selector(".finding.broken[open] [data-same]") is not None
    assert alerts == []


def test_t36_without_the_link_the_page_shows_nothing(chromium: Any, empty: Served) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(empty.door.link.partition("#")[0])
    page.wait_for_selector("#trouble:not([hidden])")
    assert "Open the link" in page.inner_text("#trouble")
    assert page.query_selector(".class") is None
    context.close()
