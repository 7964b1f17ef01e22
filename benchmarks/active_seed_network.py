"""The write-up's comparison: its network, asking for labels, picking at random, given them all.

    python benchmarks/active_seed_network.py [--seeds 5] [--out benchmarks/results]

The network of the preset ``seed`` is trained anew, for 20 epochs, after 30, 60 and 90 labels that
it asked for where its two probabilities were closest, and after as many drawn at random; then with
all labels of the pool. Each repeat is judged on another fifth of the folder ``seed``, which holds
no copy of a picture in the pool. About 10 minutes on two quiet cores; an interrupted run goes on
where it was.
"""

from __future__ import annotations

import json
import sys

from active_web import figures_of
from measuring import HAPPYSAD, Mark, Result, finish, parser, run


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--seeds", type=int, default=5)
    options = arguments.parse_args()
    place = options.work / "active-seed-network"
    run(
        [
            *(*HAPPYSAD, "active", options.data / "seed", "--preset", "seed"),
            *("--strategies", "margin", "--budget", "90", "--rounds", "3", "--epochs", "20"),
            *("--seeds", str(options.seeds), "--out", place, "--plain"),
        ]
    )
    told = json.loads((place / "active.json").read_text(encoding="utf-8"))
    result = Result(
        "active_seed_network",
        f"python benchmarks/active_seed_network.py --seeds {options.seeds}",
        marks=[Mark("repeats, each judged on other pictures", told["repeats"], at_least=3)],
        figures={
            "conclusion": told["conclusion"],
            **figures_of(told),
        },
    )
    return finish(result, options.out)


if __name__ == "__main__":
    sys.exit(main())
