"""Ways of asking for labels, replayed on ten thousand web pictures: is asking well worth it?

    python benchmarks/active_web.py --base FILE [--resume] [--out benchmarks/results]

Reads every picture with the views of the base model once (25 minutes on two quiet cores; later
runs take them from the cache), then hides the labels of all collections but those of fold 0, asks
for 400 of them by each of eight strategies, five times, and judges on fold 0. Expected: under 10
minutes for that, at least six strategies beside each other.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
from pathlib import Path

from measuring import HAPPYSAD, Mark, Result, finish, parser, run


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--base", required=True, help="a model of two views")
    arguments.add_argument("--resume", action="store_true", help="keep what was replayed before")
    options = arguments.parse_args()
    web, place = options.data / "web", options.work / "active-web"
    command = [
        *(*HAPPYSAD, "active", web, "--base", options.base, "--budget", "400"),
        *("--test", web / "manifest.csv", "--where", "fold=0", "--plain"),
    ]
    if not options.resume:
        shutil.rmtree(place, ignore_errors=True)
    run([*command, "--budget", "2", "--rounds", "1", "--seeds", "1", "--strategies", "random"])
    before = _processor_seconds()
    measured = run([*command, "--out", place])
    spent = _processor_seconds() - before
    told = json.loads((place / "active.json").read_text(encoding="utf-8"))
    result = Result(
        "active_web",
        f"python benchmarks/active_web.py --base {Path(options.base).name}",
        marks=[
            Mark("minutes, embeddings cached before", measured.seconds / 60, at_most=10),
            Mark("strategies beside random", len(told["strategies"]) - 1, at_least=6),
            Mark("repeats", told["repeats"], at_least=5),
        ],
        figures={
            "processor time, minutes": spent / 60,
            "conclusion": told["conclusion"],
            **figures_of(told),
        },
    )
    return finish(result, options.out)


def figures_of(told: dict) -> dict[str, object]:
    """Return a line for each strategy of an ``active.json``, and one for all labels."""
    lines: dict[str, object] = {}
    for item in told["strategies"]:
        line = f"accuracy {_interval(item['final'])} with {item['labels'][-1]:.0f} labels"
        if item["gain"]:
            line += f", along the curve {_interval(item['gain'], sign='+')} above random"
        lines[item["name"]] = line
    if told["all_labels"]:
        score = told["all_labels"]
        lines[f"all {told['pool']} labels"] = f"accuracy {_interval(score)}, n = {score['n']}"
    for waymark in told["needed"]:
        counts = ", ".join(
            f"{name} {'more' if labels is None else round(labels)}"
            for name, labels in waymark["labels"].items()
        )
        lines[f"labels needed for {waymark['accuracy']:.3f}"] = counts
    return lines


def _interval(score: dict, *, sign: str = "") -> str:
    value, low, high = (format(score[key], f"{sign}.3f") for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
