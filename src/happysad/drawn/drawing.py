"""From a mood and a seed to a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from happysad.config import require
from happysad.drawn.backgrounds import BACKGROUNDS, ground
from happysad.drawn.canvas import Canvas, from_array
from happysad.drawn.expression import MOODS, Mood, draw_expression, express
from happysad.drawn.faces import MANNERS
from happysad.drawn.people import draw_person, pose, weather
from happysad.drawn.shapes import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

_ASPECTS = (1.0, 1.0, 1.0, 4 / 3, 3 / 4, 5 / 4, 4 / 5, 3 / 2)  # width over height


def draw(mood: Mood, *, seed: int, side: int = 320) -> Image.Image:
    """Draw one picture.

    The same mood, seed and side give the same pixels on every machine with the same Pillow and
    numpy. The same seed in the other mood gives the same scene with another expression or
    posture: colours, weather, background and style cannot give the mood away.

    Args:
        mood: ``happy`` or ``sad``.
        seed: 0 or more; each seed is another picture.
        side: pixels on the longer side, 64 to 4096.

    Returns:
        An RGB picture.

    Raises:
        UsageError: unknown mood, or a seed or side out of range.
    """
    require(mood in MOODS, "mood", "happy or sad", mood)
    require(seed >= 0, "seed", "0 or more", seed)
    require(64 <= side <= 4096, "side", "64 to 4096 pixels", side)
    # Two streams: what the scene is, and what the mood does to it.
    scene, feeling = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
    aspect = float(scene.choice(_ASPECTS))
    width = side if aspect >= 1 else round(side * aspect)
    height = side if aspect <= 1 else round(side / aspect)
    canvas = ground(width, height, scene)
    compose = _SUBJECTS[int(scene.choice(len(_SUBJECTS), p=_SHARES))]
    compose(canvas, mood, scene, feeling)
    return _finished(canvas, scene)


def _one_face(
    canvas: Canvas, mood: Mood, scene: np.random.Generator, feeling: np.random.Generator
) -> None:
    """One face that fills a good part of the picture."""
    _background(canvas, scene)
    whole = canvas.whole
    size = whole.size * scene.uniform(0.6, 0.76)
    room = whole.size - size * 0.9
    face = Frame(
        whole.x + scene.uniform(-0.3, 0.3) * room,
        whole.y + scene.uniform(-0.3, 0.3) * room,
        size,
        angle=scene.normal(0, 0.06),
        squash=scene.uniform(0.9, 1.1),
    )
    _face(canvas, face, mood, scene, feeling)


def _several_faces(
    canvas: Canvas, mood: Mood, scene: np.random.Generator, feeling: np.random.Generator
) -> None:
    """Two or three faces of one mood side by side."""
    _background(canvas, scene)
    width, height = canvas.size
    count = int(scene.integers(2, 4))
    for index in range(count):
        size = min(height * 0.5, width / count * 0.5) * scene.uniform(0.75, 0.95)
        x = width * (index + 0.5) / count + scene.normal(0, 0.02) * width
        y = height * scene.uniform(0.35, 0.65)
        _face(canvas, Frame(x, y, size, angle=scene.normal(0, 0.1)), mood, scene, feeling)


def _people(
    canvas: Canvas, mood: Mood, scene: np.random.Generator, feeling: np.random.Generator
) -> None:
    """One or two people in a landscape; posture and a small face show the mood."""
    weather(canvas, scene)
    width, height = canvas.size
    count = int(scene.integers(1, 3))
    for index in range(count):
        size = height * scene.uniform(0.34, 0.44)
        x = width * (index + 0.5) / count + scene.normal(0, 0.05) * width
        place = Frame(x, height * 0.95 - size, size)
        posture = pose(mood, feeling)
        pen = draw_person(canvas, place, posture, scene, stout=scene.random() < 0.5)
        head = place.inner(*posture.head, 0.26)
        draw_expression(canvas, head, express(mood, feeling), pen, feeling)


def _face(
    canvas: Canvas,
    face: Frame,
    mood: Mood,
    scene: np.random.Generator,
    feeling: np.random.Generator,
) -> None:
    pen = MANNERS[int(scene.integers(len(MANNERS)))](canvas, face, scene)
    draw_expression(canvas, face, express(mood, feeling), pen, feeling)


def _background(canvas: Canvas, scene: np.random.Generator) -> None:
    BACKGROUNDS[int(scene.integers(len(BACKGROUNDS)))](canvas, scene)


def _finished(canvas: Canvas, scene: np.random.Generator) -> Image.Image:
    """Add what a camera or paper adds: uneven light, grain, now and then coarse pixels."""
    picture = canvas.finished()
    if scene.random() < 0.1:
        coarse = (picture.width // 4, picture.height // 4)
        small = picture.resize(coarse, Image.Resampling.BOX)
        picture = small.resize(picture.size, Image.Resampling.NEAREST)
    pixels = np.asarray(picture, dtype=np.float32)
    light = scene.uniform(0.75, 1.15, size=(3, 3)).astype(np.float32)
    shade = Image.fromarray(light, "F").resize(picture.size, Image.Resampling.BICUBIC)
    grain = scene.standard_normal((*pixels.shape[:2], 1), dtype=np.float32) * scene.uniform(2, 9)
    return from_array(pixels * np.asarray(shade)[:, :, None] + grain)


_SUBJECTS: tuple[Callable[[Canvas, Mood, np.random.Generator, np.random.Generator], None], ...] = (
    _one_face,
    _several_faces,
    _people,
)
_SHARES = (0.7, 0.1, 0.2)
