"""What a mood does to a face: the only thing, with posture, that separates the two classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from happysad.drawn.shapes import Frame, Points, bow, ellipse, points

if TYPE_CHECKING:
    from collections.abc import Callable

    from happysad.drawn.canvas import Canvas, Colour, Pen

Mood: TypeAlias = Literal["happy", "sad"]
MOODS: tuple[Mood, ...] = ("happy", "sad")

_TEETH: Colour = (245, 243, 236)
_MOUTH: Colour = (112, 28, 36)
_TONGUE: Colour = (214, 94, 100)
_TEAR: Colour = (96, 170, 226)


@dataclass(frozen=True, slots=True)
class Expression:
    """A mood in numbers, in units of a face's half height.

    Attributes:
        mouth: how the mouth is drawn, a key of ``MOUTHS``.
        sag: how far the middle of the mouth hangs below its corners; below 0 for a sad mouth.
        half_width: of the mouth.
        height: y of the mouth's centre.
        brow: how far the inner end of a brow lies above its outer end.
        gaze: how far the pupils look down, -1 to 1.
        lid: how far the upper lid is closed, 0 to 1.
        eyes: how eyes are drawn, a key of ``EYES``.
        tears: tears below the eyes, 0 to 2.
    """

    mouth: str
    sag: float
    half_width: float
    height: float
    brow: float
    gaze: float
    lid: float
    eyes: str
    tears: int


def express(mood: Mood, rng: np.random.Generator) -> Expression:
    """Return an expression of a mood; the generator decides its strength and manner."""
    happy = mood == "happy"
    strength = rng.uniform(0.7, 1.0)
    sag = strength * rng.uniform(0.4, 0.58)
    brow, gaze, lid, tears = (
        rng.uniform(0.1, 0.24),
        rng.uniform(0.1, 0.8),
        rng.random(),
        rng.random(),
    )
    return Expression(
        mouth=str(rng.choice(sorted(MOUTHS))),
        sag=sag if happy else -sag,
        half_width=rng.uniform(0.42, 0.6),
        height=rng.uniform(0.42, 0.5),
        brow=0.1 * brow if happy else brow,
        gaze=-0.4 * gaze if happy else gaze,
        lid=0.1 * lid if happy else 0.25 + 0.3 * lid,
        eyes=str(rng.choice(sorted(EYES))),
        tears=0 if happy else int(tears * 3),
    )


def draw_expression(
    canvas: Canvas, face: Frame, look: Expression, pen: Pen, rng: np.random.Generator
) -> None:
    """Draw eyes, brows, mouth and tears into a face's frame."""
    for side in (-1.0, 1.0):
        EYES[look.eyes](canvas, face, look, pen, side)
        _brow(canvas, face, look, pen, side)
    MOUTHS[look.mouth](canvas, face, look, pen, rng)
    for tear in range(look.tears):
        x = 0.42 if tear else -0.42
        drop = ellipse(centre=(x, 0.2), radii=(0.07, 0.14))
        tip = points((x - 0.06, 0.15), (x, -0.02), (x + 0.06, 0.15))
        canvas.fill(drop, _TEAR, face)
        canvas.fill(tip, _TEAR, face)


def _brow(canvas: Canvas, face: Frame, look: Expression, pen: Pen, side: float) -> None:
    inner = (side * 0.2, -0.54 - look.brow)
    outer = (side * 0.58, -0.54 + look.brow * 0.6)
    canvas.line(points(inner, outer), pen.ink, pen.width, face)


def _dot_eye(canvas: Canvas, face: Frame, look: Expression, pen: Pen, side: float) -> None:
    height = 0.14 * (1 - 0.5 * look.lid)
    centre = (side * 0.38, -0.2 + 0.06 * look.gaze)
    canvas.fill(ellipse(centre=centre, radii=(0.1, height)), pen.ink, face)


def _round_eye(canvas: Canvas, face: Frame, look: Expression, pen: Pen, side: float) -> None:
    x, y = side * 0.38, -0.2
    outline = ellipse(centre=(x, y), radii=(0.19, 0.2))
    canvas.fill(outline, _TEETH, face)
    pupil = ellipse(centre=(x, y + 0.09 * look.gaze), radii=(0.09, 0.1))
    canvas.fill(pupil, pen.ink, face)
    canvas.line(outline, pen.ink, pen.width * 0.5, face)
    if look.lid > 0.2:
        lid = ellipse(centre=(x, y), radii=(0.2, 0.21), turn=(0.52, 0.98))
        canvas.fill(lid, pen.ink, face)


def _arc_eye(canvas: Canvas, face: Frame, look: Expression, pen: Pen, side: float) -> None:
    # Laughing eyes bend upwards, lowered ones downwards.
    sag = 0.2 if look.gaze > 0 else -0.2
    path = bow(centre=(side * 0.38, -0.2), half_width=0.17, sag=sag)
    canvas.line(path, pen.ink, pen.width, face)


def _line_mouth(
    canvas: Canvas, face: Frame, look: Expression, pen: Pen, rng: np.random.Generator
) -> None:
    pen.draw(canvas, _lip(look), face, rng)


def _open_mouth(
    canvas: Canvas, face: Frame, look: Expression, pen: Pen, rng: np.random.Generator
) -> None:
    lip = _lip(look)
    outline = np.concatenate([lip, _flat_lip(look, 0.12)[::-1]])
    canvas.fill(outline, _MOUTH, face)
    tongue = ellipse(
        centre=(0.0, look.height + 0.12 * look.sag), radii=(look.half_width * 0.4, 0.07)
    )
    canvas.fill(tongue, _TONGUE, face)
    pen.draw(canvas, np.concatenate([outline, outline[:1]]), face, rng)


def _grin(
    canvas: Canvas, face: Frame, look: Expression, pen: Pen, rng: np.random.Generator
) -> None:
    lip = _lip(look)
    outline = np.concatenate([lip, _flat_lip(look, 0.45)[::-1], lip[:1]])
    canvas.fill(outline, _TEETH, face)
    pen.draw(canvas, outline, face, rng)


def _lip(look: Expression) -> Points:
    return bow(centre=(0.0, look.height), half_width=look.half_width, sag=look.sag)


def _flat_lip(look: Expression, share: float) -> Points:
    """Return the other lip: it shares the corners and bends ``share`` as much."""
    corner = look.height - 0.5 * look.sag
    sag = look.sag * share
    return bow(centre=(0.0, corner + 0.5 * sag), half_width=look.half_width, sag=sag)


EYES: dict[str, Callable[[Canvas, Frame, Expression, Pen, float], None]] = {
    "arc": _arc_eye,
    "dot": _dot_eye,
    "round": _round_eye,
}
MOUTHS: dict[str, Callable[[Canvas, Frame, Expression, Pen, np.random.Generator], None]] = {
    "grin": _grin,
    "line": _line_mouth,
    "open": _open_mouth,
}
