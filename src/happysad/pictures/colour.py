"""Every colour mode to RGB, in one defined way.

* Transparency lies over white.
* Samples of more than 8 bits are scaled, never clipped: 65535 becomes 255.
* Floating-point samples: 0 to 1 where none is above 1, else 0 to 255.
* CMYK, YCbCr and HSV by Pillow's plain formulas, CIE L*a*b* (D50) to sRGB; embedded colour
  profiles are not applied, so that a picture gives the same numbers on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WITH_ALPHA = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})


def to_rgb(image: Image.Image) -> Image.Image:
    """Return an image in mode ``RGB``; loads it if it is still in its file.

    Args:
        image: any mode that Pillow decodes to.
    """
    image.load()
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(_scaled(np.asarray(image), _bits(image))).convert("RGB")
    if image.mode == "LAB":
        return Image.fromarray(_lab(np.asarray(image)))
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        return _over_white(image.convert("RGBA"))
    return image.convert("RGB")


def _over_white(image: Image.Image) -> Image.Image:
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(image, mask=image.getchannel("A"))
    return canvas


def _bits(image: Image.Image) -> int:
    """Return how many bits a sample has in the file."""
    if ";16" in image.mode:
        return 16
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(0x0102, (16,))
    return int(bits[0] if isinstance(bits, tuple) else bits)


def _scaled(samples: NDArray[np.generic], bits: int) -> NDArray[np.uint8]:
    """Bring samples of any range to 0 to 255."""
    values = np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    if samples.dtype.kind == "f":
        top = 1.0 if values.max(initial=0.0) <= 1.0 else 255.0
    else:
        top = float(2**bits - 1)
    return np.rint(np.clip(values / top, 0.0, 1.0) * 255.0).astype(np.uint8)


def _lab(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert CIE L*a*b* (D50, 8 bits, a and b around 128) to sRGB.

    Formulas of the ICC specification (ICC.1:2022, annex A) and IEC 61966-2-1; the matrix is
    XYZ (D50) to linear sRGB with Bradford adaptation.
    """
    light = samples[..., 0].astype(np.float64) * (100.0 / 255.0)
    a, b = (samples[..., at].astype(np.float64) - 128.0 for at in (1, 2))
    fy = (light + 16.0) / 116.0
    f = np.stack([fy + a / 500.0, fy, fy - b / 200.0], axis=-1)
    delta = 6.0 / 29.0
    xyz = np.where(f > delta, f**3, 3 * delta**2 * (f - 4.0 / 29.0)) * (0.9642, 1.0, 0.8251)
    matrix = np.array(
        [
            [3.1338561, -1.6168667, -0.4906146],
            [-0.9787684, 1.9161415, 0.0334540],
            [0.0719453, -0.2289914, 1.4052427],
        ]
    )
    linear = np.clip(xyz @ matrix.T, 0.0, 1.0)
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    result: NDArray[np.uint8] = np.rint(curve * 255.0).astype(np.uint8)
    return result
