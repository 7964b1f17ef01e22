"""Run what keeps the code and the papers honest: ``python3 scripts/check.py``.

Style, types, the lock with the files that are made from it, and the documents. Every check runs,
also after one has failed; the exit code is 1 when any did.
"""

import subprocess
import sys

from environment import ROOT, python_with

CHECKS = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
    ("make_requirements.py", "--check"),
    ("make_docs.py", "--check"),
)


def main() -> int:
    python = python_with("requirements-dev.txt", "mypy", "ruff", "uv")
    failed = []
    for check in CHECKS:
        print(f"== {' '.join(check)}", flush=True)
        script = check[0].endswith(".py")
        start = [ROOT / "scripts" / check[0]] if script else ["-m", check[0]]
        if subprocess.run([python, *start, *check[1:]], cwd=ROOT, check=False).returncode:
            failed.append(" ".join(check))
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
