"""Two thousand drawn files, half of them planted: is every fault found, and nothing else?

    python benchmarks/planted.py [--pictures 2000] [--out benchmarks/results]

Expected: no planted fault missed, no finding in the clean half; two minutes on two cores, most of
it for drawing.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import defaultdict

from measuring import HAPPYSAD, Mark, Result, finish, parser, run

from happysad.drawn import draw_collection


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--pictures", type=int, default=2000)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    folder = options.work / "planted"
    shutil.rmtree(folder, ignore_errors=True)
    planted = draw_collection(folder, pictures=options.pictures, seed=options.seed, share=0.5)
    measured = run([*HAPPYSAD, "check", folder, "--json"])
    told = json.loads(measured.stdout)
    found: dict[str, set[str]] = defaultdict(set)
    for finding in told["findings"]:
        found[finding["code"]].add(finding["file"])
    missed = {code: len(set(files) - found[code]) for code, files in planted.faults.items()}
    wrong = set(planted.clean) & set().union(*found.values())
    accounted = sum(told["counts"][fate] for fate in ("used", "set_aside", "ignored"))
    result = Result(
        "planted",
        f"python benchmarks/planted.py --pictures {options.pictures}",
        marks=[
            Mark("kinds of faults planted", len(planted.faults), at_least=12),
            Mark("planted faults missed", sum(missed.values()), at_most=0),
            Mark("clean files with a finding", len(wrong), at_most=0),
            Mark("files not accounted for", options.pictures - accounted, at_most=0),
        ],
        figures={
            "files": told["counts"]["seen"],
            "clean": len(planted.clean),
            "planted, by code": {code: len(files) for code, files in planted.faults.items()},
            "missed, by code": {code: count for code, count in missed.items() if count},
            "seconds": measured.seconds,
        },
    )
    return finish(result, options.out)


if __name__ == "__main__":
    sys.exit(main())
