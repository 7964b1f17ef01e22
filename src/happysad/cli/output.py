"""What the commands print, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Return a console that writes to today's stdout."""
    from rich.console import Console

    return Console(highlight=False, emoji=False)


def complain(message: str) -> None:
    """Print an error for people on stderr, as plain text whatever it holds."""
    sys.stderr.write(f"happysad: {printable(message, keep_lines=True)}\n")
    sys.stderr.flush()


def hint(message: str) -> None:
    """Print what to do next on stderr."""
    sys.stderr.write(f"{printable(message, keep_lines=True)}\n")


def printable(text: str, *, keep_lines: bool = False) -> str:
    r"""Return the text with everything that could steer a terminal written as an escape.

    A file name may hold newlines, escape sequences, right-to-left marks or bytes that are no
    UTF-8; shown raw, it could overwrite or reorder what stands around it.

    Args:
        text: any text.
        keep_lines: leave ``\n`` as it is.
    """
    return "".join(
        letter if letter.isprintable() or (keep_lines and letter == "\n") else _escaped(letter)
        for letter in text
    )


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")


def cell(value: object) -> str:
    """Return a value as text for a cell of a rich table: no markup, nothing that steers."""
    from rich.markup import escape

    return escape(printable(str(value)))


def write_json(value: object) -> None:
    r"""Print one JSON document on stdout.

    ASCII alone: a name that is no UTF-8 keeps its bytes as ``\udcXX`` escapes, which Python and
    most JSON readers give back. Numbers that are undefined (NaN) become ``null``.
    """
    sys.stdout.write(json.dumps(_plain(value), indent=2, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
