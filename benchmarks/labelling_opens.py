"""From the command to the first picture on the screen, on a folder of ten thousand pictures.

    python benchmarks/labelling_opens.py [--out benchmarks/results]

Once on pictures that happysad has never read, once on the same folder again. The browser runs
already; the clock starts with the process of ``happysad label`` and stops when the page shows a
picture. Needs the extra web, playwright, and Chromium.

Expected on two quiet cores: below 5 seconds both times, while reading all of them takes one to two
minutes behind the page.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from measuring import HAPPYSAD, Mark, Result, finish, parser

from chromium import launched

MOST_SECONDS = 5


def main() -> int:
    options = parser(__doc__).parse_args()
    labels = options.work / "label-opens" / "labels.sqlite"
    for old in (labels, labels.with_suffix(".pictures.jsonl")):
        old.unlink(missing_ok=True)
    with launched() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(600_000)
        first = opened(options.data / "web", labels, page, until_read=True)
        again = opened(options.data / "web", labels, page)
    result = Result(
        "labelling_opens",
        "python benchmarks/labelling_opens.py",
        marks=[
            Mark("seconds until the first picture", first["picture"], at_most=MOST_SECONDS),
            Mark("seconds when opened again", again["picture"], at_most=MOST_SECONDS),
        ],
        figures={
            "files": f"{first['files']:,.0f}",
            "seconds until all are read, behind the page": first["all"],
            "pictures to ask about, near duplicates as one": f"{first['groups']:,.0f}",
        },
    )
    return finish(result, options.out)


def opened(pool: Path, labels: Path, page: Any, *, until_read: bool = False) -> dict[str, float]:
    """Start the page on a pool and say how long things took, in seconds."""
    started = time.perf_counter()
    command = [*HAPPYSAD, "label", pool, "--labels", labels, "--no-browser", "--plain"]
    serving = subprocess.Popen(
        [str(one) for one in command],
        stdout=subprocess.PIPE,
        text=True,
        # Compiled modules are kept, as after any installation with pip.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
    )
    try:
        assert serving.stdout is not None
        words = (word for line in serving.stdout for word in line.split())
        seen = next(words)
        page.goto(next(word for word in words if "://" in word))
        page.wait_for_selector("#frame img")
        page.evaluate("document.querySelector('#frame img').decode()")
        found = {"files": float(seen), "picture": time.perf_counter() - started}
        if until_read:
            wait(page, "document.getElementById('read').hidden")
            wait(page, "document.getElementById('groups').textContent !== '0'")
            found["all"] = time.perf_counter() - started
            found["groups"] = float(page.inner_text("#groups"))
        page.goto("about:blank")
    finally:
        serving.terminate()
        serving.wait(60)
    return found


def wait(page: Any, condition: str) -> None:
    """Wait until a JavaScript condition holds; the page's policy forbids Playwright's own way."""
    end = time.monotonic() + 600
    while not page.evaluate(condition):
        if time.monotonic() > end:
            sys.exit(f"still not: {condition}")
        page.wait_for_timeout(100)


if __name__ == "__main__":
    sys.exit(main())
