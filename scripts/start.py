"""Run a happysad command from a fresh clone: ``python3 scripts/start.py demo``.

Sets up a private environment first, once: the core, the pages and the plots, without Keras.
Everything after the script's name goes to happysad.
"""

import subprocess
import sys
from pathlib import Path

from environment import activation, python_with


def main() -> int:
    python = python_with("requirements-start.txt", "fastapi", "matplotlib", folder="start")
    arguments = sys.argv[1:] or ["--help"]
    code = subprocess.run([python, "-m", "happysad", *arguments], check=False).returncode
    if arguments[0] == "demo" and not code and python != Path(sys.executable):
        print(f"\nBefore that, once in each shell:\n  {activation(python)}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
