"""The notebook of the write-up on the tutorial's own kind of pictures: what its steps say there.

    python benchmarks/write_up_notebook.py [--out benchmarks/results]

Runs ``docs/notebooks/write_up.ipynb`` from top to bottom on the folder ``seed`` of real pictures,
with 20 epochs, and keeps the numbers that it prints. The notebook itself, with the pictures in it,
stays in the work folder. About 8 minutes on two quiet cores.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from measuring import REPOSITORY, Mark, Result, finish, parser

SCORE = re.compile(r"^(\w+) +(-?[\d.]+ \[.*\], n = (\d+))$")
PART = re.compile(r"^(train|validation|test) +(\d+ pictures in \d+ groups)$")
ASKED = re.compile(r"^(random|margin|all +\d+) +(accuracy .*)$")
BUDGET = 60
KEPT = ("accuracy", "balanced_accuracy", "roc_auc", "answered", "accuracy_answered", "baseline")


def main() -> int:
    options = parser(__doc__).parse_args()
    notebook = options.work / "write_up.ipynb"
    notebook.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, REPOSITORY / "scripts" / "run_notebook.py", "--out", notebook],
        check=True,
        env={
            **os.environ,
            "WRITE_UP_PICTURES": str(options.data / "seed"),
            "WRITE_UP_BUDGET": str(BUDGET),
        },
    )
    minutes = (time.perf_counter() - started) / 60
    figures = figures_of(printed(notebook))
    result = Result(
        "write_up_notebook",
        "python benchmarks/write_up_notebook.py",
        marks=[Mark("parts of the write-up that the notebook scored", len(figures), at_least=10)],
        figures={**figures, "minutes for all steps, wall time": minutes},
    )
    return finish(result, options.out)


def printed(notebook: Path) -> list[str]:
    """Return the lines that the steps of a notebook printed."""
    steps = nbformat.read(notebook, as_version=4).cells
    texts = (output.get("text", "") for step in steps for output in step.get("outputs", []))
    return "\n".join(texts).splitlines()


def figures_of(lines: list[str]) -> dict[str, object]:
    """Return the split, the scores on its test part and the comparison of ways to ask, by name."""
    figures: dict[str, object] = {}
    for line in lines:
        if found := PART.match(line):
            figures[f"{found[1]} part of the split"] = found[2]
        elif (found := SCORE.match(line)) and found[1] in KEPT:
            figures[f"{found[1].replace('_', ' ')}, test part"] = found[2]
        elif found := ASKED.match(line):
            every = found[1].startswith("all")
            name = (
                re.sub(r"all +", "all labels: ", found[1]) if every else f"{BUDGET} by {found[1]}"
            )
            figures[f"learned from {name}"] = found[2]
        elif line.startswith("Active learning"):
            figures["conclusion"] = line
    return figures


if __name__ == "__main__":
    sys.exit(main())
