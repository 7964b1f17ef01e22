"""Names that people and browsers give, made safe for a folder of any system."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from happysad.collection.layout import PART_NAMES
from happysad.collection.names import is_hidden
from happysad.config import LabelOptions
from happysad.errors import UsageError

_MOST_BYTES: Final = 120
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\\/]')
# Control, format (bidirectional overrides among them), surrogate, private and line separating
# characters: two names that look alike would be different files.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    r"""Return a file name for a picture that somebody calls ``name``.

    Args:
        name: with or without the folders that it lay in; ``/`` and ``\\`` both part them.
    """
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    shown = "".join("_" if unicodedata.category(one) in _HIDDEN else one for one in last)
    plain = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", shown)).strip(". ")
    stem, dot, extension = plain.rpartition(".")
    if not dot or len(extension.encode()) > 16:
        stem, dot, extension = plain, "", ""
    stem = _shortened(stem, _MOST_BYTES - len((dot + extension).encode())).rstrip(". ")
    made = f"{stem or 'picture'}{dot}{extension}"
    return f"_{made}" if _DEVICES.match(made) or is_hidden(made) else made


def numbered(name: str, number: int) -> str:
    """Return the name that a picture gets when others of its name are there: ``a (2).jpg``."""
    if number == 1:
        return name
    stem, dot, extension = name.rpartition(".")
    return f"{stem} ({number}).{extension}" if dot else f"{name} ({number})"


def class_names(names: tuple[str, ...]) -> tuple[str, str]:
    """Return two class names, sorted and trimmed.

    Raises:
        UsageError: they cannot be folders, or would not be taken for two classes.
    """
    trimmed = tuple(sorted(unicodedata.normalize("NFC", name).strip() for name in names))
    wrong = next((name for name in trimmed if not _can_be_a_class(name)), None)
    if wrong is not None or len(trimmed) != 2:
        msg = (
            "A model tells two classes apart, and their names are names of folders: letters, "
            f"digits, spaces and dashes. Got {wrong if wrong is not None else list(names)!r}."
        )
        raise UsageError(msg)
    LabelOptions(classes=trimmed)  # refuses names that are taken, and twins
    return trimmed[0], trimmed[1]


def _can_be_a_class(name: str) -> bool:
    return bool(name) and name == safe_name(name) and name.casefold() not in PART_NAMES


def _shortened(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
