"""One picture, from a cold start: ``happysad predict ONE.jpg`` against the tutorial's way.

    python benchmarks/predict_cold.py [--rounds 5] [--out benchmarks/results]

Expected on two cores: at most 1/15 of the tutorial's load-and-predict (13 s and 0.6 s on a quiet
machine), at most 250 MB of memory, a model of at most 16 MB; two minutes.
"""

from __future__ import annotations

import statistics
import sys

from measuring import HAPPYSAD, Mark, Result, a_model, finish, in_turn, parser, run
from train_vs_tutorial import tutorial

from happysad.drawn import draw, draw_collection


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    bundle = a_model(options.work)
    picture = options.work / "one.jpg"
    draw("happy", seed=4711, side=1024).save(picture, quality=90)
    saved = options.work / "tutorial-small.h5"
    if not saved.exists():
        # Four hundred pictures: with fewer than ten batches its split has no test part.
        folder = options.work / "tutorial-pictures"
        if not folder.exists():
            draw_collection(folder, pictures=400, plant=False)
        tutorial(options.work, "train", folder, "--model", saved, "--epochs", "1")
    peaks: list[float] = []

    def ours(_index: int) -> float:
        measured = run([*HAPPYSAD, "predict", picture, "--model", bundle, "--jsonl"])
        peaks.append(measured.peak_mib)
        return measured.seconds

    def theirs(_index: int) -> float:
        return tutorial(options.work, "predict", saved, picture).seconds

    mine, other = in_turn(options.rounds, ours, theirs)
    result = Result(
        "predict_cold",
        f"python benchmarks/predict_cold.py --rounds {options.rounds}",
        marks=[
            Mark(
                "wall time, happysad over tutorial (medians)",
                statistics.median(mine) / statistics.median(other),
                at_most=1 / 15,
            ),
            Mark("peak memory, MB", max(peaks) * 1.048576, at_most=250),
            Mark("model file, MB", bundle.stat().st_size / 1e6, at_most=16),
        ],
        figures={
            "happysad, seconds": mine,
            "tutorial, seconds": other,
            "tutorial model (.h5), MB": saved.stat().st_size / 1e6,
        },
    )
    return finish(result, options.out)


if __name__ == "__main__":
    sys.exit(main())
