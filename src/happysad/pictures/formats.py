"""Which format some bytes are, decided by their content alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from happysad.errors import PictureError

EXTENSIONS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "jpeg": frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
        "png": frozenset({".png"}),
        "webp": frozenset({".webp"}),
        "gif": frozenset({".gif"}),
        "bmp": frozenset({".bmp", ".dib"}),
        "tiff": frozenset({".tif", ".tiff"}),
        "avif": frozenset({".avif"}),
    }
)
"""Format → the extensions (lower case, with the dot) that name it."""

_TIFF_MARKS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_LFS_MARK = b"version https://git-lfs.github.com/spec/"
_PAGE_MARKS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<title", b"<meta")
# How far into a text file the first tag of a page may stand (comments, XML declaration).
_PAGE_WINDOW = 1024


def sniff(data: bytes) -> str:
    """Return the picture format of some bytes.

    Args:
        data: a whole file, or at least its first kilobyte.

    Returns:
        A key of ``EXTENSIONS``. The bytes may still be damaged further on.

    Raises:
        PictureError: ``zero_bytes``, ``html``, ``git_lfs_pointer`` or ``unsupported_format``.
    """
    if not data:
        raise PictureError("zero_bytes", "The file is empty; download or copy it again.")
    for name, recognise in _RECOGNISERS.items():
        if recognise(data):
            return name
    if data.startswith(_LFS_MARK):
        msg = "A Git LFS pointer, not the picture itself; run 'git lfs pull' to get the picture."
        raise PictureError("git_lfs_pointer", msg)
    if _is_page(data):
        msg = "A web page saved under a picture's name; download the picture itself."
        raise PictureError("html", msg)
    msg = (
        f"No picture format that happysad reads (the first bytes are {data[:8]!r}); "
        f"it reads {', '.join(EXTENSIONS)}."
    )
    raise PictureError("unsupported_format", msg)


def _is_bmp(data: bytes) -> bool:
    """Two letters alone would also claim every text that starts with 'BM'."""
    return data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES


def _is_avif(data: bytes) -> bool:
    if data[4:8] != b"ftyp":
        return False
    brands = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
    return any(brands[at : at + 4] in {b"avif", b"avis"} for at in range(0, len(brands), 4))


def _is_page(data: bytes) -> bool:
    start = data[:_PAGE_WINDOW].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not start.startswith(b"<"):
        return False
    return not start.startswith(b"<svg") and any(mark in start for mark in _PAGE_MARKS)


_RECOGNISERS = {
    "jpeg": lambda data: data[:3] == b"\xff\xd8\xff",
    "png": lambda data: data[:8] == b"\x89PNG\r\n\x1a\n",
    "webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
    "gif": lambda data: data[:6] in {b"GIF87a", b"GIF89a"},
    "bmp": _is_bmp,
    "tiff": lambda data: data[:4] in _TIFF_MARKS,
    "avif": _is_avif,
}
