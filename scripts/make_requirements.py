"""Write the requirements files and environment.yml from uv.lock.

``python scripts/make_requirements.py`` writes them; with ``--check`` nothing is written, and the
exit code is 1 when the lock does not fit pyproject.toml or a file does not fit the lock.
"""

import subprocess
import sys

from environment import ROOT

EXPORTS = {
    "requirements.txt": ("--extra=train", "--no-dev"),
    "requirements-start.txt": ("--extra=web", "--extra=plots", "--no-dev"),
    "requirements-service.txt": ("--extra=web", "--no-dev"),
    "requirements-dev.txt": ("--all-extras",),
    "requirements-build.txt": ("--only-group=build",),
}
HEADER = """\
# Made from uv.lock by scripts/make_requirements.py; do not edit.
# Use: pip install --require-hashes -r {name} && {then}
"""
THEN = dict.fromkeys(EXPORTS, "pip install --no-deps -e .") | {
    "requirements-build.txt": "python -m hatchling build -t wheel",
}
ENVIRONMENT = """\
# Made by scripts/make_requirements.py; do not edit. Versions and hashes: requirements.txt.
# Use: conda env create -f environment.yml && conda activate happysad && pip install --no-deps -e .
name: happysad
channels: [conda-forge]
dependencies:
  - python=3.12
  - pip
  - pip:
      - -r requirements.txt
"""


def uv(*arguments: str) -> str:
    command = [sys.executable, "-m", "uv", "--quiet", *arguments]
    return subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8"
    ).stdout


def exported(name: str) -> str:
    options = ("--frozen", "--no-emit-project", "--no-annotate", "--no-header")
    return HEADER.format(name=name, then=THEN[name]) + uv("export", *options, *EXPORTS[name])


def main() -> int:
    checking = "--check" in sys.argv[1:]
    try:
        uv("lock", "--check" if checking else "--quiet")
    except subprocess.CalledProcessError:
        print("uv.lock does not fit pyproject.toml: run `uv lock`")
        return 1
    files = {name: exported(name) for name in EXPORTS} | {"environment.yml": ENVIRONMENT}
    stale = [name for name, text in files.items() if not _holds(name, text)]
    for name in stale:
        if checking:
            print(f"{name} does not fit uv.lock: run python scripts/make_requirements.py")
        else:
            (ROOT / name).write_text(files[name], encoding="utf-8")
    return 1 if checking and stale else 0


def _holds(name: str, text: str) -> bool:
    file = ROOT / name
    return file.exists() and file.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
