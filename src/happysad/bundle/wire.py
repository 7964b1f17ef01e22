"""Walk protocol buffer messages without their library and without building anything.

The encoding is described at https://protobuf.dev/programming-guides/encoding/. Only what ONNX
uses is accepted: varints, fixed 32 and 64 bit numbers, and length-delimited fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = int | memoryview

_FIXED = {1: 8, 5: 4}


def walk(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Yield field number and value of each field of a message, in file order.

    A varint comes as an unsigned int; everything else as a view of its bytes.

    Raises:
        BundleError: the bytes are no well-formed message.
    """
    offset = 0
    while offset < len(message):
        key, offset = varint(message, offset)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, offset = varint(message, offset)
            yield number, value
            continue
        if wire == 2:
            size, offset = varint(message, offset)
        elif wire in _FIXED:
            size = _FIXED[wire]
        else:
            msg = f"the graph holds a field of the unknown wire type {wire}"
            raise BundleError(msg)
        if number == 0 or offset + size > len(message):
            msg = "the graph breaks off in the middle"
            raise BundleError(msg)
        yield number, message[offset : offset + size]
        offset += size


def varint(data: memoryview, offset: int) -> tuple[int, int]:
    """Return the unsigned number at ``offset``, and the offset behind it.

    Raises:
        BundleError: it breaks off or is longer than 64 bits.
    """
    value = shift = 0
    while shift < 64:
        if offset >= len(data):
            msg = "the graph breaks off in the middle"
            raise BundleError(msg)
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, offset
        shift += 7
    msg = "the graph holds a number of more than 64 bits"
    raise BundleError(msg)


def signed(value: int) -> int:
    """Return a 64-bit varint read as two's complement, as int32 and int64 fields are."""
    return value - (1 << 64) if value >> 63 else value


def integers(value: Value) -> list[int]:
    """Return the signed numbers of a repeated integer field's occurrence, packed or not.

    Raises:
        BundleError: the packed numbers break off.
    """
    if isinstance(value, int):
        return [signed(value)]
    numbers = []
    offset = 0
    while offset < len(value):
        number, offset = varint(value, offset)
        numbers.append(signed(number))
    return numbers
