"""What lies behind a face: each function paints one kind of ground on a canvas.

None of them knows the mood, so no ground can give it away.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from happysad.drawn.canvas import OVERSAMPLE, Canvas, Colour, Pen, colour, from_array, mixed
from happysad.drawn.shapes import Frame, bow, ellipse, points

if TYPE_CHECKING:
    from collections.abc import Callable


def ground(width: int, height: int, rng: np.random.Generator, *, depth: float = 1.0) -> Canvas:
    """Return a canvas covered with a soft random play of colours.

    It is what makes two drawings of the same face two pictures: every picture starts from its
    own few patches of light and shade, as every photograph does.

    Args:
        width: pixels of the finished picture.
        height: likewise.
        rng: source of the colours.
        depth: strength of the play, 0 (one colour) to 1.
    """
    rows, columns = int(rng.integers(3, 7)), int(rng.integers(3, 7))
    base = np.array(colour(rng, saturation=(0.1, 0.6), value=(0.55, 0.9)), dtype=np.float64)
    spread = rng.normal(0.0, 48.0 * depth, size=(rows, columns, 1))
    tint = rng.normal(0.0, 22.0 * depth, size=(rows, columns, 3))
    patches = from_array(np.clip(base + spread + tint, 40, 235))
    size = (width * OVERSAMPLE, height * OVERSAMPLE)
    return Canvas(patches.resize(size, Image.Resampling.BICUBIC))


def plain(canvas: Canvas, rng: np.random.Generator) -> None:
    """Leave the soft ground as it is, with a cast shadow in one corner."""
    width, height = canvas.size
    reach = rng.uniform(0.2, 0.5) * min(width, height)
    corner = points((0, 0), (reach, 0), (0, reach))
    side = Frame(width * float(rng.integers(0, 2)), height * float(rng.integers(0, 2)), 1.0)
    flipped = corner * (1 if side.x == 0 else -1, 1 if side.y == 0 else -1)
    canvas.fill(flipped, colour(rng, value=(0.3, 0.6)), side)


def stripes(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint slanted stripes of uneven width."""
    width, height = canvas.size
    reach = math.hypot(width, height)
    frame = Frame(width / 2, height / 2, 1.0, angle=rng.uniform(0, math.pi))
    x = -reach / 2
    while x < reach / 2:
        step = rng.uniform(0.03, 0.13) * reach
        bar = points((x, -reach), (x + step * 0.6, -reach), (x + step * 0.6, reach), (x, reach))
        canvas.fill(bar, colour(rng), frame)
        x += step * rng.uniform(1.0, 1.8)


def tiles(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a board of squares in two mixed colours."""
    width, height = canvas.size
    one, other = colour(rng), colour(rng)
    step = rng.uniform(0.1, 0.2) * max(width, height)
    frame = Frame(0.0, 0.0, 1.0, angle=rng.uniform(-0.2, 0.2))
    for row in range(-3, int(height / step) + 4):
        for column in range(-3, int(width / step) + 4):
            if rng.random() < 0.55:
                x, y = column * step, row * step
                square = points((x, y), (x + step, y), (x + step, y + step), (x, y + step))
                canvas.fill(square, mixed(one, other, rng.random()), frame)


def confetti(canvas: Canvas, rng: np.random.Generator) -> None:
    """Scatter discs and squares of many sizes."""
    width, height = canvas.size
    for _ in range(int(rng.integers(25, 60))):
        radius = rng.uniform(0.01, 0.09) * max(width, height)
        spot = Frame(
            rng.uniform(0, width), rng.uniform(0, height), radius, angle=rng.uniform(0, math.pi)
        )
        canvas.fill(ellipse(power=2 if rng.random() < 0.6 else 12), colour(rng), spot)


def hills(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint rows of hills, the nearer the darker."""
    width, height = canvas.size
    tone = colour(rng, value=(0.6, 0.9))
    near = colour(rng, value=(0.25, 0.5))
    layers = int(rng.integers(2, 5))
    for layer in range(layers):
        top = height * rng.uniform(0.3, 0.55) + height * 0.45 * layer / layers
        x = np.linspace(0, width, 40)
        waves = [
            rng.uniform(0.02, 0.09)
            * height
            * np.sin(x / width * rng.uniform(2, 9) + rng.uniform(0, 6))
            for _ in range(2)
        ]
        crest = np.stack([x, top + waves[0] + waves[1]], axis=1)
        land = np.concatenate([crest, points((width, height), (0, height))])
        canvas.fill(land, mixed(tone, near, layer / layers), Frame(0, 0, 1))


def room(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a wall and a floor with frames, a window or a shelf."""
    width, height = canvas.size
    floor = height * rng.uniform(0.68, 0.88)
    wood = colour(rng, hue=(0.03, 0.12), value=(0.35, 0.7))
    canvas.fill(points((0, floor), (width, floor), (width, height), (0, height)), wood, _PAGE)
    for _ in range(int(rng.integers(2, 6))):
        x, y = rng.uniform(0, width * 0.85), rng.uniform(0, floor * 0.6)
        w, h = rng.uniform(0.1, 0.3) * width, rng.uniform(0.12, 0.35) * height
        box = points((x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y))
        canvas.fill(box, colour(rng), _PAGE)
        Pen(colour(rng, value=(0.15, 0.5)), rng.uniform(2, 6)).draw(canvas, box, _PAGE, rng)


def strokes(canvas: Canvas, rng: np.random.Generator) -> None:
    """Cover the ground with broad brush strokes."""
    width, height = canvas.size
    side = max(width, height)
    lean = rng.uniform(0, math.pi)
    tones: tuple[Colour, ...] = tuple(colour(rng) for _ in range(4))
    for _ in range(int(rng.integers(30, 60))):
        frame = Frame(
            rng.uniform(0, width), rng.uniform(0, height), side, angle=lean + rng.normal(0, 0.3)
        )
        path = bow(centre=(0, 0), half_width=rng.uniform(0.05, 0.2), sag=rng.normal(0, 0.05))
        canvas.line(path, tones[int(rng.integers(4))], rng.uniform(0.01, 0.05), frame)


def rays(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint rays that leave one point of the picture."""
    width, height = canvas.size
    reach = math.hypot(width, height)
    frame = Frame(rng.uniform(0, width), rng.uniform(0, height), reach)
    count = int(rng.integers(7, 18))
    edges = np.sort(rng.uniform(0, 2 * math.pi, size=2 * count))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        tips = ((math.cos(start), math.sin(start)), (math.cos(stop), math.sin(stop)))
        canvas.fill(points((0, 0), *tips), colour(rng), frame)


_PAGE = Frame(0.0, 0.0, 1.0)

BACKGROUNDS: tuple[Callable[[Canvas, np.random.Generator], None], ...] = (
    plain,
    stripes,
    tiles,
    confetti,
    hills,
    room,
    strokes,
    rays,
)
