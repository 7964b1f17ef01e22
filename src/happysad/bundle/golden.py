"""Pictures made from a formula, whose answers a bundle knows.

They are stored in the bundle as PNG, so that what is tested on another machine is the whole way
from bytes to probability, and no difference in how the formula is computed.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

# (width, height), frequency and phase: wide, high, and larger than most networks look at
_PICTURES = (((96, 64), 3.0, 0.0), ((64, 96), 7.0, 1.0), ((288, 288), 2.0, 2.0))


def draw(*, face: bool = False) -> tuple[bytes, ...]:
    """Return the golden pictures as PNG bytes: colour waves with one sharp edge.

    Args:
        face: add a drawn face that a face finder finds, so that reading it is tested too.
    """
    pictures = [_wave(size, frequency, phase) for size, frequency, phase in _PICTURES]
    return (*pictures, _face()) if face else tuple(pictures)


def _wave(size: tuple[int, int], frequency: float, phase: float) -> bytes:
    x = np.linspace(0, 1, size[0])[None, :]
    y = np.linspace(0, 1, size[1])[:, None]
    channels = [
        np.cos(frequency * np.pi * x + phase + shift) * np.cos(frequency * np.pi * y - shift)
        for shift in (0.0, 0.7, 1.9)
    ]
    values = 127.5 + 110 * np.stack(channels, axis=-1)
    values[(x + y > 1.4)] *= 0.3
    return _png(values)


def _face() -> bytes:
    # Here and not above: only what makes a model draws, and answering shall not wait for it.
    from happysad.drawn import draw as draw_mood

    return _png(np.asarray(draw_mood("happy", seed=0, side=192), np.float64), step=48)


def _png(values: NDArray[np.float64], *, step: int = 16) -> bytes:
    file = io.BytesIO()
    # few steps of colour, so that the files stay at a few kilobytes
    Image.fromarray((values // step * step).astype(np.uint8)).save(file, "PNG", optimize=True)
    return file.getvalue()
