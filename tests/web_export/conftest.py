"""Exported pages on a web server of plain files, and a browser that opens them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chromium import watched
from happysad.web_export import runtime
from web_export_pages import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src" / "happysad" / "web_export" / "static"


@pytest.fixture(scope="session")
def runtime_folder() -> Path:
    """ONNX Runtime for browsers, which ``scripts/test.py`` gets through npm."""
    home = Path(os.environ.get("HAPPYSAD_TEST_RUNTIME", ROOT / ".cache" / "home" / "runtime"))
    folder = home / runtime.PACKAGE.replace("@", "-")
    if not all((folder / name).is_file() for name in runtime.SHA512):
        pytest.skip(f"{runtime.PACKAGE} is not in {home}; python3 scripts/test.py gets it with npm")
    return folder


@pytest.fixture(scope="module")
def modules(chromium: Browser) -> Iterator[Page]:
    """A blank page beside the modules of the predictor, which a test can import."""
    with serving(STATIC) as address, watched(chromium) as window:
        page = window.new_page()
        page.goto(f"{address}/NOTICE.txt")
        yield page


@pytest.fixture(scope="module")
def asked(modules: Page) -> Callable[..., Any]:
    """Call a function of a module: name of the module, name of the function, arguments.

    Bytes go in as arrays of bytes, and arrays of numbers come back as lists; a picture's pixels
    come back as text in base64.
    """
    call = """async ([file, name, given]) => {
      const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
      const enter = (value) => value?.base64 !== undefined ? bytes(value.base64)
        : Array.isArray(value) ? value.map(enter)
        : value && typeof value === "object"
          ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, enter(one)]))
        : value;
      const leave = (value) => {
        if (!ArrayBuffer.isView(value?.data)) return value;
        const raw = new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength);
        let text = "";
        for (const byte of raw) text += String.fromCharCode(byte);
        return { ...value, data: btoa(text) };
      };
      const module = await import(`/predictor/${file}`);
      try { return leave(await module[name](...given.map(enter))); }
      catch (error) { return { failure: error.code ?? error.constructor.name }; }
    }"""

    def ask(module: str, function: str, *arguments: Any) -> Any:
        return modules.evaluate(call, [module, function, list(arguments)])

    return ask
