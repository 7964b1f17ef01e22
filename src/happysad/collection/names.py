"""What a file's name says: hidden, a picture's extension, or nothing."""

from __future__ import annotations

import os

from happysad.pictures.formats import EXTENSIONS

OWN_FOLDER = ".happysad"
"""Folder at the top of a collection in which happysad keeps its quarantine; never scanned."""

HIDDEN_NAMES = frozenset(
    {
        "$recycle.bin",
        "@eadir",
        "__macosx",
        "desktop.ini",
        "ehthumbs.db",
        "icon\r",
        "lost+found",
        "system volume information",
        "thumbs.db",
    }
)
"""What systems and file managers leave in folders, lower case."""

# fmt: off
FOREIGN_EXTENSIONS = frozenset({
    ".ai", ".apng", ".cr2", ".cr3", ".dds", ".dng", ".emf", ".eps", ".exr", ".hdr", ".heic",
    ".heif", ".icns", ".ico", ".jp2", ".jpf", ".jpx", ".jxl", ".nef", ".pbm", ".pcx", ".pgm",
    ".pnm", ".ppm", ".ps", ".psd", ".raw", ".svg", ".svgz", ".tga", ".wmf", ".xcf",
})
# fmt: on
"""Extensions of picture formats that happysad does not read: their files are meant as pictures."""

PICTURE_EXTENSIONS = FOREIGN_EXTENSIONS.union(*EXTENSIONS.values())
"""Extensions whose files are meant as pictures, with the dot, lower case."""


def is_hidden(name: str) -> bool:
    """Whether a file or folder is hidden or left behind by a system, by its own name."""
    return name.startswith(".") or name.casefold() in HIDDEN_NAMES


def claims_picture(name: str) -> bool:
    """Whether a file's extension is that of a picture format, read by happysad or not."""
    return os.path.splitext(name)[1].casefold() in PICTURE_EXTENSIONS  # noqa: PTH122  hot path
