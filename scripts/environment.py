"""Private Python environments for this checkout, made with nothing but Python and pip.

The other scripts call ``python_with``. An environment that is already active and holds what they
need is used as it is; otherwise one is made below ``.cache/`` from the hashed requirements: one to
work with happysad, and one to work on it.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache"
SUPPORTED = ("3.13", "3.12", "3.11")


def python_with(requirements: str, *modules: str, folder: str = "venv") -> Path:
    """Return a Python that has happysad and these requirements.

    Args:
        requirements: name of a hashed requirements file in the checkout.
        modules: what an active environment must hold, happysad apart, to be used as it is.
        folder: name of the environment below ``.cache/``.
    """
    if sys.prefix != sys.base_prefix and all(map(find_spec, ("happysad", *modules))):
        return Path(sys.executable)
    _leave_unsupported_python()
    place = CACHE / folder
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = place / f"{requirements}.sha256"
    wanted = _digest(requirements)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"Making a private environment in {place} (once, a minute or a few)", flush=True)
    _make(place, fresh=not python.exists())
    _install(python, "--require-hashes", "-r", ROOT / requirements)
    _install(python, "--no-deps", "--editable", ROOT)
    stamp.write_text(wanted)
    return python


def activation(python: Path) -> str:
    """Return the line that makes the commands of this Python's environment those of the shell."""
    script = python.parent / "activate"
    if Path.cwd() in script.parents:
        script = script.relative_to(Path.cwd())
    return str(script) if os.name == "nt" else f". {shlex.quote(str(script))}"


def _make(place: Path, *, fresh: bool) -> None:
    """Make an environment, or make one that is there fit for a clone that was moved."""
    try:
        venv.create(place, with_pip=True, clear=fresh)
    except subprocess.CalledProcessError:
        shutil.rmtree(place, ignore_errors=True)
        sys.exit("This Python cannot make environments. On Debian: apt install python3-venv")


def _install(python: Path, *what: "str | Path") -> None:
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    if subprocess.run([*pip, *what], check=False).returncode:
        sys.exit("The installation was not finished; pip says why above. Then run this again.")


def _digest(requirements: str) -> str:
    """Return hex of what decides an environment, the place of the clone too."""
    files = (ROOT / requirements, ROOT / "pyproject.toml")
    parts = [os.fsencode(ROOT), *(file.read_bytes() for file in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _leave_unsupported_python() -> None:
    """Go on with a Python that happysad supports; this one may be older or newer."""
    version = ".".join(str(part) for part in sys.version_info[:2])
    if version in SUPPORTED:
        return
    for other in SUPPORTED:
        python = shutil.which(f"python{other}")
        if python:
            sys.exit(subprocess.run([python, *sys.argv], check=False).returncode)
    sys.exit(f"happysad needs Python {SUPPORTED[-1]} to {SUPPORTED[0]}. This is {version}.")
