"""A few dozen plain numbers that say roughly what a picture looks like; no network is involved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from happysad.config import Limits
from happysad.pictures.decode import decode
from happysad.sources.read import read_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE: Final = 32
_ANGLES: Final = 8


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a look over a collection keeps of one picture.

    Attributes:
        features: float32 of shape (88,), see ``features``.
        tile: uint8 array of shape (side, side, 3): the middle square of the picture, small.
    """

    features: NDArray[np.float32]
    tile: NDArray[np.uint8]


def glimpse(path: str, *, limits: Limits = Limits(), side: int = 224) -> Glimpse:
    """Read a picture and keep its features and a small square of it.

    Args:
        path: of the file.
        limits: what a picture may cost.
        side: pixels of the tile.

    Raises:
        PictureError: the picture cannot be used.
    """
    data = read_file(path, limits=limits)
    pixels = decode(data, source=path, limits=limits, at_least=(side, side)).pixels
    height, width = pixels.shape[:2]
    short = min(height, width)
    left, top = (width - short) / 2, (height - short) / 2
    square = Image.fromarray(pixels).resize(
        (side, side), Image.Resampling.BILINEAR, box=(left, top, left + short, top + short)
    )
    return Glimpse(features(pixels), np.asarray(square))


def features(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describe layout, colour and edges of a picture.

    Args:
        pixels: uint8 array of shape (height, width, 3), RGB, 0 to 255.

    Returns:
        float32 of shape (88,): luma, blueness and redness of 5 × 5 fields (75), the share of
        edges in each of 8 directions (8), mean and spread of luma, mean colourfulness, strength of
        the edges, and the logarithm of the aspect (5).
    """
    image = Image.fromarray(pixels).resize(
        (_SIDE, _SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0
    )
    planes = np.asarray(image.convert("YCbCr"), np.float32) / 255 - 0.5
    fields = np.asarray(image.convert("YCbCr").resize((5, 5), Image.Resampling.BOX), np.float32)
    luma = planes[..., 0]
    down, right = np.gradient(luma)
    strength = np.hypot(down, right)
    angle = (np.arctan2(down, right) / np.pi % 1 * _ANGLES).astype(np.int64) % _ANGLES
    edges = np.bincount(angle.ravel(), strength.ravel(), minlength=_ANGLES)
    colour = np.hypot(planes[..., 1], planes[..., 2])
    whole = [
        luma.mean(),
        luma.std(),
        colour.mean(),
        strength.mean(),
        np.log(pixels.shape[1] / pixels.shape[0]),
    ]
    parts = [fields.ravel() / 255 - 0.5, edges / (edges.sum() + 1e-6), whole]
    return np.concatenate(parts).astype(np.float32)
