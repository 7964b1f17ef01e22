"""Where the models of this machine are: a named file, the last one trained, the shipped one."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from happysad.bundle.archive import SUFFIX
from happysad.durable import replacing
from happysad.errors import BundleError

RUN_BUNDLE = f"model{SUFFIX}"
"""Name of the bundle inside a run's folder."""

_SHIPPED = Path(__file__).resolve().parents[1] / "weights" / f"default{SUFFIX}"
_NOTE = "last-trained.json"
_MOST = 100


def home() -> Path:
    """Return the folder where happysad keeps what outlives a call; it may not exist yet.

    ``HAPPYSAD_HOME`` where it is set, else the platform's place for a program's data.
    """
    chosen = os.environ.get("HAPPYSAD_HOME")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "happysad"


def remember(bundle_path: Path | str) -> bool:
    """Note a bundle as the last one trained, before those that were noted earlier.

    Returns:
        Whether it could be noted; a home that cannot be written must not cost a finished model.
    """
    model = os.fspath(Path(bundle_path).resolve())
    return _write_note([model, *(path for path in _noted() if path != model)])


def forget(bundle_path: Path | str) -> bool:
    """Take a bundle off the trained ones; the file stays where it is.

    Returns:
        Whether what is left could be noted.
    """
    model = os.fspath(Path(bundle_path).resolve())
    known = _noted()
    return model not in known or _write_note([path for path in known if path != model])


def last_trained() -> Path | None:
    """Return the last trained bundle where it is noted and still there."""
    path = next((Path(noted) for noted in _noted()), None)
    return path if path is not None and path.is_file() else None


def trained() -> tuple[Path, ...]:
    """Return the trained bundles that are noted and still there, the last one first."""
    return tuple(path for path in map(Path, _noted()) if path.is_file())


def _write_note(models: list[str]) -> bool:
    """Write down the trained bundles, the last one first; return whether that was possible."""
    note = home() / _NOTE
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        if not models:
            note.unlink(missing_ok=True)
            return True
        text = json.dumps({"model": models[0], "earlier": models[1:_MOST]})
        with replacing(note) as file:
            file.write(text.encode("ascii"))
    except OSError:
        return False
    return True


def _noted() -> list[str]:
    """Return what the note says; nothing where there is none, or it is not ours."""
    try:
        value = json.loads((home() / _NOTE).read_text(encoding="ascii"))
        noted = [value["model"], *value.get("earlier", ())]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []
    return noted if all(isinstance(path, str) for path in noted) else []


def shipped() -> Path | None:
    """Return the bundle that came with happysad, or None where none did."""
    return _SHIPPED if _SHIPPED.is_file() else None


def find(model: str | Path | None = None) -> Path:
    """Return the file of a model.

    Args:
        model: a bundle, the folder of a run, ``default`` for the shipped model; None for the
            file that ``HAPPYSAD_MODEL`` names, else the last trained, else the shipped model.

    Returns:
        A path to read; whether it is a sound bundle is for ``archive.read`` to say.

    Raises:
        BundleError: there is no such model.
    """
    model = model or os.environ.get("HAPPYSAD_MODEL") or None
    if model is not None and os.fspath(model) != "default":
        return _named(Path(model))
    path = shipped() if model else last_trained() or shipped()
    if path is None:
        msg = (
            "There is no model yet. Train one with: happysad train FOLDER; or name one with: "
            "--model FILE"
        )
        raise BundleError(msg)
    return path


def _named(path: Path) -> Path:
    if path.is_dir() and (path / RUN_BUNDLE).is_file():
        return path / RUN_BUNDLE
    if not os.path.lexists(path):
        msg = (
            f"There is no model {os.fspath(path)!r}. Give a {SUFFIX} file, the folder of a run, "
            "or nothing for the last trained model."
        )
        raise BundleError(msg)
    return path
