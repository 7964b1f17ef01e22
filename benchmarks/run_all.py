"""Run every benchmark and write ``docs/results.md`` from what they measured.

    python benchmarks/run_all.py [--only NAME …] [--page docs/results.md]

About 30 minutes on two quiet cores. Exit code 1 where a mark was missed. Results that are not
run again keep their last figures, which lie in ``benchmarks/results``; ``--only`` without names
runs none and writes the page alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from measuring import REPOSITORY, Mark, Result, as_markdown, parser

HERE = Path(__file__).resolve().parent
NAMES = (
    "train_vs_tutorial",
    "predict_cold",
    "predict_shipped",
    "check_speed",
    "planted",
    "duplicates_15000",
    "hostile",
    "install_size",
    "labelling_page",
    "labelling_opens",
    "first_page",
    "service_load",
)
BY_HAND = ("label_noise", "active_web", "active_seed_network", "write_up_notebook")
"""Those that need a model of one's own, or longer than the rest together."""
INTRODUCTION = """# Results

Measured by the scripts in `benchmarks/`, each of which says in its first lines what it expects,
how long it takes and how to repeat it. Ratios compare commands that took turns in the same run;
single times and speeds depend on the machine. A missed mark stays in the table.
"""


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--only", nargs="*", choices=NAMES, default=NAMES)
    arguments.add_argument("--page", type=Path, default=REPOSITORY / "docs" / "results.md")
    options = arguments.parse_args()
    out = options.out or HERE / "results"
    codes = [
        subprocess.run(
            [
                sys.executable,
                HERE / f"{name}.py",
                "--data",
                options.data,
                "--work",
                options.work,
                "--out",
                out,
            ],
            check=False,
        ).returncode
        for name in options.only
    ]
    kept = [out / f"{name}.json" for name in (*NAMES, *BY_HAND)]
    results = [read(path) for path in kept if path.exists()]
    sections = "\n".join(map(as_markdown, results))
    options.page.write_text(f"{INTRODUCTION}\n{sections}", encoding="utf-8")
    return max(codes, default=0)


def read(path: Path) -> Result:
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept.pop("passed")
    return Result(**{**kept, "marks": [Mark(**mark) for mark in kept["marks"]]})


if __name__ == "__main__":
    sys.exit(main())
