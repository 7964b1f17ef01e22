"""People in a landscape: here the posture tells the mood, as it does in many photographs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.drawn.canvas import Canvas, Colour, Pen, colour, mixed
from happysad.drawn.shapes import Frame, Points, ellipse, points, star

if TYPE_CHECKING:
    from collections.abc import Callable

    from happysad.drawn.expression import Mood

_INK: Colour = (36, 32, 40)


@dataclass(frozen=True, slots=True)
class Pose:
    """A posture; each part is a path in units of half the person's height, feet at y = 1.

    Attributes:
        head: centre of the head.
        back: from the neck to the hip.
        arms: left and right, from the shoulder to the hand.
        legs: left and right, from the hip to the foot.
    """

    head: tuple[float, float]
    back: Points
    arms: tuple[Points, Points]
    legs: tuple[Points, Points]


def pose(mood: Mood, rng: np.random.Generator) -> Pose:
    """Return a posture of a mood."""
    postures = _HAPPY if mood == "happy" else _SAD
    drawn = postures[int(rng.integers(len(postures)))](rng)
    return drawn if rng.random() < 0.5 else _mirrored(drawn)


def draw_person(
    canvas: Canvas, place: Frame, posture: Pose, rng: np.random.Generator, *, stout: bool
) -> Pen:
    """Draw a person and return the pen for the face.

    Args:
        canvas: where to draw.
        place: the person's frame.
        posture: where the limbs are.
        rng: source of skin, clothes and line.
        stout: a body with clothes instead of a stick figure.
    """
    skin = colour(rng, hue=(0.03, 0.1), saturation=(0.2, 0.55), value=(0.6, 0.95))
    shirt, trousers = colour(rng), colour(rng, value=(0.25, 0.6))
    width = rng.uniform(0.16, 0.22) if stout else rng.uniform(0.06, 0.09)
    for leg in posture.legs:
        canvas.line(leg, trousers if stout else _INK, width, place)
    canvas.line(posture.back, shirt if stout else _INK, width * (1.9 if stout else 1), place)
    for arm in posture.arms:
        canvas.line(arm, mixed(shirt, skin, 0.4) if stout else _INK, width * 0.8, place)
    head = ellipse(centre=posture.head, radii=(0.26, 0.28))
    canvas.fill(head, skin, place)
    canvas.line(head, _INK, 0.04, place)
    return Pen(_INK, 0.1)


def weather(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint sun, clouds, rain or snow and the ground; none of it depends on the mood."""
    width, height = canvas.size
    page = Frame(0, 0, 1)
    edge = height * rng.uniform(0.6, 0.8)
    x = np.linspace(0, width, 30)
    crest = edge + rng.uniform(0.01, 0.05) * height * np.sin(x / width * rng.uniform(2, 8))
    land = np.concatenate([np.stack([x, crest], axis=1), points((width, height), (0, height))])
    canvas.fill(land, colour(rng, value=(0.35, 0.8)), page)
    for _ in range(int(rng.integers(0, 4))):
        _tree(canvas, Frame(rng.uniform(0, width), edge, rng.uniform(0.08, 0.25) * height), rng)
    sky = Frame(rng.uniform(0, width), rng.uniform(0.05, 0.3) * height, 0.1 * height)
    kind = int(rng.integers(4))
    if kind == 0:
        canvas.fill(star(12, inner=0.7) * 1.5, (250, 214, 96), sky)
    for _ in range(int(rng.integers(0, 4))):
        _cloud(canvas, Frame(rng.uniform(0, width), rng.uniform(0, 0.3) * height, 30), rng)
    if kind == 1:
        _rain(canvas, rng)
    elif kind == 2:
        for _ in range(60):
            flake = Frame(rng.uniform(0, width), rng.uniform(0, height), rng.uniform(1.5, 4))
            canvas.fill(ellipse(), (246, 248, 250), flake)


def _tree(canvas: Canvas, place: Frame, rng: np.random.Generator) -> None:
    canvas.line(points((0, 0.1), (0, -1)), (104, 74, 50), 0.2, place)
    leaves = colour(rng, hue=(0.2, 0.45), value=(0.3, 0.7))
    if rng.random() < 0.5:
        canvas.fill(points((-0.6, -0.6), (0, -2.2), (0.6, -0.6)), leaves, place)
    else:
        canvas.fill(ellipse(centre=(0, -1.4), radii=(0.7, 0.8)), leaves, place)


def _cloud(canvas: Canvas, place: Frame, rng: np.random.Generator) -> None:
    tone = mixed((250, 250, 252), (120, 128, 140), rng.random())
    for x in (-0.9, 0.0, 0.9):
        canvas.fill(ellipse(centre=(x, -0.3 * (x == 0)), radii=(0.8, 0.6)), tone, place)


def _rain(canvas: Canvas, rng: np.random.Generator) -> None:
    width, height = canvas.size
    lean = rng.uniform(-0.3, 0.3)
    for _ in range(70):
        drop = Frame(rng.uniform(0, width), rng.uniform(0, height), rng.uniform(8, 16))
        canvas.line(points((0, 0), (lean, 1)), (130, 164, 200), 0.14, drop)


def _cheering(rng: np.random.Generator) -> Pose:
    """Both arms up."""
    reach, stride = rng.uniform(0.35, 0.7), rng.uniform(0.15, 0.45)
    return Pose(
        head=(0.0, -0.62),
        back=points((0, -0.34), (0, 0.3)),
        arms=(points((0, -0.2), (-reach, -0.95)), points((0, -0.2), (reach, -0.95))),
        legs=(points((0, 0.3), (-stride, 1)), points((0, 0.3), (stride, 1))),
    )


def _jumping(rng: np.random.Generator) -> Pose:
    """In the air, arms and legs spread."""
    reach, lift = rng.uniform(0.6, 0.85), rng.uniform(-0.25, 0.05)
    return Pose(
        head=(0.0, -0.75),
        back=points((0, -0.47), (0, 0.1)),
        arms=(points((0, -0.35), (-reach, -0.8)), points((0, -0.35), (reach, -0.8))),
        legs=(
            points((0, 0.1), (-0.5, 0.3), (-0.65, 0.7 + lift)),
            points((0, 0.1), (0.5, 0.3), (0.65, 0.7 + lift)),
        ),
    )


def _dancing(rng: np.random.Generator) -> Pose:
    """One arm up, one on the hip, one leg out."""
    kick = rng.uniform(0.4, 0.75)
    return Pose(
        head=(0.05, -0.65),
        back=points((0.02, -0.37), (-0.05, 0.25)),
        arms=(
            points((0, -0.25), (-0.35, 0.0), (-0.08, 0.2)),
            points((0, -0.25), (0.45, -0.6), (0.6, -1.0)),
        ),
        legs=(points((-0.05, 0.25), (-0.1, 1)), points((-0.05, 0.25), (kick, 0.75))),
    )


def _slumped(rng: np.random.Generator) -> Pose:
    """Standing bent, head forward, arms hanging."""
    bend = rng.uniform(0.22, 0.42)
    return Pose(
        head=(bend + 0.2, -0.45),
        back=points((bend, -0.25), (0.1, -0.1), (0, 0.3)),
        arms=(
            points((bend - 0.05, -0.15), (bend + 0.1, 0.45)),
            points((bend - 0.05, -0.15), (bend - 0.12, 0.45)),
        ),
        legs=(points((0, 0.3), (-0.1, 1)), points((0, 0.3), (0.1, 1))),
    )


def _crouched(rng: np.random.Generator) -> Pose:
    """Sitting on the ground, knees drawn up, head on them."""
    drop = rng.uniform(0.0, 0.12)
    return Pose(
        head=(0.22, 0.14 + drop),
        back=points((0.12, 0.38), (-0.2, 0.6), (-0.22, 0.92)),
        arms=(
            points((0.05, 0.42), (0.5, 0.65)),
            points((0.05, 0.42), (0.55, 0.75)),
        ),
        legs=(
            points((-0.2, 0.92), (0.45, 0.45), (0.5, 1.0)),
            points((-0.2, 0.92), (0.6, 0.5), (0.65, 1.0)),
        ),
    )


def _weeping(rng: np.random.Generator) -> Pose:
    """Kneeling or standing with the hands before the face."""
    bend = rng.uniform(0.12, 0.25)
    face = (bend + 0.14, -0.3)
    return Pose(
        head=(bend + 0.1, -0.4),
        back=points((bend, -0.15), (0, 0.4)),
        arms=(
            points((bend - 0.05, 0.0), (bend + 0.4, 0.15), (face[0] + 0.08, face[1] + 0.1)),
            points((bend - 0.05, 0.0), (bend + 0.3, 0.2), (face[0] + 0.14, face[1] + 0.12)),
        ),
        legs=(
            points((0, 0.4), (0.2, 0.95), (-0.4, 1.0)),
            points((0, 0.4), (0.35, 0.95), (-0.25, 1.0)),
        ),
    )


def _mirrored(posture: Pose) -> Pose:
    flip = np.array([-1.0, 1.0])
    return Pose(
        head=(-posture.head[0], posture.head[1]),
        back=posture.back * flip,
        arms=(posture.arms[0] * flip, posture.arms[1] * flip),
        legs=(posture.legs[0] * flip, posture.legs[1] * flip),
    )


_HAPPY: tuple[Callable[[np.random.Generator], Pose], ...] = (_cheering, _jumping, _dancing)
_SAD: tuple[Callable[[np.random.Generator], Pose], ...] = (_slumped, _crouched, _weeping)
