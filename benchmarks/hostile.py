"""A folder of broken and malicious pictures through ``check`` and ``predict --jsonl``.

    python benchmarks/hostile.py [--folder FOLDER] [--out benchmarks/results]

Expected: neither crashes nor hangs, every file is accounted for, nothing on stderr; one minute on
two cores for 1,878 files.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from measuring import HAPPYSAD, Mark, Measured, Result, a_model, finish, parser, run

SOME_FAILED = 3


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--folder", type=Path, help="default: DATA/hostile")
    options = arguments.parse_args()
    folder = options.folder or options.data / "hostile"
    files = sum(path.is_file() for path in folder.rglob("*"))
    checked = run([*HAPPYSAD, "check", folder, "--json"])
    counts = json.loads(checked.stdout)["counts"]
    bundle = a_model(options.work)
    answered = run(
        [*HAPPYSAD, "predict", folder, "--recursive", "--model", bundle, "--jsonl"],
        allowed=(0, SOME_FAILED),
    )
    predictions = [json.loads(line) for line in answered.stdout.splitlines()]
    result = Result(
        "hostile",
        "python benchmarks/hostile.py",
        marks=[
            Mark("files check did not see", files - counts["seen"], at_most=0),
            Mark("files check lost", counts["seen"] - accounted(counts), at_most=0),
            Mark("files predict gave no line for", unanswered(files, predictions), at_most=0),
            Mark("bytes on stderr", noise(checked) + noise(answered), at_most=0),
        ],
        figures={
            "files": files,
            "check, seconds": checked.seconds,
            "predict, seconds": answered.seconds,
            "check": counts,
            "predict": dict(Counter(map(outcome, predictions)).most_common()),
        },
    )
    return finish(result, options.out)


def accounted(counts: dict[str, int]) -> int:
    return counts["used"] + counts["set_aside"] + counts["ignored"]


def unanswered(files: int, predictions: list[dict[str, object]]) -> int:
    return files - len({prediction["source"] for prediction in predictions})


def outcome(prediction: dict[str, dict[str, str]]) -> str:
    return prediction["error"]["code"] if prediction["error"] else "answered"


def noise(measured: Measured) -> int:
    return len(measured.stderr.encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    sys.exit(main())
