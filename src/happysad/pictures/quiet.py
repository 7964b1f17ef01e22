"""Keep Pillow and the C libraries beneath it from talking about damaged pictures.

A damaged picture becomes one typed error. Python warnings, log lines of last resort and what
libtiff prints on the process's standard error would only repeat it, in the middle of somebody's
output.
"""

from __future__ import annotations

import ctypes
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import PIL

_lock = threading.Lock()
_inside = 0
_saved: warnings.catch_warnings | None = None


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Pillow's warnings inside the block.

    ``warnings.catch_warnings`` belongs to the whole process, so threads that decode at the same
    time share one: the first to enter sets it up, the last to leave takes it down.
    """
    global _inside, _saved  # noqa: PLW0603 - the state that is shared is global by nature
    _silence_libtiff()
    with _lock:
        if _inside == 0:
            _saved = warnings.catch_warnings()
            _saved.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL(\..*)?$")
            _silence_last_resort()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _saved is not None:
                _saved.__exit__(None, None, None)
                _saved = None


@cache
def _silence_last_resort() -> None:
    """Give Pillow's logger a handler, so that Python does not print its errors for want of one.

    An application that handles log records still gets them.
    """
    logging.getLogger("PIL").addHandler(logging.NullHandler())


@cache
def _silence_libtiff() -> None:
    """Tell the libtiff inside Pillow to drop its messages instead of printing them.

    libtiff keeps the function that prints in a variable of the library; setting it to nothing is
    the documented way to be silent. Where the library cannot be found (it may be linked into
    Pillow itself), it goes on printing, which harms no result.
    """
    for path in _libtiff_files():
        try:
            library = ctypes.CDLL(str(path))
            for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
                function = getattr(library, name)
                function.argtypes = [ctypes.c_void_p]
                function.restype = ctypes.c_void_p
                function(None)
        except (OSError, AttributeError):
            continue


def _libtiff_files() -> list[Path]:
    """Return the libtiff that comes with Pillow's wheel."""
    package = Path(PIL.__file__).parent
    folders = (package.parent / "pillow.libs", package / ".dylibs")
    return [path for folder in folders for path in folder.glob("libtiff*")]
