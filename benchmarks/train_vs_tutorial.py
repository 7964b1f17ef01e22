"""The whole verb ``train`` against the tutorial's pipeline, in turn, on the same pictures.

    python benchmarks/train_vs_tutorial.py [--rounds 3] [--epochs 20] [--out benchmarks/results]

Expected on two cores: happysad at most 0.8 of the tutorial's wall time without augmentation (the
tutorial's pipeline has none); about 10 minutes in all. happysad checks, groups duplicates, splits,
fits, calibrates, judges with intervals, writes the report and saves in that time; the tutorial
cleans, fits, judges and saves. Beside it stand the time with the write-up's augmentation, the
accuracy on the test part and the sizes of the saved models.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

from measuring import HAPPYSAD, Mark, Measured, Result, environment, finish, in_turn, parser, run

TUTORIAL = Path(__file__).with_name("tutorial_pipeline.py")
OPENCV = "opencv-python-headless==5.0.0.93"


def tutorial(work: Path, *arguments: str | Path) -> Measured:
    """Run the tutorial's pipeline with the libraries of this environment, and OpenCV."""
    python = environment(work, "opencv", "--no-deps", OPENCV)
    overlay = next((python.parents[1] / "lib").glob("python*/site-packages"))
    return run(
        [sys.executable, TUTORIAL, *arguments],
        extra={"PYTHONPATH": str(overlay), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def happysad(folder: Path, out: Path, epochs: int, augment: str) -> Measured:
    return run(
        [
            *HAPPYSAD,
            "train",
            folder,
            "--preset",
            "seed",
            "--epochs",
            str(epochs),
            "--seed",
            "1",
            "--augment",
            augment,
            "--out",
            out,
            "--plain",
        ]
    )


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--folder", type=Path, help="labelled folder; default: DATA/seed")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--epochs", type=int, default=20)
    options = arguments.parse_args()
    folder = options.folder or options.data / "seed"
    saved = options.work / "tutorial.h5"
    runs = options.work / "train"

    def ours(index: int) -> float:
        return happysad(folder, fresh(runs, f"none-{index}"), options.epochs, "none").seconds

    def theirs(_index: int) -> float:
        command = ("train", folder, "--model", saved, "--epochs", str(options.epochs))
        return tutorial(options.work, *command).seconds

    mine, other = in_turn(options.rounds, ours, theirs)
    augmented_run = fresh(runs, "write-up")
    augmented = happysad(folder, augmented_run, options.epochs, "write-up").seconds
    ratio = statistics.median(mine) / statistics.median(other)
    result = Result(
        "train_vs_tutorial",
        f"python benchmarks/train_vs_tutorial.py --rounds {options.rounds} "
        f"--epochs {options.epochs}",
        marks=[Mark("wall time, happysad over tutorial (medians)", ratio, at_most=0.8)],
        figures={
            "happysad train, augmentation none, seconds": mine,
            "tutorial pipeline, seconds": other,
            "happysad train, the write-up's augmentation, seconds": augmented,
            "accuracy, none": accuracy(runs / f"none-{options.rounds - 1}"),
            "accuracy, the write-up's augmentation": accuracy(augmented_run),
            "happysad model, MB": (augmented_run / "model.happysad").stat().st_size / 1e6,
            "tutorial model (.h5), MB": saved.stat().st_size / 1e6,
        },
    )
    return finish(result, options.out)


def fresh(parent: Path, name: str) -> Path:
    """Return a run folder that holds nothing from an earlier benchmark."""
    folder = parent / name
    if folder.exists():
        folder.rename(parent / f"{name}.before-{folder.stat().st_mtime_ns}")
    return folder


def accuracy(run_folder: Path) -> str:
    report = json.loads((run_folder / "report" / "report.json").read_text(encoding="utf-8"))
    score, baseline = report["scores"]["accuracy"], report["baseline"]
    return (
        f"{score['value']:.3f} [{score['low']:.3f}, {score['high']:.3f}], n = {score['n']}, "
        f"majority baseline {baseline['value']:.3f}"
    )


if __name__ == "__main__":
    sys.exit(main())
