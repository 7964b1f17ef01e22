"""From a key press to the next picture on the screen, in a real browser on the labelling page.

    python benchmarks/labelling_page.py [--answers 100] [--out benchmarks/results]

The page itself measures: from the key event's own time to the moment after the frame with the next
picture was painted. A model of two views learns in the background meanwhile, where one is given
with --model. Needs the extra web, playwright, and Chromium.

Expected on two cores: a median below 100 ms (about 15 ms on a quiet machine); two minutes.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from measuring import HAPPYSAD, Mark, Result, finish, parser

from chromium import launched
from happysad.drawn import draw_collection

MEASURE = "happysad:answer-to-paint"
PAUSE_MS = 400  # faster than people look


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--answers", type=int, default=100)
    arguments.add_argument("--model", type=Path, help="a model of two views that learns meanwhile")
    options = arguments.parse_args()
    pool = fresh_pool(options.data / "seed", options.work / "label-pool", options.answers)
    extra = ["--with", options.model] if options.model else []
    serving = subprocess.Popen(
        [str(one) for one in (*HAPPYSAD, "label", pool, "--no-browser", "--plain", *extra)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        link = next(word for line in serving.stdout for word in line.split() if "://" in word)
        durations = sorted(answered(link, options.answers))
    finally:
        serving.terminate()
        serving.wait(30)
    result = Result(
        "labelling_page",
        f"python benchmarks/labelling_page.py --answers {options.answers}"
        + (" --model MODEL" if options.model else ""),
        marks=[
            Mark(
                "key press to next picture painted, median, ms",
                statistics.median(durations),
                at_most=100,
            )
        ],
        figures={
            "answers": len(durations),
            "90% are painted within, ms": durations[int(0.9 * len(durations))],
            "slowest, ms": durations[-1],
            "pictures": "web pictures" if (options.data / "seed").is_dir() else "drawn pictures",
        },
    )
    return finish(result, options.out)


def fresh_pool(pictures: Path, pool: Path, answers: int) -> Path:
    """Copy the real pictures, or draw some where there are none; without any labels."""
    shutil.rmtree(pool, ignore_errors=True)
    if pictures.is_dir():
        shutil.copytree(pictures, pool)
    else:
        draw_collection(pool, pictures=2 * answers, plant=False)
    return pool


def answered(link: str, count: int) -> list[float]:
    """Answer pictures at a person's pace and return what the page measured, ms."""
    with launched() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(120_000)
        page.goto(link)
        page.wait_for_selector("#frame img")
        for number in range(count):
            page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")
            page.wait_for_timeout(PAUSE_MS)
        found = page.evaluate(f"performance.getEntriesByName('{MEASURE}').map(e => e.duration)")
    return list(found)


if __name__ == "__main__":
    sys.exit(main())
