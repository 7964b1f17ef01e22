"""Files that are old or new and never half of either, and folders with one at work in them."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".unfinished"
"""How the names of files end that a killed process was writing; nothing reads them."""

LOCK = ".lock"
"""The file in a folder that is held by whoever is at work there; it stays when they are gone."""

_READING_UMASK = threading.Lock()


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the name ``path`` once it is written whole.

    It is written beside its place, flushed to the disk and renamed; on any failure the file that
    was there is as it was, and nothing is left beside it.

    Args:
        path: the file to write or replace; its folder exists.

    Raises:
        OSError: it cannot be written; callers translate it into an error of their own.
    """
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name[:64]}.", suffix=UNFINISHED
    )
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes private files
        temporary.replace(path)
    except BaseException:  # also Ctrl-C: no half file stays behind
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames within a folder survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold a file, so that no other process does; it is made where there is none.

    The lock falls when the process ends, however it ends.

    Yields:
        Whether it is held; False where another process, or another block of this one, holds it.

    Raises:
        OSError: the file cannot be made.
    """
    with path.open("a+b") as file:
        yield _locked(file.fileno())


def _umask() -> int:
    with _READING_UMASK:
        mask = os.umask(0o077)  # there is no way to read it without setting it
        os.umask(mask)
    return mask


def _locked(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return _locked_on_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _locked_on_windows(handle: int) -> bool:
    import msvcrt

    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        return False
    return True
