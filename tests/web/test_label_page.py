"""The labelling page in a real browser, over a real server in a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chromium import SOON, come, faults, held_back, until, watched
from happysad.drawn import draw, draw_collection
from happysad.errors import LabelError
from happysad.labels.pool import default_store
from happysad.labels.store import LabelStore
from happysad.verbs.label import export_labels, label
from ports import free_port

pytest.importorskip("fastapi", reason="the extra web is not installed")

LEARNED = 240_000  # milliseconds; it looks at all pictures first
GUESSED = """fetch("/api/next?person=me").then((answer) => answer.json())
    .then(({ cards }) => cards.every(({ guess }) => guess !== null))"""
TINY_TWO_VIEW = Path(__file__).parents[1] / "fixtures" / "tiny-two-view.happysad"


class Server:
    """``happysad label`` in a process of its own, which can be killed."""

    def __init__(self, pool: Path, *arguments: object) -> None:
        self.port = free_port()
        self.command = [
            sys.executable, "-m", "happysad", "label", pool, "--no-browser", "--plain",
            "--port", self.port, *arguments,
        ]  # fmt: skip
        self.process: subprocess.Popen[str] | None = None
        self.link = ""

    def start(self) -> str:
        """Start, or start again after a kill; return the link."""
        self.process = subprocess.Popen(
            [str(one) for one in self.command], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        printed = ""
        for line in self.process.stdout:
            printed += line
            if found := re.search(r"http://\S+", line):
                self.link = found[0]
                self._answers()
                return self.link
        raise AssertionError(printed)

    def _answers(self) -> None:
        """Wait until it does; the link is printed a moment before."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=60) as answer:
            assert answer.status == 200

    def end(self, number: int) -> int:
        """Send a signal and return the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(120)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def make(pool: Path, *arguments: object) -> Server:
        started.append(Server(pool, *arguments))
        return started[-1]

    yield make
    for one in started:
        if one.process is not None and one.process.poll() is None:
            one.end(signal.SIGKILL)


@pytest.fixture
def context(chromium: Any, server: Callable[..., Server]) -> Iterator[Any]:
    """A window of its own; nothing may leave the machine, and no script may fail.

    It is closed before the servers are: a page whose server ends under it has reason to complain.
    """
    with watched(chromium) as context:
        yield context


@pytest.fixture(scope="session")
def some_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen drawn pictures; to be copied."""
    folder = tmp_path_factory.mktemp("some") / "pool"
    draw_collection(folder, pictures=16, plant=False)
    return folder


@pytest.fixture
def pool(some_pictures: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(some_pictures, tmp_path / "pool"))


def opened(context: Any, link: str) -> Any:
    page = context.new_page()
    page.goto(link)
    page.wait_for_selector("#frame img")
    return page


def saved(page: Any) -> None:
    until(page, "document.getElementById('saved').textContent.startsWith('All')")


def told(page: Any, selector: str, words: str) -> None:
    """Wait until words stand there; what is saved is counted a moment later."""
    until(
        page,
        "([where, words]) => document.querySelector(where).innerText.includes(words)",
        [selector, words],
    )


def press(page: Any, key: str) -> None:
    """Press a key, and wait until another picture stands there."""
    before = page.get_attribute("#frame img", "src")
    page.keyboard.press(key)
    page.wait_for_selector(f'#frame img:not([src="{before}"])')


def answer_as(page: Any, person: str, key: str) -> None:
    """Answer a picture as somebody."""
    page.fill("#person", person)
    page.press("#person", "Enter")
    told(page, "#said", person)
    page.click("#frame")  # out of the field, where keys are letters
    page.wait_for_selector("#frame img")
    page.keyboard.press(key)
    saved(page)


def answer_by_name(page: Any, count: int) -> list[str]:
    """Label pictures as their folder says; return which."""
    files = []
    for _ in range(count):
        file = page.inner_text("#caption")
        files.append(file)
        press(page, "ArrowLeft" if file.startswith("happy/") else "ArrowRight")
    return files


def kept(pool: Path) -> dict[str, str]:
    """Return what stands in the file of labels: sha256 → answer."""
    store = LabelStore(default_store(pool))
    with store.reading() as ledger:
        labels = ledger.labels()
        ids = [one.id for one in ledger]
    store.close()
    assert len(ids) == len(set(ids))
    return labels


def test_t37_forty_pictures_by_keyboard_through_a_reload_and_a_kill(
    context: Any, server: Callable[..., Server], tmp_path: Path, request: pytest.FixtureRequest
):
    pool = tmp_path / "pool"
    try:
        shutil.copytree(request.getfixturevalue("shared_data") / "seed", pool)
    except pytest.skip.Exception:
        draw_collection(pool, pictures=72, plant=False)
    running = server(pool, "--with", TINY_TWO_VIEW, "--every", 8)
    page = opened(context, running.start())
    page.check("#show-names")
    answer_by_name(page, 15)
    press(page, "u")
    press(page, "u")
    answer_by_name(page, 7)
    saved(page)
    until(page, "document.getElementById('answered').textContent === '20'")
    page.reload()
    page.wait_for_selector("#frame img")
    page.check("#show-names")
    answer_by_name(page, 10)
    saved(page)
    before = kept(pool)
    assert len(before) == 30

    running.end(signal.SIGKILL)
    page.keyboard.press("ArrowLeft")  # answered while nobody listens: kept in the browser
    until(page, "document.getElementById('saved').textContent.startsWith('One')")
    assert kept(pool) == before

    page = opened(context, running.start())
    saved(page)
    after = kept(pool)
    assert len(after) == 31
    assert before.items() <= after.items()
    page.check("#show-names")
    answer_by_name(page, 9)
    saved(page)
    until(page, "/by lot/.test(document.getElementById('lesson').textContent)", within=LEARNED)
    assert len(kept(pool)) == 40
    assert running.end(signal.SIGTERM) == 0

    store = LabelStore(default_store(pool))
    assert all(point.labels >= 8 for point in store.curve())
    assert store.curve()
    store.close()
    done = export_labels(pool, tmp_path / "labelled")
    assert sum(done.counts.values()) == 40
    trained = subprocess.run(
        [sys.executable, "-m", "happysad", "train", tmp_path / "labelled", "--base", TINY_TWO_VIEW,
         "--out", tmp_path / "run", "--plain"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "run" / "model.happysad").is_file()


def test_people_begin_before_all_is_read_and_the_page_says_how_far_it_is(
    context: Any, serving: Callable[..., Any], pool: Path
):
    free = threading.Semaphore(3)  # so many files are read until the others are let through

    def slowly(step: str, done: int, total: int, note: str = "") -> None:
        if done:
            free.acquire()

    try:
        with label(pool, progress=slowly) as session, serving(session) as client:
            page = opened(context, f"http://{client.host}:{client.port}/#{client.token}")
            until(page, "document.getElementById('reading').textContent.includes('of 16 files')")
            assert page.is_visible("#read")
            page.keyboard.press("ArrowLeft")
            saved(page)
            assert len(kept(pool)) == 1
            assert "Reading pictures" in page.inner_text("#frame")
            page.click("nav button[data-view=many]")
            until(page, "document.getElementById('grid-empty').textContent.startsWith('Reading')")
            free.release(1000)
            page.wait_for_selector("#grid li:nth-child(15)")
            page.click("nav button[data-view=one]")
            page.wait_for_selector("#frame img")
            until(page, "document.getElementById('read').hidden")
            assert page.inner_text("#groups") == "16"
            for _ in range(15):
                page.wait_for_selector("#frame img")
                page.keyboard.press("ArrowRight")
                saved(page)
            assert len(kept(pool)) == 16
            told(page, "#empty", "Every picture has an answer")
            page.goto("about:blank")
    finally:
        free.release(1000)


def test_every_key_and_button_does_what_it_says(
    context: Any, server: Callable[..., Server], pool: Path
):
    page = opened(context, server(pool).start())
    press(page, "ArrowLeft")
    press(page, "ArrowRight")
    press(page, "?")
    press(page, " ")
    saved(page)
    assert sorted(kept(pool).values()) == ["happy", "sad", "unsure"]
    press(page, "U")
    press(page, "u")
    saved(page)
    assert sorted(kept(pool).values()) == ["happy", "sad"]
    page.click("button[data-answer=unsure]")
    page.keyboard.press("ArrowRight")  # the click did not take the keys away
    page.keyboard.press("Control+ArrowLeft")  # the browser's own
    saved(page)
    assert sorted(kept(pool).values()) == ["happy", "sad", "sad", "unsure"]
    page.focus("#person")
    page.keyboard.press("ArrowLeft")  # within a field, keys are for the field
    saved(page)
    assert len(kept(pool)) == 4
    told(page, "#counts", "neither")


def test_many_at_once_with_one_key_and_one_undo(
    context: Any, server: Callable[..., Server], pool: Path
):
    page = opened(context, server(pool).start())
    page.click("nav button[data-view=many]")
    page.wait_for_selector("#grid li:nth-child(16)")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#said") == "Choose pictures first."
    for place in (1, 3, 4):
        page.click(f"#grid li:nth-child({place}) button")
    page.keyboard.press("ArrowRight")
    until(page, "document.querySelectorAll('#grid li').length === 13")
    saved(page)
    assert list(kept(pool).values()) == ["sad"] * 3
    page.keyboard.press("u")
    until(page, "document.querySelectorAll('#grid li').length === 16")
    saved(page)
    assert kept(pool) == {}
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    page.keyboard.press("A")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#grid-empty")
    saved(page)
    assert list(kept(pool).values()) == ["happy"] * 16
    page.click("nav button[data-view=one]")
    told(page, "#empty", "Every picture has an answer")


def test_an_answer_that_is_overtaken_asks_for_nothing_twice(
    context: Any, server: Callable[..., Server], pool: Path
):
    page = opened(context, server(pool).start())
    page.click("nav button[data-view=many]")
    page.wait_for_selector("#grid li:nth-child(16)")
    late: list[tuple[Any, Any]] = []

    def delay(route: Any) -> None:  # the first one of either view that wants more pictures
        if len(late) < 2:
            late.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/api/next*", delay)
    for place in (1, 2, 3):
        page.click(f"#grid li:nth-child({place}) button")
    page.keyboard.press("ArrowRight")
    come(page, late, 2)
    assert any(answer.json()["cards"] for _, answer in late)
    page.keyboard.press("a")
    page.keyboard.press("ArrowLeft")
    saved(page)
    for route, answer in late:
        route.fulfill(response=answer)
    page.click("nav button[data-view=one]")
    told(page, "#empty", "Every picture has an answer")
    assert page.query_selector("#frame img") is None
    assert len(kept(pool)) == 16


def test_what_was_answered_before_the_history_came_is_taken_back_once(
    context: Any, server: Callable[..., Server], pool: Path
):
    late = held_back(context, "**/api/recent*")
    page = opened(context, server(pool).start())
    press(page, "ArrowLeft")
    saved(page)
    come(page, late)
    with page.expect_response("**/api/recent*") as known:
        late[0].continue_()
    assert len(known.value.json()["labels"]) == 1
    press(page, "u")
    saved(page)
    assert page.is_disabled("[data-answer=undo]")
    assert kept(pool) == {}


def test_two_people_disagree_and_one_settles_it(
    context: Any, server: Callable[..., Server], pool: Path
):
    running = server(pool, "--double", "1")
    page = opened(context, running.start())
    answer_as(page, "ann", "ArrowLeft")
    answer_as(page, "bob", "ArrowRight")
    until(page, "document.getElementById('dispute-count').textContent === '1'")
    page.click("nav button[data-view=disputes]")
    page.wait_for_selector("#dispute-list img")
    assert page.inner_text("#dispute-list dl").split() == ["ann", "happy", "bob", "sad"]
    assert kept(pool) == {}
    page.click("#dispute-list .verdict .second")
    until(page, "document.getElementById('dispute-count').textContent === ''")
    saved(page)
    assert list(kept(pool).values()) == ["sad"]


def test_a_guess_is_hidden_until_it_is_asked_for_and_then_noted(
    context: Any, server: Callable[..., Server], pool: Path
):
    page = opened(context, server(pool, "--with", TINY_TWO_VIEW, "--every", 2).start())
    page.check("#show-names")
    answer_by_name(page, 10)  # of 8 of each: both are among the nine it learns from at least
    assert not page.is_visible("#guess")
    saved(page)
    until(page, GUESSED, within=LEARNED)
    page.reload()
    page.wait_for_selector("#frame img")
    page.check("#show-guess")
    assert re.search(r"(happy|sad), [01]\.\d\d", page.inner_text("#guess"))
    press(page, "ArrowLeft")
    saved(page)
    store = LabelStore(default_store(pool))
    with store.reading() as ledger:
        assert [one.guess_shown for one in ledger][-2:] == [False, True]
    store.close()


def test_t35_a_name_that_is_markup_is_shown_and_not_obeyed(
    context: Any, server: Callable[..., Server], tmp_path: Path
):
    pool = tmp_path / "pool"
    pool.mkdir()
    name = "<img src=x onerror=alert(1)>.png"
    draw("happy", seed=1, side=64).save(tmp_path / "drawn.png")
    shutil.move(tmp_path / "drawn.png", pool / name)
    alerts: list[str] = []
    page = context.new_page()
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.goto(server(pool).start())
    page.wait_for_selector("#frame img")
    page.check("#show-names")
    assert name in page.inner_text("#caption")
    person = "<b onmouseover=alert(2)>ann</b>"
    page.fill("#person", person)
    page.press("#person", "Enter")
    until(page, "document.getElementById('said').textContent.includes('onmouseover')")
    assert page.query_selector("b[onmouseover]") is None
    assert alerts == []


def test_t36_without_the_link_the_page_shows_nothing_but_how_to_get_in(
    context: Any, server: Callable[..., Server], pool: Path
):
    link = server(pool).start()
    page = context.new_page()
    page.goto(link.partition("#")[0])
    page.wait_for_selector("#trouble:not([hidden])")
    assert "Open the link" in page.inner_text("#trouble")
    assert page.query_selector("#frame img") is None
    page.goto(link)
    page.reload()
    page.wait_for_selector("#frame img")
    assert "#" not in page.url  # the token does not stay in the address


@pytest.mark.parametrize(
    "settings",
    [
        {"viewport": {"width": 1280, "height": 800}},
        {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    ],
    ids=["wide", "phone-dark"],
)
def test_axe_finds_no_fault(
    chromium: Any, server: Callable[..., Server], pool: Path, settings: dict[str, Any]
):
    context = chromium.new_context(**settings)
    context.set_default_timeout(SOON)
    page = opened(context, server(pool, "--double", "1").start())
    answer_as(page, "ann", "ArrowLeft")
    answer_as(page, "bob", "ArrowRight")
    for view, there in (
        ("one", "#frame img"),
        ("many", "#grid img"),
        ("disputes", "#dispute-list img"),
    ):
        page.click(f"nav button[data-view={view}]")
        page.wait_for_selector(there)
        assert not (found := faults(page)), "\n".join([view, *found])
    context.close()


def test_on_a_phone_everything_fits_and_answers_are_within_reach(
    chromium: Any, server: Callable[..., Server], pool: Path
):
    context = chromium.new_context(viewport={"width": 360, "height": 640}, has_touch=True)
    context.set_default_timeout(SOON)
    page = opened(context, server(pool).start())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for answer in ("first", "second", "unsure", "skip"):
        box = page.locator(f"button[data-answer={answer}]").bounding_box()
        assert box["y"] + box["height"] <= 640
        assert min(box["height"], box["width"]) >= 44  # a finger's width
    page.tap("button[data-answer=first]")
    told(page, "#said", "Answered happy")  # a tap becomes a click a moment later
    saved(page)
    assert list(kept(pool).values()) == ["happy"]
    context.close()


def test_a_folder_without_labels_cannot_be_exported(pool: Path, tmp_path: Path):
    with pytest.raises(LabelError):
        export_labels(pool, tmp_path / "out")


@pytest.mark.skipif(os.name == "nt", reason="signals are a Unix thing")
def test_t33_both_signals_end_it_well(server: Callable[..., Server], pool: Path):
    for number in (signal.SIGINT, signal.SIGTERM):
        running = server(pool)
        running.start()
        assert running.end(number) == 0
