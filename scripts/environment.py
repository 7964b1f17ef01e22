"""A private Python environment for this checkout, made with nothing but Python and pip.

The other scripts call ``python_with``. An environment that is already active and holds what they
need is used as it is; otherwise one is made below ``.cache/`` from the hashed requirements.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".cache" / "venv"
SUPPORTED = ("3.13", "3.12", "3.11")


def python_with(requirements: str, *modules: str) -> Path:
    """Return a Python that has happysad and these requirements.

    Args:
        requirements: name of a hashed requirements file in the checkout.
        modules: what an active environment must hold, happysad apart, to be used as it is.
    """
    if sys.prefix != sys.base_prefix and all(map(find_spec, ("happysad", *modules))):
        return Path(sys.executable)
    _leave_unsupported_python()
    python = FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = FOLDER / f"{requirements}.sha256"
    wanted = _digest(requirements)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    if not python.exists():
        print(f"Making a private environment in {FOLDER} (once, a few minutes)", flush=True)
        _make()
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / requirements], check=True)
    subprocess.run([*pip, "--no-deps", "--editable", ROOT], check=True)
    stamp.write_text(wanted)
    return python


def _make() -> None:
    try:
        venv.create(FOLDER, with_pip=True, clear=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(FOLDER, ignore_errors=True)
        sys.exit("This Python cannot make environments. On Debian: apt install python3-venv")


def _digest(requirements: str) -> str:
    files = (ROOT / requirements, ROOT / "pyproject.toml")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


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
