"""``happysad check`` against cleanvision on the same folder, whole processes, in turn.

    python benchmarks/check_speed.py [--rounds 3] [--out benchmarks/results]

Expected on two cores and the 301 web pictures: at least six times cleanvision's pictures per
second, at most 400 MB of memory, all processes summed; three minutes. cleanvision gets a virtual
environment of its own. It looks for nine issues; happysad for those and eight more.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

from measuring import HAPPYSAD, Mark, Result, environment, finish, in_turn, parser, run

PEER = "cleanvision==0.3.7"
PROGRAM = """
import sys
from cleanvision import Imagelab
if __name__ == "__main__":
    lab = Imagelab(data_path=sys.argv[1])
    lab.find_issues()
    print(len(lab.issues))
"""


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--folder", type=Path, help="labelled folder; default: DATA/seed")
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    folder = options.folder or options.data / "seed"
    python = environment(options.work, "cleanvision", PEER)
    # Its worker processes import the main module again, so it must be a file.
    script = options.work / "cleanvision_run.py"
    script.write_text(PROGRAM)
    memory: dict[str, list[float]] = {"ours": [], "theirs": []}
    seen: list[int] = []

    def ours(_index: int) -> float:
        measured = run([*HAPPYSAD, "check", folder, "--json"])
        seen.append(json.loads(measured.stdout)["counts"]["seen"])
        memory["ours"].append(measured.peak_mib * 1.048576)
        return seen[-1] / measured.seconds

    def theirs(_index: int) -> float:
        measured = run([python, script, folder])
        memory["theirs"].append(measured.peak_mib * 1.048576)
        return int(measured.stdout.split()[-1]) / measured.seconds

    mine, other = in_turn(options.rounds, ours, theirs)
    ratio = statistics.median(mine) / statistics.median(other)
    result = Result(
        "check_speed",
        f"python benchmarks/check_speed.py --rounds {options.rounds}",
        marks=[
            Mark("pictures per second, happysad over cleanvision (medians)", ratio, at_least=6),
            Mark("peak memory, all processes, MB", max(memory["ours"]), at_most=400),
        ],
        figures={
            "pictures": seen[0],
            "happysad, pictures per second": mine,
            "cleanvision, pictures per second": other,
            "cleanvision, peak memory, MB": max(memory["theirs"]),
        },
    )
    return finish(result, options.out)


if __name__ == "__main__":
    sys.exit(main())
