"""One picture changed at random, as training shows it anew each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageEnhance

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SMALLEST_CROP = 0.45  # share of the area
_WIDEST_ASPECT = 4 / 3
_JITTER = 0.25


def randomly_changed(
    picture: Image.Image | NDArray[np.uint8], side: int, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Return a random crop, flip, small rotation and colour change, (side, side, 3) uint8.

    Args:
        picture: RGB; as an array uint8 of shape (H, W, 3).
        side: of what is returned, in pixels.
        generator: where the changes are drawn from.
    """
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    if generator.random() < 0.3:
        image = image.rotate(generator.uniform(-12, 12), Image.Resampling.BILINEAR)
    image = image.resize((side, side), Image.Resampling.BILINEAR, box=_crop(image.size, generator))
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = change(image).enhance(generator.uniform(1 - _JITTER, 1 + _JITTER))
    if generator.random() < 0.08:
        image = image.convert("L").convert("RGB")
    array = np.asarray(image)
    return array[:, ::-1] if generator.random() < 0.5 else array


def _crop(
    size: tuple[int, int], generator: np.random.Generator
) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of a random part of the picture."""
    share = generator.uniform(_SMALLEST_CROP, 1.0)
    aspect = np.exp(generator.uniform(-np.log(_WIDEST_ASPECT), np.log(_WIDEST_ASPECT)))
    width = size[0] * min(1.0, np.sqrt(share * aspect))
    height = size[1] * min(1.0, np.sqrt(share / aspect))
    left, top = generator.uniform(0, size[0] - width), generator.uniform(0, size[1] - height)
    return left, top, left + width, top + height
