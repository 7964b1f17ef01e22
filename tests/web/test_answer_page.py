"""The page that answers in a real browser, over a real server with a tiny model of two views."""

from __future__ import annotations

import base64
import csv
import functools
import http.server
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")

from PIL import Image
from services import ONE_VIEW, TWO_VIEWS, Service, picture, serving

from chromium import FLAGS, PROGRAM, SOON, come, faults, held_back, until, watched
from happysad.bundle import archive
from happysad.bundle.manifest import TrainedPicture
from happysad.config import FetchOptions
from happysad.pictures.decode import decode
from happysad.pictures.signature import signature, to_hex
from happysad.predictor import load
from happysad.records import Score
from happysad.web.options import ServeOptions

MARKUP = "<img src=x onerror=alert(1)>.jpg"
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, which says how good it is and that it knows one picture."""
    bundle = archive.read(TWO_VIEWS)
    known = decode(picture("sad", seed=9))
    score = Score("accuracy", 0.81, 0.74, 0.87, 150, "wilson")
    manifest = replace(
        bundle.manifest,
        unsure_below=0.8,
        scores={
            "accuracy": score,
            "answered": replace(score, name="answered", value=0.6),
            "accuracy_answered": replace(score, name="accuracy_answered", value=0.95, n=90),
        },
        baseline=replace(score, name="baseline", value=0.52),
        training=(TrainedPicture("sad/known.jpg", known.sha256, to_hex(signature(known.pixels))),),
        notes="Drawn for tests.",
    )
    path = tmp_path_factory.mktemp("model") / "model.happysad"
    archive.write(path, replace(bundle, manifest=manifest))
    return path


@pytest.fixture(scope="module")
def service(model: Path) -> Iterator[Service]:
    options = ServeOptions(workers=1, fetch=FetchOptions(allow_private=True))
    with serving(model, options=options) as service:
        yield service


@pytest.fixture(scope="module")
def fifty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 49 drawn pictures and one that breaks off, one of them hidden in a subfolder."""
    folder = tmp_path_factory.mktemp("fifty") / "pictures"
    (folder / "deeper" / "still").mkdir(parents=True)
    for mood in ("happy", "sad"):
        (folder / mood).mkdir()
        for seed in range(24):
            drawn = picture(mood, seed=seed, side=96)
            (folder / mood / f"{mood}{seed:02}.jpg").write_bytes(drawn)
    (folder / "deeper" / "still" / "last.jpg").write_bytes(picture(seed=77))
    (folder / "deeper" / "broken.jpg").write_bytes(picture(seed=78)[:2000])
    (folder / ".hidden.jpg").write_bytes(picture(seed=79))
    return folder


@pytest.fixture
def context(chromium: Any, service: Service) -> Iterator[Any]:
    with watched(chromium) as context:
        yield context


def opened(context: Any, url: str) -> Any:
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("body[data-ready]")
    return page


@pytest.fixture
def page(context: Any, service: Service) -> Any:
    return opened(context, service.url)


def file(name: str, data: bytes) -> dict[str, Any]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def bring(page: Any, *files: dict[str, Any]) -> None:
    page.set_input_files("#files", list(files))


def all_answered(page: Any, count: int) -> None:
    until(
        page,
        "n => document.getElementById('progress-words').textContent === `${n} of ${n} answered`",
        count,
    )


def transfer(page: Any, name: str, data: bytes) -> Any:
    """What a program hands over in a drop or a paste: one file."""
    return page.evaluate_handle(
        """([name, data]) => {
          const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
          return transfer;
        }""",
        [name, base64.b64encode(data).decode()],
    )


def drop(page: Any, *paths: Path) -> None:
    """Drop files and folders from the desk."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 200, "data": data})


def saved(page: Any, button: str) -> str:
    with page.expect_download() as download:
        page.click(button)
    return Path(download.value.path()).read_text(encoding="utf-8-sig")


def spotted() -> bytes:
    """A dark picture with a white spot, which the tiny model takes for a face."""
    image = Image.new("RGB", (360, 240), (40, 40, 60))
    image.paste((255, 255, 255), (200, 60, 230, 90))
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def asked(model: Path, data: bytes) -> Any:
    """What Python answers for the same bytes."""
    return load(model).predict(data)


def test_a_dropped_picture_is_answered_as_in_python(page: Any, model: Path):
    data = picture("happy", seed=3)
    page.dispatch_event("main", "drop", {"dataTransfer": transfer(page, "one.jpg", data)})
    page.wait_for_selector("#one .verdict")
    expected = asked(model, data)
    answered = json.loads(saved(page, "#json"))
    (prediction,) = answered["predictions"]
    assert prediction["source"] == "one.jpg"
    assert prediction["verdict"] == expected.verdict
    assert prediction["probabilities"] == pytest.approx(expected.probabilities, abs=1e-6)
    assert answered["model"]["name"] == "tiny-two-view"
    assert page.inner_text("#one .said") == expected.verdict
    assert page.locator("#one .face").count() == len(expected.faces)
    assert page.inner_text("#said").startswith(expected.verdict)


def test_what_is_over_the_picture_is_where_the_faces_are(page: Any, model: Path):
    bring(page, file("one.png", spotted()))
    page.wait_for_selector("#one .face")
    face = asked(model, spotted()).faces[-1]  # the last one found is drawn first
    until(page, "document.querySelector('#one .overlay > img').naturalWidth > 0")
    whole, box = page.evaluate(
        "['.overlay', '.face'].map((one) => document.querySelector(`#one ${one}`))"
        ".map((one) => one.getBoundingClientRect().toJSON())"
    )
    assert (box["x"] - whole["x"]) / whole["width"] == pytest.approx(face.box[0], abs=0.01)
    assert box["width"] / whole["width"] == pytest.approx(face.box[2] - face.box[0], abs=0.01)
    assert not page.is_visible("#one .map")
    page.check("[data-shows=map]")
    page.wait_for_selector("#one .map")
    assert page.get_attribute("#one .map", "src").startswith("data:image/png")
    page.uncheck("[data-shows=faces]")
    assert not page.is_visible("#one .face")


def test_a_pasted_picture_and_a_pasted_address(page: Any, fifty: Path):
    paste = """(transfer) => document.body.dispatchEvent(
      new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }))"""
    page.evaluate(paste, transfer(page, "pasted.jpg", picture(seed=4)))
    page.wait_for_selector("#one .verdict")
    with files_over_http(fifty) as address:
        words = page.evaluate_handle(
            """(words) => {
              const transfer = new DataTransfer();
              transfer.setData("text/plain", words);
              return transfer;
            }""",
            f"look: {address}/deeper/still/last.jpg",
        )
        page.evaluate(paste, words)
        all_answered(page, 2)
    assert "last.jpg" in page.inner_text("#tiles")


def test_an_address_is_fetched_by_the_server_and_shown_by_the_page(page: Any, fifty: Path):
    with files_over_http(fifty) as address:
        page.fill("#address input", f"{address}/deeper/still/last.jpg")
        page.press("#address input", "Enter")
        page.wait_for_selector("#one .verdict")
        assert page.get_attribute("#one .overlay > img", "src").startswith("data:image/jpeg")
        page.fill("#address input", f"{address}/none.jpg")
        page.click("#address button")
        all_answered(page, 2)
    until(page, "document.getElementById('tiles').innerText.includes('fetch failed')")
    page.fill("#address input", "ftp://nowhere.example/x.jpg")
    page.press("#address input", "Enter")
    assert "no address" in page.inner_text("#trouble")


@contextmanager
def files_over_http(folder: Path) -> Iterator[str]:
    """A folder behind an address of this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_dropped_folder_of_fifty_with_a_broken_one_among_them(page: Any, fifty: Path):
    drop(page, fifty)
    all_answered(page, 50)
    rows = list(csv.DictReader(io.StringIO(saved(page, "#csv"))))
    assert [row["source"] for row in rows] == sorted(row["source"] for row in rows)
    assert rows[0]["source"].startswith("pictures/deeper/")
    (broken,) = [row for row in rows if row["error_code"]]
    assert broken["source"] == "pictures/deeper/broken.jpg"
    assert broken["error_code"] == "truncated"
    for row in rows:
        if row is not broken:
            assert json.loads(row["probabilities"])[row["label"]] == float(row["probability"])
    page.click("#filters button:has-text('no answer')")
    assert page.locator("#tiles > li").count() == 1
    page.click("#tiles button")
    assert "truncated" in page.inner_text("#close-up .verdict")


def test_the_gallery_counts_filters_finds_and_sorts(page: Any, fifty: Path):
    page.set_input_files("#files", sorted(fifty.glob("[hs]*/*")))
    all_answered(page, 48)
    rows = json.loads(saved(page, "#json"))["predictions"]
    for verdict in {row["verdict"] for row in rows}:
        same = sum(row["verdict"] == verdict for row in rows)
        assert page.inner_text(f"#filters button:has-text('{verdict}') b") == str(same)
        page.click(f"#filters button:has-text('{verdict}')")
        assert page.locator("#tiles > li").count() == same
    page.click("#filters button:has-text('all')")
    page.select_option("#sort", "most happy first")
    happiest = max(rows, key=lambda row: row["probabilities"]["happy"])
    assert page.inner_text("#tiles li:first-child .name") == happiest["source"]
    page.fill("#words", rows[5]["source"].upper())
    assert page.locator("#tiles > li").count() == 1
    page.fill("#words", "nothing like it")
    assert page.is_visible("#no-tiles")


def test_many_pictures_are_shown_a_page_at_a_time(page: Any):
    bring(page, *(file(f"{number:03}.jpg", picture(side=64)) for number in range(130)))
    all_answered(page, 130)
    assert page.locator("#tiles > li").count() == 60
    page.click("#after")
    page.click("#after")
    assert page.inner_text("#part") == "121 to 130 of 130"
    assert page.locator("#tiles > li").count() == 10
    assert page.is_disabled("#after")
    page.wait_for_selector("#tiles li:last-child img")


def test_everything_goes_by_keyboard(page: Any):
    bring(page, file("a.jpg", picture(seed=1)), file("b.jpg", picture(seed=2)))
    all_answered(page, 2)
    page.focus("#tiles li:first-child button")
    page.keyboard.press("Enter")
    assert page.inner_text("#close-up .name") == "a.jpg"
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#close-up .name") == "b.jpg"
    assert page.inner_text("#place") == "2 of 2"
    page.keyboard.press("ArrowRight")  # there is no next one
    assert page.inner_text("#close-up .name") == "b.jpg"
    page.keyboard.press("Escape")
    assert not page.is_visible("#close-up")
    assert page.evaluate("document.activeElement.closest('#tiles') !== null")
    page.keyboard.press("Enter")
    page.mouse.click(640, 5)  # beside it
    assert not page.is_visible("#close-up")
    page.click("#clear")
    assert page.is_visible("#invitation")
    assert page.evaluate("document.activeElement.id") == "choose"


def test_t35_a_name_that_is_markup_is_shown_and_not_obeyed(page: Any):
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    bring(page, file(MARKUP, picture(seed=5)))
    page.wait_for_selector("#one .verdict")
    assert page.inner_text("#one .name") == MARKUP
    bring(page, file("=1+1.jpg", picture(seed=6)))
    all_answered(page, 2)
    assert MARKUP in page.inner_text("#tiles")
    page.click("#tiles li:first-child button")
    assert page.inner_text("#close-up .name") == MARKUP
    page.click("#close")
    assert page.query_selector("img[onerror]") is None
    sources = [row["source"] for row in csv.DictReader(io.StringIO(saved(page, "#csv")))]
    assert sources == [MARKUP, "'=1+1.jpg"]  # no spreadsheet takes it for a formula
    assert alerts == []


def test_what_a_person_has_to_know_beside_the_verdict(page: Any, model: Path):
    data = picture("sad", seed=9)
    bring(page, file("known.jpg", data))
    page.wait_for_selector("#one .verdict")
    expected = asked(model, data)
    assert expected.seen_in_training == "sad/known.jpg"
    assert "sad/known.jpg" in page.inner_text("#one .note")
    assert f"{expected.views.sentence}." in page.inner_text("#one .views")
    assert "right on 0.810 [0.740, 0.870], n = 150" in page.inner_text("#model")
    assert "guessing 0.520" in page.inner_text("#model")
    page.click("#clear")
    unsure = next(d for d in (picture(seed=n) for n in range(99)) if is_unsure(model, d))
    bring(page, file("unsure.jpg", unsure))
    page.wait_for_selector("#one .verdict")
    assert page.inner_text("#one .said") == "unsure"
    page.click("#one summary")
    assert "n = 90" in page.inner_text("#one details")


def is_unsure(model: Path, data: bytes) -> bool:
    return bool(asked(model, data).verdict == "unsure")


def test_the_camera_answers_live_and_takes_pictures(page: Any):
    page.click("#use-camera")
    page.wait_for_selector("#camera-answer .verdict")
    page.check("#live-map")
    page.wait_for_selector("#camera .map")
    page.uncheck("#live")
    until(page, "!document.querySelector('#camera-answer .verdict')")
    page.click("#take")
    page.wait_for_selector("#one .verdict")
    assert page.inner_text("#one .name").startswith("camera ")
    page.click("#camera-off")
    assert not page.is_visible("#camera")
    assert page.evaluate("document.querySelector('#camera video').srcObject") is None


def test_where_there_is_no_camera_it_says_so(service: Service, chromium: Any):
    bare = chromium.browser_type.launch(executable_path=PROGRAM, args=FLAGS)
    with watched(bare) as context:
        page = opened(context, service.url)
        page.click("#use-camera")
        until(page, "/camera/i.test(document.getElementById('camera-words').textContent)")
        until(page, "!/starting/.test(document.getElementById('camera-words').textContent)")
        assert page.is_disabled("#take")
        page.click("#camera-off")
        bring(page, file("one.jpg", picture()))
        page.wait_for_selector("#one .verdict")
    bare.close()


def test_t31_what_a_full_queue_sends_away_is_asked_again(chromium: Any, model: Path):
    narrow = ServeOptions(workers=1, call_pictures=8, queue_pictures=8)
    with serving(model, options=narrow) as service, watched(chromium) as context:
        page = opened(context, service.url)
        refused: list[str] = []
        page.on("response", lambda one: refused.append(one.url) if one.status == 503 else None)
        with service.engine.room.lease() as lease:
            lease.hold(pictures=1)  # somebody else's
            bring(page, *(file(f"{number}.jpg", picture(seed=number)) for number in range(32)))
            come(page, refused)
        all_answered(page, 32)
        answers = json.loads(saved(page, "#json"))["predictions"]
        assert [one["source"] for one in answers] == [f"{number}.jpg" for number in range(32)]
        assert not any(one["error"] for one in answers)


def test_a_person_stops_and_goes_on(page: Any):
    on_their_way = held_back(page, "**/v1/predict*")
    bring(page, *(file(f"{number}.jpg", picture(seed=number)) for number in range(40)))
    come(page, on_their_way, 2)
    page.click("#stop")
    until(page, "document.getElementById('progress-words').textContent.startsWith('Stopped')")
    page.unroute("**/v1/predict*")
    page.click("#go-on")
    all_answered(page, 40)


def test_a_server_that_is_away_is_waited_for(page: Any, context: Any):
    context.set_offline(True)
    bring(page, file("a.jpg", picture(seed=1)), file("b.jpg", picture(seed=2)))
    until(page, "/does not answer/.test(document.getElementById('progress-words').textContent)")
    context.set_offline(False)
    until(  # it goes on by itself, or, having tried for long, when the person says so
        page,
        """() => {
            const again = document.getElementById("go-on");
            if (!again.hidden) again.click();
            return document.getElementById("progress-words").textContent === "2 of 2 answered";
        }""",
    )


def test_a_file_that_is_too_large_costs_itself_alone(chromium: Any, model: Path):
    small = ServeOptions(workers=1, call_bytes=40_000)
    with serving(model, options=small) as service, watched(chromium) as context:
        page = opened(context, service.url)
        large = picture() + b"\0" * 50_000
        bring(page, file("a.jpg", picture()), file("b.jpg", large), file("c.jpg", picture()))
        all_answered(page, 3)
        answers = json.loads(saved(page, "#json"))["predictions"]
        assert [bool(one["error"]) for one in answers] == [False, True, False]
        assert answers[1]["error"]["code"] == "http_413"


def test_a_model_of_one_view_answers_without_faces_and_maps(chromium: Any):
    with serving(ONE_VIEW) as service, watched(chromium) as context:
        page = opened(context, service.url)
        bring(page, file("one.jpg", picture()))
        page.wait_for_selector("#one .verdict")
        assert page.query_selector("[data-shows]") is None
        page.click("#use-camera")
        page.wait_for_selector("#camera-answer .verdict")
        assert not page.is_visible("#live-map")


def test_t29_with_a_token_the_page_needs_the_link(chromium: Any, model: Path):
    with serving(model, is_open=False) as service, watched(chromium) as context:
        page = context.new_page()
        page.goto(service.url)
        page.wait_for_selector("#trouble:not([hidden])")
        assert "Open the link" in page.inner_text("#trouble")
        page = opened(context, service.door.link)
        assert "#" not in page.url  # the token does not stay in the address
        bring(page, file("one.jpg", picture()))
        page.wait_for_selector("#one .verdict")
        page.click("text=Model card")
        page.wait_for_selector("h1:has-text('tiny-two-view')")


@pytest.mark.parametrize("settings", [{}, PHONE], ids=["wide", "phone-dark"])
def test_axe_finds_no_fault(chromium: Any, service: Service, settings: dict[str, Any]):
    pytest.importorskip("axe_playwright_python")
    with watched(chromium, **settings) as context:
        page = opened(context, service.url)
        narrow = page.evaluate("innerWidth")
        found = {"empty": faults(page)}
        bring(page, file("known.jpg", picture("sad", seed=9)))
        page.wait_for_selector("#one .verdict")
        page.check("[data-shows=map]")
        page.wait_for_selector("#one .map")
        found["one"] = faults(page)
        bring(page, file("b.jpg", picture(seed=2)), file("broken.jpg", b"no picture"))
        all_answered(page, 3)
        found["many"] = faults(page)
        page.click("#tiles button")
        found["close-up"] = faults(page)
        page.click("#close")
        page.click("#use-camera")
        page.wait_for_selector("#camera-answer .verdict")
        page.uncheck("#live")
        found["camera"] = faults(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= narrow
        assert not any(found.values()), json.dumps(found, indent=1)


def test_on_a_phone_everything_is_within_reach(chromium: Any, service: Service):
    with watched(chromium, **PHONE) as context:
        page = opened(context, service.url)
        for button in ("#choose", "#use-camera"):
            box = page.locator(button).bounding_box()
            assert min(box["height"], box["width"]) >= 40  # a finger's width
        bring(page, file("one.jpg", picture()))
        page.wait_for_selector("#one .verdict", timeout=SOON)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
