"""The system's Chromium, started the same way by the tests and by the benchmarks."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

SOON = 60_000
"""Milliseconds; a busy machine is no fault of a page."""

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
"""Path of the program; None where there is none."""

FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
)

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""A camera that shows a drawn pattern, and a person who always lets the page use it."""


@contextmanager
def launched(*flags: str) -> Iterator[Browser]:
    """A headless Chromium with ``FLAGS`` and further ones."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=PROGRAM, args=[*FLAGS, *flags])
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, **settings: Any) -> Iterator[BrowserContext]:
    """A window of its own; nothing may leave the machine, and no script may fail."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | settings)
    context.set_default_timeout(SOON)
    outside: list[str] = []
    failed: list[str] = []
    context.on("request", lambda one: outside.append(one.url) if not _local(one.url) else None)
    context.on("weberror", lambda one: failed.append(str(one.error)))
    yield context
    context.close()
    assert not outside
    assert not failed


def _local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def until(page: Page, condition: str, argument: Any = None, *, within: int = SOON) -> None:
    """Wait until a JavaScript condition holds; the pages' policy keeps Playwright's own way out."""
    end = time.monotonic() + within / 1000
    while not page.evaluate(condition, argument):
        assert time.monotonic() < end, f"still not: {condition}"
        page.wait_for_timeout(20)


def held_back(page: Page | BrowserContext, url: str | re.Pattern[str]) -> list[Route]:
    """Hold requests of a page back; each goes on with ``continue_``."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(url, hold)
    return held


def come(page: Page, held: Sequence[object], count: int = 1) -> None:
    """Wait until so many requests are held back."""
    end = time.monotonic() + SOON / 1000
    while len(held) < count:
        assert time.monotonic() < end, f"only {len(held)} of {count} requests came"
        page.wait_for_timeout(20)


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong for people who do not see the page, or use no mouse."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{one['impact']}: {one['id']} {one['nodes'][0]['html'][:160]}"
        for one in Axe().run(page).response["violations"]
    ]
