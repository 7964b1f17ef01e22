"""Disk space of a fresh installation from the built wheel: the core, and with the extra 'train'.

    python benchmarks/install_size.py [--out benchmarks/results]

Expected: at most 215 MB, the shipped model included, and 2.0 GB for everything that the
installation puts into site-packages and bin, byte code included; five minutes with downloads. pip
itself, which a virtual environment brings along, is counted apart.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from measuring import REPOSITORY, Mark, Result, finish, parser


def build(work: Path) -> Path:
    """Build the wheel and return it."""
    folder = work / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    builder = work / "venv-build"
    make_environment(builder)
    pip(builder, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(REPOSITORY))
    return next(folder.glob("*.whl"))


def installed(work: Path, name: str, wheel: Path, extra: str) -> tuple[float, float]:
    """Install into a fresh environment; return the MB that came, and the MB that were there."""
    folder = work / f"venv-size-{name}"
    make_environment(folder)
    before = size(folder)
    pip(folder, "install", "--quiet", "--no-cache-dir", f"{wheel}{extra}")
    megabytes = (size(folder) - before) / 1e6
    shutil.rmtree(folder)
    return megabytes, before / 1e6


def make_environment(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)


def pip(folder: Path, *arguments: str) -> None:
    subprocess.run([folder / "bin" / "python", "-m", "pip", *arguments], check=True)


def size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> int:
    options = parser(__doc__).parse_args()
    wheel = build(options.work)
    core, empty = installed(options.work, "core", wheel, "")
    full, _ = installed(options.work, "train", wheel, "[train]")
    result = Result(
        "install_size",
        "python benchmarks/install_size.py",
        marks=[
            Mark("core (predict and check), MB", core, at_most=215),
            Mark("with the extra 'train', MB", full, at_most=2000),
        ],
        figures={
            "wheel, MB": wheel.stat().st_size / 1e6,
            "empty environment with pip, not counted above, MB": empty,
        },
    )
    return finish(result, options.out)


if __name__ == "__main__":
    sys.exit(main())
