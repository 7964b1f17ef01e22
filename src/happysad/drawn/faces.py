"""Faces in many manners: each function draws one head and what belongs to it.

A manner draws everything but the expression and returns the pen for it. To add one, write the
function and put it into ``MANNERS``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from happysad.drawn.canvas import Canvas, Colour, Pen, colour, luma, mixed
from happysad.drawn.shapes import Frame, bow, ellipse, points, star, wobbled

if TYPE_CHECKING:
    from collections.abc import Callable

_INK: Colour = (34, 30, 38)
_CHALK: Colour = (244, 242, 232)
_PAPER: Colour = (240, 233, 216)


def emoji(canvas: Canvas, face: Frame, rng: np.random.Generator) -> Pen:
    """Draw a flat disc in any colour, with a darker rim."""
    skin = colour(rng, saturation=(0.4, 0.8), value=(0.75, 0.95))
    canvas.fill(ellipse(radii=(1.06, 1.06)), mixed(skin, _INK, 0.4), face)
    canvas.fill(ellipse(), skin, face)
    return Pen(_INK, rng.uniform(0.07, 0.11))


def cartoon(canvas: Canvas, face: Frame, rng: np.random.Generator) -> Pen:
    """Draw a box-shaped head with ears or an antenna, outlined."""
    skin = colour(rng, saturation=(0.2, 0.6), value=(0.7, 0.95))
    outline = ellipse(radii=(rng.uniform(0.9, 1.1), 1.0), power=rng.uniform(3, 9))
    pen = Pen(_INK, rng.uniform(0.06, 0.1))
    if rng.random() < 0.5:
        for side in (-1.0, 1.0):
            canvas.fill(ellipse(centre=(side * 1.05, 0), radii=(0.2, 0.26)), skin, face)
    else:
        canvas.line(points((0, -0.9), (0.1, -1.35)), _INK, 0.07, face)
        canvas.fill(ellipse(centre=(0.1, -1.4), radii=(0.13, 0.13)), colour(rng), face)
    canvas.fill(outline, skin, face)
    pen.draw(canvas, outline, face, rng)
    return pen


def sketch(canvas: Canvas, face: Frame, rng: np.random.Generator) -> Pen:
    """Draw a pencil sketch on a sheet of paper: shaky lines gone over twice, with hatching."""
    sheet = points((-1.5, -1.5), (1.5, -1.5), (1.5, 1.5), (-1.5, 1.5))
    canvas.fill(wobbled(sheet, 0.06, rng), mixed(_PAPER, colour(rng), 0.12), face)
    ink = colour(rng, saturation=(0.0, 0.5), value=(0.1, 0.4))
    pen = Pen(ink, rng.uniform(0.03, 0.05), wobble=0.02, passes=3)
    pen.draw(canvas, ellipse(radii=(rng.uniform(0.85, 1.0), 1.0)), face, rng)
    side = float(rng.choice([-1, 1]))
    for step in np.linspace(0.0, 0.9, int(rng.integers(5, 10))):
        x, y = side * (0.98 - 0.25 * float(step)), 0.9 * float(step)
        path = points((x, y - 0.15), (x - side * 0.14, y + 0.05))
        canvas.line(path, mixed(ink, _PAPER, 0.4), 0.02, face)
    return pen


def shaded(canvas: Canvas, face: Frame, rng: np.random.Generator) -> Pen:
    """Draw a ball lit from one side."""
    skin = colour(rng, saturation=(0.3, 0.7), value=(0.75, 0.95))
    shadow = mixed(skin, _INK, rng.uniform(0.45, 0.65))
    angle = rng.uniform(0, 2 * math.pi)
    away = (0.3 * math.cos(angle), 0.3 * math.sin(angle))
    for share in np.linspace(0, 1, 14):
        size = 1 - 0.55 * float(share)
        centre = (away[0] * float(share), away[1] * float(share))
        tone = mixed(shadow, skin, float(share))
        canvas.fill(ellipse(centre=centre, radii=(size, size)), tone, face)
    return Pen(_INK, rng.uniform(0.07, 0.1))


def portrait(canvas: Canvas, face: Frame, rng: np.random.Generator) -> Pen:
    """Draw a person: shoulders, neck, head, nose and hair in one of three cuts."""
    skin = colour(rng, hue=(0.03, 0.1), saturation=(0.2, 0.6), value=(0.5, 0.95))
    hair = colour(rng, hue=(0.0, 0.14), saturation=(0.1, 0.8), value=(0.12, 0.7))
    canvas.fill(ellipse(centre=(0, 1.9), radii=(1.4, 0.85), power=3), colour(rng), face)
    canvas.fill(ellipse(centre=(0, 1.0), radii=(0.32, 0.5)), mixed(skin, _INK, 0.2), face)
    cut = int(rng.integers(3))
    if cut == 0:
        canvas.fill(ellipse(centre=(0, 0.1), radii=(1.1, 1.35), power=2.6), hair, face)
    canvas.fill(ellipse(radii=(rng.uniform(0.8, 0.92), 1.05), power=2.3), skin, face)
    canvas.fill(ellipse(centre=(0, -0.72), radii=(0.8, 0.42), turn=(0.5, 1.0)), hair, face)
    if cut == 2:
        for x in np.linspace(-0.7, 0.7, int(rng.integers(5, 9))):
            curl = ellipse(centre=(float(x), -0.95 + 0.3 * x * x), radii=(0.22, 0.22))
            canvas.fill(curl, hair, face)
    nose = points((0.0, -0.12), (float(rng.choice([-1, 1])) * 0.09, 0.12), (0.0, 0.14))
    canvas.line(nose, mixed(skin, _INK, 0.4), 0.05, face)
    dark = _INK if luma(skin) > 120 else (20, 14, 16)
    return Pen(dark, rng.uniform(0.06, 0.09))


def crayon(canvas: Canvas, face: Frame, rng: np.random.Generator) -> Pen:
    """Draw a child's head: thick unsteady lines, some hairs, not quite closed."""
    pen = Pen(colour(rng, value=(0.2, 0.5)), rng.uniform(0.1, 0.14), wobble=0.03)
    canvas.fill(wobbled(ellipse(), 0.04, rng), colour(rng, value=(0.8, 0.95)), face)
    pen.draw(canvas, ellipse(turn=(0.7, 1.68)), face, rng)
    for x in rng.uniform(-0.7, 0.7, size=int(rng.integers(3, 9))):
        foot = (float(x), -math.sqrt(1 - float(x) ** 2))
        tip = (float(x) * 1.3, foot[1] - rng.uniform(0.2, 0.4))
        pen.draw(canvas, points(foot, tip), face, rng)
    return pen


def animal(canvas: Canvas, face: Frame, rng: np.random.Generator) -> Pen:
    """Draw a cat or a bear: ears, muzzle, whiskers."""
    fur = colour(rng, hue=(0.02, 0.14), saturation=(0.1, 0.7), value=(0.6, 0.92))
    inside = mixed(fur, (240, 190, 190), 0.6)
    pointed = rng.random() < 0.5
    for side in (-1.0, 1.0):
        if pointed:
            ear = points((side * 0.92, -0.35), (side * 0.85, -1.35), (side * 0.25, -0.9))
            canvas.fill(ear, fur, face)
            canvas.fill(ear * 0.85 + (side * 0.1, -0.12), inside, face)
        else:
            canvas.fill(ellipse(centre=(side * 0.75, -0.8), radii=(0.38, 0.38)), fur, face)
            canvas.fill(ellipse(centre=(side * 0.75, -0.8), radii=(0.2, 0.2)), inside, face)
    canvas.fill(ellipse(radii=(1.05, 0.98), power=2.4), fur, face)
    canvas.fill(ellipse(centre=(0, 0.1), radii=(0.13, 0.1)), _INK, face)
    for side in (-1.0, 1.0):
        for tilt in (-0.1, 0.08):
            canvas.line(points((side * 0.6, 0.2), (side * 1.3, 0.2 + tilt)), _INK, 0.025, face)
    return Pen(_INK, rng.uniform(0.06, 0.09))


def mascot(canvas: Canvas, face: Frame, rng: np.random.Generator) -> Pen:
    """Draw a face on a thing: a sun, a flower, a ghost or a cloud."""
    skin = colour(rng, saturation=(0.25, 0.7), value=(0.75, 0.95))
    kind = int(rng.integers(4))
    if kind == 0:
        canvas.fill(star(int(rng.integers(9, 16)), inner=0.7) * 1.45, colour(rng), face)
        canvas.fill(ellipse(), skin, face)
    elif kind == 1:
        petal = colour(rng)
        for angle in np.linspace(0, 2 * math.pi, int(rng.integers(6, 11)), endpoint=False):
            centre = (1.05 * math.cos(angle), 1.05 * math.sin(angle))
            canvas.fill(ellipse(centre=centre, radii=(0.4, 0.4)), petal, face)
        canvas.fill(ellipse(), skin, face)
    elif kind == 2:
        canvas.fill(ellipse(centre=(0, 0), radii=(0.98, 1.1), power=2.6), skin, face)
        hem = [
            (x, 1.5 if index % 2 else 1.2) for index, x in enumerate(np.linspace(-0.98, 0.98, 9))
        ]
        canvas.fill(points((-0.98, 0.0), *hem, (0.98, 0.0)), skin, face)
    else:
        for x, y, size in ((-0.75, 0.2, 0.6), (0.75, 0.2, 0.65), (0, -0.45, 0.75), (0, 0.3, 0.9)):
            canvas.fill(ellipse(centre=(x, y), radii=(size, size)), skin, face)
    return Pen(_INK, rng.uniform(0.07, 0.1))


def chalk(canvas: Canvas, face: Frame, rng: np.random.Generator) -> Pen:
    """Draw white chalk on a board."""
    board = points((-1.7, -1.5), (1.7, -1.5), (1.7, 1.5), (-1.7, 1.5))
    tone = colour(rng, hue=(0.3, 0.65), saturation=(0.2, 0.5), value=(0.25, 0.4))
    canvas.fill(board, tone, face)
    pen = Pen(mixed(_CHALK, colour(rng), 0.25), rng.uniform(0.06, 0.09), wobble=0.015, passes=2)
    pen.draw(canvas, ellipse(power=rng.uniform(2, 4)), face, rng)
    for _ in range(int(rng.integers(2, 6))):
        x, y = float(rng.choice([-1, 1])) * rng.uniform(1.2, 1.5), rng.uniform(-1.3, 1.2)
        pen.draw(canvas, bow(centre=(x, y), half_width=0.15, sag=rng.normal(0, 0.2)), face, rng)
    return pen


MANNERS: tuple[Callable[[Canvas, Frame, np.random.Generator], Pen], ...] = (
    emoji,
    cartoon,
    sketch,
    shaded,
    portrait,
    crayon,
    animal,
    mascot,
    chalk,
)
