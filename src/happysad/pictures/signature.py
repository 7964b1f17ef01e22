"""A perceptual hash: 256 bits that hardly change when a picture is re-encoded or resized."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR_DISTANCE: Final = 40
"""Signatures that differ in at most this many of 256 bits belong to nearly the same picture."""

FLAT_DISTANCE: Final = 257
"""Distance to and from a picture without structure, which resembles nothing, not even itself."""

_SIDE: Final = 64


def signature(pixels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the perceptual hash of a picture.

    Args:
        pixels: uint8 array of shape (height, width, 3), RGB, 0 to 255.

    Returns:
        uint64 array of shape (4,); all zero for a picture without structure.
    """
    image = Image.fromarray(pixels).convert("L")
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    basis = _basis()
    waves = (basis @ np.asarray(small, np.float32) @ basis.T).ravel()[1:257]
    if np.abs(waves).max() < 8.0:
        return np.zeros(4, np.uint64)
    return np.packbits(waves > np.median(waves)).view(">u8").astype(np.uint64)


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
    signatures: NDArray[np.uint64], *, distance: int = NEAR_DISTANCE
) -> NDArray[np.int64]:
    """Find every pair of signatures that differ in few bits, by comparing all of them.

    Args:
        signatures: uint64 of shape (N, 4).
        distance: largest number of differing bits, 0 to 256.

    Returns:
        int64 of shape (M, 2): indices i < j, sorted. Pictures without structure are in no pair.
    """
    places = np.flatnonzero(~is_flat(signatures))
    # One row a word: the inner loops run over consecutive memory.
    words = np.ascontiguousarray(signatures[places].T)
    count, block = len(places), 256
    found = [np.empty((0, 2), np.int64)]
    for start in range(0, count, block):
        end = min(start + block, count)
        total = np.zeros((end - start, count - start), np.uint16)
        for row in words:
            total += np.bitwise_count(row[start:end, None] ^ row[None, start:])
        first, second = np.nonzero(total <= distance)
        later = second > first
        found.append(places[np.stack([first[later], second[later]], axis=1) + start])
    return np.concatenate(found)


@cache
def _basis() -> NDArray[np.float32]:
    """Return the first 17 cosine waves of length 64 (DCT-II, orthonormal), one a row."""
    place = (np.arange(_SIDE) + 0.5) * np.pi / _SIDE
    waves = np.cos(np.arange(17)[:, None] * place) * np.sqrt(2 / _SIDE)
    waves[0] /= np.sqrt(2)
    basis: NDArray[np.float32] = waves.astype(np.float32)
    return basis
