"""Run a happysad command from a fresh clone: ``python3 scripts/start.py demo``.

Sets up a private environment first, once. Everything after the script's name goes to happysad.
"""

import subprocess
import sys

from environment import python_with


def main() -> int:
    python = python_with("requirements.txt", "keras")
    command = [python, "-m", "happysad", *(sys.argv[1:] or ["--help"])]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
