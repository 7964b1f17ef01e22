"""One picture with the shipped model, from a cold start.

    python benchmarks/predict_shipped.py [--rounds 9] [--picture PHOTO] [--out benchmarks/results]

Whole processes, one after the other. Expected on two cores: at most 1.0 s and 350 MB; half a
minute. Without ``--picture`` it is a drawn one of 1,024 pixels.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from measuring import HAPPYSAD, Mark, Result, finish, parser, run

from happysad.drawn import draw


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--picture", type=Path)
    options = arguments.parse_args()
    picture = options.picture
    if picture is None:
        picture = options.work / "one.jpg"
        draw("happy", seed=4711, side=1024).save(picture, quality=90)
    measured = [
        run([*HAPPYSAD, "predict", picture, "--model", "default", "--jsonl"])
        for _ in range(options.rounds + 1)
    ][1:]  # the first one warms the file system's cache
    seconds = [one.seconds for one in measured]
    result = Result(
        "predict_shipped",
        f"python benchmarks/predict_shipped.py --rounds {options.rounds}"
        + (" --picture PHOTO" if options.picture else ""),
        marks=[
            Mark("wall time, s (median)", statistics.median(seconds), at_most=1.0),
            Mark("peak memory, MB", max(o.peak_mib for o in measured) * 1.048576, at_most=350),
        ],
        figures={"seconds": seconds},
    )
    return finish(result, options.out)


if __name__ == "__main__":
    sys.exit(main())
