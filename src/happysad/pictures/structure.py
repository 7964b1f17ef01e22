"""Whether the bytes of a picture are all there, read from the format's own bookkeeping.

Decoders differ in how much of a broken-off file they forgive: some return what there is, some
fill the rest with grey. These functions look at lengths and end marks alone, before any decoder.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"gAMA", b"sRGB", b"IEND"})
_PNG_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT"})
# Size in bytes of TIFF's value types 1 to 18; BigTIFF's are the last three.
_TIFF_SIZES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8)
# Tags with the places and the lengths of the pieces of pixels: strips, tiles.
_TIFF_PIECES = ((273, 279), (324, 325))


def is_complete(data: bytes, format_: str) -> bool:
    """Return False where the bytes surely break off before the picture's end.

    Args:
        data: the whole file.
        format_: what ``formats.sniff`` says of it.
    """
    check = _CHECKS.get(format_)
    return check is None or check(data)


def is_intact(data: bytes, format_: str) -> bool:
    """Return False where the file's own check sums say that its pixels are damaged.

    Args:
        data: a file for which ``is_complete`` holds.
        format_: what ``formats.sniff`` says of it; of the formats, only PNG has check sums.
    """
    if format_ != "png":
        return True
    return all(
        zlib.crc32(memoryview(data)[start + 4 : end - 4]).to_bytes(4, "big") == data[end - 4 : end]
        for name, start, end in _png_chunks(data)
        if name in _PNG_PIXELS
    )


def without_extras(data: bytes) -> bytes:
    """Return a PNG without text, colour profiles and animation.

    Those chunks are compressed and unpacked on opening, up to 64 MiB of them, and none of them
    changes the first frame's pixels. A PNG that has none is returned as it is.

    Args:
        data: a PNG file for which ``is_complete`` holds.
    """
    chunks = list(_png_chunks(data))
    if all(name in _PNG_KEPT for name, _, _ in chunks):
        return data
    kept = [data[start:end] for name, start, end in chunks if name in _PNG_KEPT]
    return b"".join([data[:8], *kept])


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Return the canvas of a WebP as (width, height); None where the header is not understood."""
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 " and len(data) >= 30:
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    else:
        return None
    return width, height


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each whole chunk up to the end mark."""
    at = 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        name = data[at + 4 : at + 8]
        if end > len(data):
            return
        yield name, at, end
        if name == b"IEND":
            return
        at = end


def _png(data: bytes) -> bool:
    name = b""
    for name, _, _ in _png_chunks(data):  # noqa: B007 - the last one counts
        pass
    return name == b"IEND"


def _jpeg(data: bytes) -> bool:
    """Look for the end mark behind the last start of a scan."""
    return data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")


def _webp(data: bytes) -> bool:
    return int.from_bytes(data[4:8], "little") + 8 <= len(data)


def _gif(data: bytes) -> bool:
    """Walk the blocks. A missing end mark alone is common and harmless."""
    at = 13 + _colours(data[10]) if len(data) > 13 else len(data) + 1
    while at < len(data):
        mark = data[at]
        if mark == 0x3B:
            return True
        if mark == 0x21:
            at = _after_blocks(data, at + 2)
        elif mark == 0x2C and at + 10 <= len(data):
            at = _after_blocks(data, at + 11 + _colours(data[at + 9]))
        else:
            # Between blocks anything may stand; the decoder skips it byte by byte.
            at += 1
    return at == len(data)


def _colours(flags: int) -> int:
    """Return the bytes of the colour table that some flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    """Return the place behind a chain of length-prefixed blocks; beyond the end if it breaks."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


def _avif(data: bytes) -> bool:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 0:
            return True
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:
            return True
        at += size
    return at == len(data)


def _tiff(data: bytes) -> bool:
    """Follow the first directory to its values and to the pieces of pixels."""
    try:
        tags = _tiff_tags(data)
    except (struct.error, IndexError):
        return False
    for places, lengths in _TIFF_PIECES:
        ends = map(int.__add__, tags.get(places, ()), tags.get(lengths, ()))
        if any(end > len(data) for end in ends):
            return False
    return True


def _tiff_tags(data: bytes) -> dict[int, tuple[int, ...]]:
    """Return the whole-number tags of the first directory.

    Raises:
        struct.error, IndexError: something lies beyond the end of the file.
    """
    order = "<" if data[:2] == b"II" else ">"
    big = 43 in data[2:4]
    word, count_word, start = ("Q", "Q", 8) if big else ("I", "H", 4)
    (at,) = struct.unpack_from(order + word, data, start)
    (count,) = struct.unpack_from(order + count_word, data, at)
    at += struct.calcsize(order + count_word)
    entry = struct.Struct(f"{order}HH{word}")
    room = struct.calcsize(order + word)
    tags = {}
    for number in range(min(count, 65_536)):
        place = at + number * (entry.size + room)
        tag, kind, length = entry.unpack_from(data, place)
        size = _TIFF_SIZES[kind] * length if kind < len(_TIFF_SIZES) else 0
        place += entry.size
        if size > room:
            (place,) = struct.unpack_from(order + word, data, place)
        if place + max(size, 1) > len(data):
            raise IndexError(place)
        if kind in {3, 4, 16}:
            code = {3: "H", 4: "I", 16: "Q"}[kind]
            tags[tag] = struct.unpack_from(f"{order}{length}{code}", data, place)
    return tags


_CHECKS = {"tiff": _tiff, "png": _png, "jpeg": _jpeg, "webp": _webp, "gif": _gif, "avif": _avif}
