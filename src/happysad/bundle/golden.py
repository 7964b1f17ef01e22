"""Pictures made from a formula, whose answers a bundle knows.

They are stored in the bundle as PNG, so that what is tested on another machine is the whole way
from bytes to probability, and no difference in how the formula is computed.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

# (width, height), frequency and phase: wide, high, and larger than most networks look at
_PICTURES = (((96, 64), 3.0, 0.0), ((64, 96), 7.0, 1.0), ((288, 288), 2.0, 2.0))


def draw() -> tuple[bytes, ...]:
    """Return the golden pictures as PNG bytes: colour waves with one sharp edge."""
    return tuple(_wave(size, frequency, phase) for size, frequency, phase in _PICTURES)


def _wave(size: tuple[int, int], frequency: float, phase: float) -> bytes:
    x = np.linspace(0, 1, size[0])[None, :]
    y = np.linspace(0, 1, size[1])[:, None]
    channels = [
        np.cos(frequency * np.pi * x + phase + shift) * np.cos(frequency * np.pi * y - shift)
        for shift in (0.0, 0.7, 1.9)
    ]
    values = 127.5 + 110 * np.stack(channels, axis=-1)
    values[(x + y > 1.4)] *= 0.3
    file = io.BytesIO()
    # the waves change slowly in 16 steps, so that the three files stay at a few kilobytes
    Image.fromarray((values // 16 * 16).astype(np.uint8)).save(file, "PNG", optimize=True)
    return file.getvalue()
