"""Each collection taught to ``two-view`` and to ``seed``, and judged on its own other half.

    python benchmarks/every_collection.py --data ../shared/data --base BASE.happysad \
        --out docs/results-every-collection.md

What two users get who each bring one of the collections of folds 0–3: one half of its pictures is
given to ``happysad train`` with either preset, both are asked about the other half. ``BASE`` should
be the recipe's ``untrained.happysad``, which has seen no web picture. Expect two-view ahead by
16 points over all, and on 20 of 24 collections; on none is the other shown to be better. Takes 15
minutes on two cores, and as long again where the pictures were not read in two views before.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts" / "train_default"))

from table import CLASSES, FOLDS, Table, read_table

import happysad
from happysad.config import SplitOptions, TrainOptions
from happysad.judge.comparison import compare
from happysad.judge.metrics import judge

if TYPE_CHECKING:
    from happysad.records import Answer, Report

PRESETS = ("seed", "two-view")
_FEWEST = 30
_EPOCHS = 20


def main() -> None:
    """Train both presets on every collection and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    table = read_table(options.data)
    names, counts = np.unique(table.collections[table.folds < FOLDS[-1]], return_counts=True)
    chosen = names[counts >= _FEWEST]
    lines = _head(options.base, len(chosen), len(names))
    answers: dict[str, list[Answer]] = {preset: [] for preset in PRESETS}
    for name in chosen:
        reports = _reports(table, name, options.data, options.base)
        lines.append(_row(name, reports))
        print(lines[-1], flush=True)
        for preset, report in reports.items():
            answers[preset].extend(report.answers)
    together = {
        preset: judge(found, classes=CLASSES, model=preset, data="all together")
        for preset, found in answers.items()
    }
    lines.append(_row("all together", together))
    lines.append(f"\n{compare(together['seed'], together['two-view']).sentence}")
    text = "\n".join(lines) + "\n"
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


def _head(base: Path, judged: int, known: int) -> list[str]:
    return [
        "# Every collection, taught to both presets\n",
        "`python benchmarks/every_collection.py --data DATA --base BASE`\n",
        f"{judged} of the {known} collections of folds 0–3, those with {_FEWEST} pictures or more. "
        "One half is given to `happysad train`, which keeps its own validation and test parts of "
        "it; accuracy on the other half, by the folders' labels, with its 95% interval. "
        f"`seed` learns for {_EPOCHS} epochs with the write-up's random changes. The base of "
        f"`two-view` is `{base.stem}`, which has seen no web picture.\n",
        "| collection | judged on | majority | seed | two-view | difference, paired |",
        "|---|---:|---:|---|---|---|",
    ]


def _row(name: str, reports: dict[str, Report]) -> str:
    difference = compare(reports["seed"], reports["two-view"]).difference
    cells = [
        f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"
        for score in (reports[preset].scores["accuracy"] for preset in PRESETS)
    ]
    paired = f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
    baseline = reports["seed"].baseline
    return f"| {name} | {baseline.n} | {baseline.value:.3f} | {' | '.join(cells)} | {paired} |"


def _reports(table: Table, name: str, data: Path, base: Path) -> dict[str, Report]:
    reports = {}
    with tempfile.TemporaryDirectory() as place:
        for half in ("train", "test"):
            _copy_half(table, name, data, Path(place, half), odd=half == "test")
        for preset in PRESETS:
            options = TrainOptions(
                preset=preset, base=str(base), epochs=_EPOCHS, split=SplitOptions(seed=1)
            )
            run = happysad.train(Path(place, "train"), options=options, out=Path(place, preset))
            reports[preset] = happysad.evaluate(run.bundle, Path(place, "test"))
    return reports


def _copy_half(table: Table, name: str, data: Path, folder: Path, *, odd: bool) -> None:
    """Copy every second picture of each class."""
    for label, mood in enumerate(CLASSES):
        files = table.files[(table.collections == name) & (table.labels == label)]
        for file in np.random.default_rng(1).permutation(files)[int(odd) :: 2]:
            target = folder / mood / Path(file).name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(data / file, target)


if __name__ == "__main__":
    main()
