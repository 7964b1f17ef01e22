"""A surface to draw on: smooth edges, round pens, colours."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from happysad.drawn.shapes import Frame, Points, wobbled

if TYPE_CHECKING:
    from numpy.typing import NDArray

Colour: TypeAlias = tuple[int, int, int]

OVERSAMPLE = 2  # Pillow draws hard edges; drawing twice as large and halving smooths them.


class Canvas:
    """An RGB surface whose coordinates are the pixels of the finished picture.

    Args:
        ground: the picture to draw on, already ``OVERSAMPLE`` times as large.
    """

    def __init__(self, ground: Image.Image) -> None:
        self.image = ground
        self._draw = ImageDraw.Draw(ground)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the finished picture, in pixels."""
        return self.image.width // OVERSAMPLE, self.image.height // OVERSAMPLE

    @property
    def whole(self) -> Frame:
        """The frame over the whole canvas: -1 to 1 spans the shorter side."""
        width, height = self.size
        return Frame(width / 2, height / 2, min(width, height) / 2)

    def fill(self, outline: Points, colour: Colour, frame: Frame) -> None:
        """Fill an outline, given in the frame's units."""
        self._draw.polygon(self._flat(outline, frame), fill=colour)

    def line(self, path: Points, colour: Colour, width: float, frame: Frame) -> None:
        """Draw a path with round ends; path and width are in the frame's units."""
        thick = max(1.0, width * frame.size * OVERSAMPLE)
        flat = self._flat(path, frame)
        self._draw.line(flat, fill=colour, width=round(thick), joint="curve")
        for x, y in (flat[0], flat[-1]):
            box = (x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2)
            self._draw.ellipse(box, fill=colour)

    def finished(self) -> Image.Image:
        """Return the picture in its final size."""
        return self.image.reduce(OVERSAMPLE)

    @staticmethod
    def _flat(outline: Points, frame: Frame) -> list[tuple[float, float]]:
        return [(x, y) for x, y in (frame.place(outline) * OVERSAMPLE).tolist()]


@dataclass(frozen=True, slots=True)
class Pen:
    """How lines are drawn.

    Attributes:
        ink: colour.
        width: in units of the frame drawn into.
        wobble: unsteadiness of the hand, in the same units.
        passes: how often each line is gone over; more than one looks sketched.
    """

    ink: Colour
    width: float
    wobble: float = 0.0
    passes: int = 1

    def draw(self, canvas: Canvas, path: Points, frame: Frame, rng: np.random.Generator) -> None:
        """Draw a path with this pen."""
        for _ in range(self.passes):
            canvas.line(wobbled(path, self.wobble, rng), self.ink, self.width, frame)


def colour(
    rng: np.random.Generator,
    *,
    hue: tuple[float, float] = (0.0, 1.0),
    saturation: tuple[float, float] = (0.25, 0.8),
    value: tuple[float, float] = (0.5, 0.95),
) -> Colour:
    """Return a random colour from ranges of hue, saturation and value, each 0 to 1."""
    hsv = [float(rng.uniform(low, high)) for low, high in (hue, saturation, value)]
    red, green, blue = colorsys.hsv_to_rgb(hsv[0] % 1.0, hsv[1], hsv[2])
    return round(red * 255), round(green * 255), round(blue * 255)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Return a colour ``share`` of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def luma(shade: Colour) -> float:
    """Return the brightness of a colour, 0 to 255 (ITU-R BT.601 weights)."""
    return 0.299 * shade[0] + 0.587 * shade[1] + 0.114 * shade[2]


def from_array(pixels: NDArray[np.floating]) -> Image.Image:
    """Return an RGB picture from an array of shape (H, W, 3), rounded and clipped to 0..255."""
    return Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8), "RGB")
