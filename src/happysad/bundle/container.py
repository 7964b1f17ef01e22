"""The file around a bundle: a ZIP of stored members in its one canonical form.

Any ZIP tool opens it. The reader here does not interpret ZIP; it takes the members out and asks
whether the writer would have made exactly these bytes of them. So there is one byte string for
one content: no compression, no second directory, no flag, date or comment to play with, nothing
before, between or behind. The comment at the end holds the SHA-256 of the first member, the table
of contents, which holds those of the others; so every byte is covered once.

The layout follows PKWARE's APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central
directory) and 4.3.16 (end record).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import TYPE_CHECKING

from happysad.bundle.fields import shorten
from happysad.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_FILE_BYTES = 1 << 30
MAX_MEMBERS = 64

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCAL_SIGN = b"PK\x03\x04"
_VERSION = 20  # ZIP 2.0: the least that knows folders in names
_DATE = (0, 33)  # 1980-01-01 00:00, the earliest that ZIP can say
_COMMENT = b"happysad sha256 "
_COMMENT_BYTES = len(_COMMENT) + 64


def pack(members: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield the file's bytes piece by piece; equal members give equal bytes.

    Args:
        members: ASCII name → bytes, in the order in which they are to stand in the file; the
            first one holds the digests of the others.

    Raises:
        BundleError: more or larger members than a bundle may hold.
    """
    headers, end = _frame(members)
    for header, data in zip(headers, members.values(), strict=True):
        yield header
        yield data
    yield end


def unpack(data: bytes) -> dict[str, memoryview]:
    """Return the members of a packed file as views of its bytes, in file order.

    Only the frame around the members and the first member are checked here; whoever reads the
    table of contents checks the others against it.

    Raises:
        BundleError: the frame is not exactly what ``pack`` makes of these members.
    """
    members = dict(_members(memoryview(data)))
    headers, end = _frame(members)
    offset = 0
    for header, content in zip(headers, members.values(), strict=True):
        if data[offset : offset + len(header)] != header:
            msg = "its bytes are damaged, or were not written by happysad"
            raise BundleError(msg)
        offset += len(header) + len(content)
    if data[offset : offset + len(end)] != end:
        msg = "its end is missing or damaged, or it was not written by happysad"
        raise BundleError(msg)
    if offset + len(end) != len(data):
        msg = f"{len(data) - offset - len(end)} bytes follow its end"
        raise BundleError(msg)
    return members


def _frame(members: Mapping[str, bytes | memoryview]) -> tuple[list[bytes], bytes]:
    """Return the header before each member, and what stands behind the last one."""
    _check_sizes(members)
    headers: list[bytes] = []
    central = b""
    offset = 0
    for name, data in members.items():
        head = (_VERSION, 0, 0, *_DATE, zlib.crc32(data), len(data), len(data), len(name), 0)
        headers.append(_LOCAL.pack(_LOCAL_SIGN, *head) + name.encode("ascii"))
        central += _CENTRAL.pack(b"PK\x01\x02", _VERSION, *head, 0, 0, 0, 0, offset)
        central += name.encode("ascii")
        offset += len(headers[-1]) + len(data)
    digest = hashlib.sha256(next(iter(members.values()), b"")).hexdigest().encode("ascii")
    counts = (0, 0, len(members), len(members), len(central), offset, _COMMENT_BYTES)
    return headers, central + _END.pack(b"PK\x05\x06", *counts) + _COMMENT + digest


def _members(data: memoryview) -> Iterator[tuple[str, memoryview]]:
    offset = 0
    names: set[str] = set()
    while data[offset : offset + 4] == _LOCAL_SIGN:
        if len(names) == MAX_MEMBERS:
            msg = f"it holds more than {MAX_MEMBERS} files"
            raise BundleError(msg)
        name, start, end = _local(data, offset)
        if name in names:
            msg = f"it holds {name!r} twice"
            raise BundleError(msg)
        names.add(name)
        yield name, data[start:end]
        offset = end


def _local(data: memoryview, offset: int) -> tuple[str, int, int]:
    """Return the name of a member, and where its bytes begin and end."""
    start = offset + _LOCAL.size
    if start > len(data):
        msg = "it breaks off in the middle"
        raise BundleError(msg)
    *_, size, name_size, _ = _LOCAL.unpack(data[offset:start])
    raw = bytes(data[start : start + min(name_size, 256)])
    start += name_size
    if not raw.isascii() or not raw.decode("ascii").isprintable():
        msg = f"{shorten(raw)} is not the name of a file of a bundle"
        raise BundleError(msg)
    if start + size > len(data):
        msg = "it breaks off in the middle"
        raise BundleError(msg)
    return raw.decode("ascii"), start, start + size


def _check_sizes(members: Mapping[str, bytes | memoryview]) -> None:
    total = sum(len(data) for data in members.values())
    if len(members) > MAX_MEMBERS or total > MAX_FILE_BYTES:
        msg = (
            f"a bundle holds at most {MAX_MEMBERS} files and {MAX_FILE_BYTES} bytes, "
            f"not {len(members)} files and {total} bytes"
        )
        raise BundleError(msg)
