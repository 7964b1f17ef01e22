"""From a fresh installation to an answered picture on the page: how long a newcomer waits.

    python benchmarks/first_page.py [--out benchmarks/results]

Builds the wheel, installs it with the extra 'web' by pip into an empty environment, and starts
``happysad serve`` from there, which no file has been read of before but by pip. The clock runs from
the start of that one command until a headless Chromium, which was open already, has opened the
printed link, given it a picture and shows the answer. Needs playwright and Chromium.

Expected on two cores: below 10 s (about 3 s on a quiet machine); two minutes with downloads.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from install_size import build, make_environment, pip
from measuring import Mark, Result, finish, parser

from chromium import launched, until
from happysad.drawn import draw

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def main() -> int:
    options = parser(__doc__).parse_args()
    wheel, fresh = build(options.work), options.work / "venv-first-page"
    make_environment(fresh)
    started = time.perf_counter()
    pip(fresh, "install", "--quiet", "--no-cache-dir", f"{wheel}[web]")
    installing = time.perf_counter() - started
    picture = options.work / "first-page.png"
    draw("happy", seed=1).save(picture)
    with launched() as browser:
        seconds, words = answered(browser, fresh, picture)
    result = Result(
        "first_page",
        "python benchmarks/first_page.py",
        marks=[Mark("from the command to the answer on the page, s", seconds, at_most=10)],
        figures={"installation by pip, s": installing, "the page's words": words},
    )
    return finish(result, options.out)


def answered(browser: Browser, fresh: Path, picture: Path) -> tuple[float, str]:
    """Return the seconds until the page shows an answer, and what it says."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    bare["HAPPYSAD_HOME"] = str(fresh / "home")  # no model but the one that came along
    started = time.perf_counter()
    serving = subprocess.Popen(
        [fresh / "bin" / "happysad", "serve", "--log", "off"],
        env=bare,
        cwd=fresh,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        link = next(word for line in serving.stdout for word in line.split() if "://" in word)
        page = browser.new_page()
        page.goto(link)
        page.set_input_files("#files", picture)
        until(page, "document.querySelector('#one .verdict')?.textContent")
        seconds = time.perf_counter() - started
        return seconds, page.locator("#one .verdict").inner_text().replace("\n", " ")
    finally:
        serving.terminate()
        serving.wait(30)


if __name__ == "__main__":
    sys.exit(main())
