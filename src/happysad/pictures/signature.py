"""A perceptual hash: 256 bits that hardly change when a picture is re-encoded or resized.

224 bits say which of the lowest waves of the luma are there with a positive sign (a DCT hash, after
Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, with a dead
zone instead of the median: in drawings many waves are nearly nothing and would fall on either side
by chance). 32 bits say in which of 4 × 4 fields the colour leans to blue and to red, so that a blue
and a yellow copy of one drawing differ.

Measured on 1,366 web pictures of all kinds, bits changed in 99% of them, in the worst, and
pictures lost at ``NEAR_DISTANCE``: JPEG quality 60: 9, 17, none; half the size as WebP of quality
60: 27, 40, 15; 100 × 100 pixels at quality 60: 23, 37, 6; 15% brighter: 20, 36, 4; the lost ones
hold hardly more than a shape on a plain ground. On the other side, of the 57 million pairs among
10,645 pictures that hold one of each group of near duplicates, 19 lie within ``NEAR_DISTANCE``, and
all of them show the same picture with another watermark, frame or ground; the first pair of
different pictures is 29 bits apart, the first two shots of one person 34.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR_DISTANCE: Final = 26
"""Signatures that differ in at most this many of 256 bits belong to nearly the same picture."""

FLAT_DISTANCE: Final = 257
"""Distance to and from a picture without structure, which resembles nothing, not even itself."""

_SIDE: Final = 64
_LUMA_BITS: Final = 224
_FIELDS: Final = 4
# A wave of an eighth of a grey level; what JPEG of quality 60 adds to an absent wave is less.
_DEAD_ZONE: Final = 4.0
# Mean chroma of a field, of ±128, above which it leans to a colour; noise stays far below.
_LEANING: Final = 10.0
# Root mean square of the waves of an even grey with JPEG noise; real structure is far above.
_FLAT_STRENGTH: Final = 8.0


def signature(pixels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the perceptual hash of a picture.

    Args:
        pixels: uint8 array of shape (height, width, 3), RGB, 0 to 255. A reduced decode will do,
            as long as it has at least 64 pixels a side.

    Returns:
        uint64 array of shape (4,); all zero for a picture without structure.
    """
    image = Image.fromarray(pixels)
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    planes = np.asarray(small.convert("YCbCr"), np.float32)
    basis, order = _basis()
    waves = (basis @ planes[..., 0] @ basis.T).ravel()[order]
    if np.sqrt(np.mean(waves**2)) < _FLAT_STRENGTH:
        return np.zeros(4, np.uint64)
    side = _SIDE // _FIELDS
    fields = planes[..., 1:].reshape(_FIELDS, side, _FIELDS, side, 2).mean(axis=(1, 3)) - 128
    bits = np.concatenate([waves > _DEAD_ZONE, (fields > _LEANING).ravel()])
    return np.packbits(bits).view(">u8").astype(np.uint64)


def is_flat(signatures: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell which signatures of shape (…, 4) stand for pictures without structure."""
    return np.logical_not(signatures.any(axis=-1))


def to_hex(value: NDArray[np.uint64]) -> str:
    """Return a signature of shape (4,) as 64 hex digits."""
    return "".join(f"{int(word):016x}" for word in value)


def from_hex(text: str) -> NDArray[np.uint64]:
    """Return the signature of shape (4,) that ``to_hex`` wrote.

    Raises:
        ValueError: not 64 hex digits.
    """
    if len(text) != 64:
        msg = f"A signature has 64 hex digits. Got {len(text)} instead."
        raise ValueError(msg)
    return np.frombuffer(bytes.fromhex(text), ">u8").astype(np.uint64)


def distances(one: NDArray[np.uint64], many: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Count the bits in which signatures differ.

    Args:
        one: uint64 of shape (4,).
        many: uint64 of shape (N, 4).

    Returns:
        int64 of shape (N,), 0 to 256; ``FLAT_DISTANCE`` where either has no structure.
    """
    counts = np.bitwise_count(many ^ one).sum(axis=1, dtype=np.int64)
    return np.where(is_flat(many) | is_flat(one), FLAT_DISTANCE, counts)


def near_pairs(
    signatures: NDArray[np.uint64], *, distance: int = NEAR_DISTANCE, since: int = 0
) -> NDArray[np.int64]:
    """Find every pair of signatures that differ in few bits, by comparing all of them.

    Args:
        signatures: uint64 of shape (N, 4).
        distance: largest number of differing bits, 0 to 256.
        since: leave out pairs among the first so many, which were compared before.

    Returns:
        int64 of shape (M, 2): indices i < j, sorted. Pictures without structure are in no pair.
    """
    places = np.flatnonzero(~is_flat(signatures))
    # One row a word: the inner loops run over consecutive memory.
    words = np.ascontiguousarray(signatures[places].T)
    count, block = len(places), 256
    found = [np.empty((0, 2), np.int64)]
    for start in range(int(np.searchsorted(places, since)), count, block):
        end = min(start + block, count)
        total = np.zeros((end - start, end), np.uint16)
        for row in words:
            total += np.bitwise_count(row[start:end, None] ^ row[None, :end])
        second, first = np.nonzero(total <= distance)
        earlier = first < second + start
        found.append(places[np.stack([first, second + start], axis=1)[earlier]])
    pairs = np.concatenate(found)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


@cache
def _basis() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the lowest cosine waves of length 64 (DCT-II, orthonormal), one a row, and an order.

    The order lists places in the flattened plane of coefficients, lowest frequency first,
    without the mean.
    """
    count = 24
    place = (np.arange(_SIDE) + 0.5) * np.pi / _SIDE
    waves = np.cos(np.arange(count)[:, None] * place) * np.sqrt(2 / _SIDE)
    waves[0] /= np.sqrt(2)
    row, column = np.divmod(np.arange(count * count), count)
    order = np.lexsort((row, row + column))[1 : 1 + _LUMA_BITS]
    return waves.astype(np.float32), order
