"""Run every test with branch coverage: ``python3 scripts/test.py``.

Sets up a private environment first, once. Further arguments go to pytest. Without arguments the
run fails when less than 85% of the branches of src are covered.
"""

import os
import subprocess
import sys

from environment import ROOT, python_with

WHOLE_SUITE = ["--numprocesses=2", "--cov", "--cov-report=term", "--cov-fail-under=85"]


def main() -> int:
    python = python_with("requirements-dev.txt", "keras", "pytest_cov", "xdist")
    command = [python, "-m", "pytest", *(sys.argv[1:] or WHOLE_SUITE)]
    # Two processes share the processors; without this each would start a thread for every one.
    settings = {"OMP_NUM_THREADS": "2", "TF_NUM_INTRAOP_THREADS": "2", **os.environ}
    return subprocess.run(command, cwd=ROOT, env=settings, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
