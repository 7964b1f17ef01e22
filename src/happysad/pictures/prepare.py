"""From a picture of any size to the array that a network takes; the only resize in the project.

Training, evaluating and predicting all come through here, so that a model sees at home and abroad
the same pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from happysad.config import Limits
from happysad.pictures.decode import decode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.config import Preprocessing
    from happysad.records import Picture

Box = tuple[float, float, float, float]


def prepare(
    picture: Picture, preprocessing: Preprocessing
) -> NDArray[np.uint8] | NDArray[np.float32]:
    """Bring a picture to a network's size.

    Args:
        picture: of any size.
        preprocessing: size, fit and way of resampling.

    Returns:
        RGB array of shape (height, width, 3), values 0 to 255: uint8 for ``area``; float32, not
        rounded, for ``point``, because models imported from elsewhere were fed like that.
    """
    box, inner = _geometry(picture.pixels.shape[1], picture.pixels.shape[0], preprocessing)
    if preprocessing.resample == "point":
        small: NDArray[np.uint8] | NDArray[np.float32] = _point(picture.pixels, box, inner)
    else:
        small = _area(picture.pixels, box, inner)
    return _padded(small, preprocessing)


def decode_for(
    data: bytes, preprocessing: Preprocessing, *, source: str = "", limits: Limits = Limits()
) -> tuple[Picture, NDArray[np.uint8] | NDArray[np.float32]]:
    """Decode a picture no finer than a network needs, and prepare it.

    Args:
        data: the bytes of a picture file.
        preprocessing: size, fit and way of resampling.
        source: name for errors.
        limits: what the picture may cost.

    Returns:
        The picture, possibly a reduced decode, and what ``prepare`` makes of it.

    Raises:
        PictureError: the picture cannot be used.
    """
    wanted = (preprocessing.width, preprocessing.height)
    at_least = None if preprocessing.resample == "point" else wanted
    picture = decode(
        data, source=source, limits=limits, at_least=at_least, longer=preprocessing.look
    )
    return picture, prepare(picture, preprocessing)


def looked_at(picture: Picture, preprocessing: Preprocessing) -> NDArray[np.uint8] | None:
    """Return the picture in which faces are looked for.

    Args:
        picture: of any size.
        preprocessing: its ``look`` is the longer side of a larger picture.

    Returns:
        uint8 RGB of shape (height, width, 3), with the picture's own proportions; None where
        no faces are looked for.
    """
    if preprocessing.look == 0:
        return None
    height, width = picture.pixels.shape[:2]
    scale = min(1.0, preprocessing.look / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _area(picture.pixels, (0.0, 0.0, float(width), float(height)), size)


def _geometry(width: int, height: int, to: Preprocessing) -> tuple[Box, tuple[int, int]]:
    """Return the part of the picture that is used, and the size that it takes, as (w, h)."""
    if to.fit == "crop":
        scale = min(width / to.width, height / to.height)
        cut_w, cut_h = scale * to.width, scale * to.height
        left, top = (width - cut_w) / 2, (height - cut_h) / 2
        return (left, top, left + cut_w, top + cut_h), (to.width, to.height)
    whole = (0.0, 0.0, float(width), float(height))
    if to.fit == "pad":
        scale = min(to.width / width, to.height / height)
        return whole, (max(1, round(scale * width)), max(1, round(scale * height)))
    return whole, (to.width, to.height)


def _area(pixels: NDArray[np.uint8], box: Box, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Average what is shrunk, interpolate what is enlarged."""
    # reducing_gap first shrinks by whole factors: three times faster, at most 1/255 away.
    resized = Image.fromarray(pixels).resize(
        size, Image.Resampling.BILINEAR, box=box, reducing_gap=2.0
    )
    return np.asarray(resized)


def _point(pixels: NDArray[np.uint8], box: Box, size: tuple[int, int]) -> NDArray[np.float32]:
    """Sample bilinearly between the four nearest pixels, pixel centres at half integers.

    The same as ``tf.image.resize(…, method="bilinear", antialias=False)`` for a whole picture.
    """
    left, right, x_share = _neighbours(box[0], box[2], size[0], pixels.shape[1])
    top, bottom, y_share = _neighbours(box[1], box[3], size[1], pixels.shape[0])
    share = x_share[None, :, None]
    rows = []
    for row in (top, bottom):
        lines = pixels[row]
        first = lines[:, left].astype(np.float32)
        rows.append(first + (lines[:, right].astype(np.float32) - first) * share)
    result: NDArray[np.float32] = rows[0] + (rows[1] - rows[0]) * y_share[:, None, None]
    return result


def _neighbours(
    start: float, end: float, count: int, limit: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return for each new pixel its two old neighbours and the share of the second."""
    # float32 on purpose: TensorFlow computes the places in it, and the results shall agree.
    scale = np.float32((end - start) / count)
    place = (np.arange(count, dtype=np.float32) + np.float32(0.5)) * scale
    place = place + np.float32(start - 0.5)
    floor = np.floor(place)
    first = np.maximum(floor.astype(np.int64), 0)
    second = np.minimum(np.ceil(place).astype(np.int64), limit - 1)
    return np.minimum(first, limit - 1), np.maximum(second, 0), place - floor


def _padded(
    pixels: NDArray[np.uint8] | NDArray[np.float32], to: Preprocessing
) -> NDArray[np.uint8] | NDArray[np.float32]:
    """Add black bars on both sides where the array is smaller than asked for."""
    height, width = pixels.shape[:2]
    if (height, width) == (to.height, to.width):
        return pixels
    top, left = (to.height - height) // 2, (to.width - width) // 2
    result = np.zeros((to.height, to.width, 3), pixels.dtype)
    result[top : top + height, left : left + width] = pixels
    return result
