"""Numbers that say whether a picture is worth training on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Measures are taken at this size, so that the same picture has the same numbers at any size.
_SIDE: Final = 192


def measure(pixels: NDArray[np.uint8]) -> dict[str, float]:
    """Measure light, focus, content and colour of a picture.

    Args:
        pixels: uint8 array of shape (height, width, 3), RGB, 0 to 255, of any size; it is
            brought to at most 192 pixels a side first.

    Returns:
        ``brightness``: mean luma, 0 (black) to 1 (white).
        ``dark``: luma below which 99% of the pixels lie, 0 to 1; low only in dark pictures.
        ``bright``: luma above which 95% of the pixels lie, 0 to 1; high only in bright ones.
        ``sharpness``: the strongest edges against the picture's contrast: the 99.5th percentile
        of the Laplacian's size over the luma's standard deviation; 0 without any contrast.
        ``information``: entropy of the luma histogram of 64 steps, 0 to 6 bits.
        ``saturation``: mean of (max − min) of the channels, 0 (grey) to 1.
    """
    image = _reduced(pixels)
    luma = np.asarray(image.convert("L"))
    counts = np.bincount(luma.ravel(), minlength=256)
    below = np.cumsum(counts) / luma.size
    red, green, blue = (np.asarray(channel) for channel in image.split())
    top = np.maximum(np.maximum(red, green), blue)
    bottom = np.minimum(np.minimum(red, green), blue)
    return {
        "brightness": round(float(luma.mean()) / 255, 4),
        "dark": round(int(np.searchsorted(below, 0.99)) / 255, 4),
        "bright": round(int(np.searchsorted(below, 0.05)) / 255, 4),
        "sharpness": round(_sharpness(luma), 4),
        "information": round(_entropy(counts), 4),
        "saturation": round(float((top - bottom).mean()) / 255, 4),
    }


def _reduced(pixels: NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(pixels)
    scale = _SIDE / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _sharpness(luma: NDArray[np.uint8]) -> float:
    if min(luma.shape) < 3:
        return 0.0
    steps = luma.astype(np.int16)
    edges = steps[:-2, 1:-1] + steps[2:, 1:-1] + steps[1:-1, :-2] + steps[1:-1, 2:]
    edges -= 4 * steps[1:-1, 1:-1]
    below = np.cumsum(np.bincount(np.abs(edges, out=edges).ravel()))
    spread = float(luma.std())
    # With hardly any contrast the quotient would be noise over noise.
    return int(np.searchsorted(below, 0.995 * edges.size)) / spread if spread > 0.5 else 0.0


def _entropy(counts: NDArray[np.int64]) -> float:
    """Return the entropy in bits of a histogram of 256 steps, taken in 64."""
    coarse = counts.reshape(64, 4).sum(axis=1)
    shares = coarse[coarse > 0] / coarse.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0
