"""The pages to read beside the one that answers: the model's card, and reports of runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")

from services import TWO_VIEWS, Service, serving

from chromium import faults, watched
from happysad.bundle import shelf
from happysad.web.pages import inside

NAME = "<b onclick=alert(1)>run"
REPORT = "<!doctype html><title>r</title><p>All of it</p><script>document.title='ran'</script>"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run, remembered as the last one."""
    folder = tmp_path / "runs" / NAME
    (folder / "report").mkdir(parents=True)
    (folder / "report" / "index.html").write_text(REPORT)
    shutil.copy(TWO_VIEWS, folder / "model.happysad")
    (folder / ".lock").write_text("secret")
    (folder / "checkpoint.npz").write_text("secret")
    (tmp_path / "outside.html").write_text("secret")
    (folder / "link.html").symlink_to(tmp_path / "outside.html")
    (folder / "loop.html").symlink_to(folder / "loop.html")
    shelf.remember(folder / "model.happysad")
    return folder


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(TWO_VIEWS) as service:
        yield service


@pytest.mark.skipif(os.name == "nt", reason="names with such signs are a Unix thing")
def test_runs_are_listed_and_their_reports_can_be_read(chromium: Any, service: Service, run: Path):
    with watched(chromium) as context:
        page = context.new_page()
        page.goto(f"{service.url}/runs")
        assert NAME in page.inner_text("table")
        assert page.query_selector("b[onclick]") is None
        page.click("text=report")
        page.wait_for_selector("p:text-is('All of it')")
        assert page.title() == "r"  # no script runs in it, whoever wrote it
        assert str(run.parent) not in page.url
        assert (
            service.ask("GET", page.url.removeprefix(service.url))
            .headers["content-security-policy"]
            .startswith("sandbox")
        )


def test_without_any_run_it_says_how_to_make_one(service: Service):
    assert "happysad train FOLDER" in service.ask("GET", "/runs").body.decode()


def test_a_run_whose_model_is_damaged_is_listed(service: Service, run: Path):
    (run / "model.happysad").write_bytes(b"nothing")
    assert "cannot be read any more" in service.ask("GET", "/runs").body.decode()


def test_t35_nothing_but_the_pages_of_a_run_is_served(service: Service, run: Path):
    listing = service.ask("GET", "/runs").body.decode()
    base = "/runs/" + listing.partition('href="/runs/')[2].partition("/")[0]
    assert service.ask("GET", f"{base}/report/index.html").status == 200
    for path in (
        "", ".", "..", "../outside.html", "report/../../outside.html", "%2e%2e/outside.html",
        "..%2foutside.html", "%2Fetc%2Fpasswd", "/etc/passwd", "report//index.html", ".lock",
        "checkpoint.npz", "model.happysad", "link.html", "loop.html", "report", "a%00.html",
        "report%5cindex.html", "C:%5cx.html", "x" * 300 + ".html", quote("\u202e.html"),
    ):  # fmt: skip
        assert service.ask("GET", f"{base}/{path}").status == 404, path
    assert service.ask("GET", "/runs/0000000000000000/report/index.html").status == 404
    assert service.ask("POST", f"{base}/report/index.html").status == 405


def test_a_file_is_served_where_it_lies_inside(tmp_path: Path):
    (tmp_path / "a.html").write_text("x")
    assert inside(tmp_path, "a.html") == tmp_path / "a.html"
    assert inside(tmp_path, "b.html") is None
    assert inside(tmp_path / "none", "a.html") is None


def test_the_card_tells_no_place_on_this_machine(service: Service):
    card = service.ask("GET", "/card").body.decode()
    assert "<h1>tiny-two-view</h1>" in card
    assert "tiny-two-view.happysad" in card
    assert str(TWO_VIEWS.parent) not in card


def test_the_shipped_model_comes_with_its_whole_card():
    with serving(shelf.shipped()) as service:
        card = service.ask("GET", "/card").body.decode()
    assert "<h1>happysad-default</h1>" in card
    assert "<h2>Model card: happysad-default</h2>" in card
    assert "not a felt emotion" in card


def test_without_a_model_there_is_no_card():
    with serving(None) as service:
        assert service.ask("GET", "/card").status in {404, 503}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(chromium: Any, service: Service, run: Path, scheme: str):
    pytest.importorskip("axe_playwright_python")
    # In these pages no script runs, that of axe among them, unless the policy is passed by.
    settings = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme}
    with watched(chromium, bypass_csp=True, **settings) as context:
        page = context.new_page()
        for path in ("/card", "/runs"):
            page.goto(service.url + path)
            assert faults(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
