"""Cutting a face out of a picture: upright, square, with a margin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.faces.finder import Place

MARGIN = 1.35
"""Side of the square over the longer side of the face's box; takes in brows and chin."""


def face_crop(
    pixels: NDArray[np.uint8], place: Place, *, side: int, margin: float = MARGIN
) -> NDArray[np.uint8]:
    """Return an upright square around a face.

    The head is turned so that the eyes lie level. What lies outside the picture is black.

    Args:
        pixels: uint8 RGB of shape (height, width, 3).
        place: where the face is.
        side: pixels a side of the result.
        margin: side of the square over the longer side of the box.

    Returns:
        uint8 RGB of shape (side, side, 3).
    """
    height, width = pixels.shape[:2]
    left, top, right, bottom = place.box
    x, y = (left + right) / 2 * width, (top + bottom) / 2 * height
    extent = max((right - left) * width, (bottom - top) * height, 1.0) * margin
    angle = _tilt(place, width, height)
    # A turned square needs its corners from outside the upright one: cut √2 larger, then turn.
    wide = extent * math.sqrt(2)
    large = math.ceil(side * math.sqrt(2) / 2) * 2
    cut = _cut(pixels, (x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), large)
    turned = cut.rotate(math.degrees(angle), Image.Resampling.BILINEAR)
    start = (large - side) // 2
    return np.asarray(turned.crop((start, start, start + side, start + side)))


def _tilt(place: Place, width: int, height: int) -> float:
    """Return the angle of the line between the eyes, in radians, clockwise on the screen."""
    (right_x, right_y), (left_x, left_y) = place.points[:2]
    return math.atan2((left_y - right_y) * height, (left_x - right_x) * width)


def _cut(
    pixels: NDArray[np.uint8], box: tuple[float, float, float, float], side: int
) -> Image.Image:
    """Cut a square that may reach beyond the picture, resized to ``side``."""
    left, top = math.floor(box[0]), math.floor(box[1])
    right, bottom = math.ceil(box[2]), math.ceil(box[3])
    frame = np.zeros((bottom - top, right - left, 3), np.uint8)
    inner = pixels[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    start_y, start_x = max(-top, 0), max(-left, 0)
    frame[start_y : start_y + inner.shape[0], start_x : start_x + inner.shape[1]] = inner
    within = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    return Image.fromarray(frame).resize(
        (side, side), Image.Resampling.BILINEAR, box=within, reducing_gap=2.0
    )
