"""Why a model answered as it did: the faces it found, and what in the scene spoke for what.

Drawn with Pillow alone; on the left the picture with every face in the colour of its own reading,
on the right the class-activation map of the scene over a pale copy of it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from happysad.errors import UsageError
from happysad.reports.lettering import (
    INK,
    PAPER,
    SOFT,
    colour_of,
    font,
    shortened,
    writable,
)
from happysad.reports.wording import or_neither

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from happysad.records import Explanation, Face, Prediction

_MARGIN = 28
_PANEL = 600
_LARGEST_SCALE = 3.0
_NARROWEST = 760
_HEADER = 112
_FOOTER = 64
_LEGEND = 180

# A cell whose logit is this far from 0 is fully coloured even where no cell is stronger, so that
# a scene that says nothing looks like it.
_STRONG = 2.0
_OPAQUE = 0.78
_SMALLEST_TAG = 34
_OVERLAY = 224
_FEW = 6


@dataclass(frozen=True, slots=True)
class _Panels:
    """Where the two panels stand on the sheet, in pixels."""

    width: int
    height: int

    @property
    def left(self) -> int:
        return _MARGIN

    @property
    def right(self) -> int:
        return 2 * _MARGIN + self.width

    @property
    def sheet(self) -> tuple[int, int]:
        width = max(_NARROWEST, 2 * self.width + 3 * _MARGIN)
        return width, _HEADER + self.height + _FOOTER


def draw_explanation(explanation: Explanation, classes: Sequence[str]) -> Image.Image:
    """Draw one explained answer.

    Args:
        explanation: of a picture that could be answered; it has its pixels and its map.
        classes: the two class names in label order.

    Returns:
        An RGB image, at most 1,284 pixels wide and 776 high.

    Raises:
        UsageError: the picture could not be answered.
    """
    prediction = explanation.prediction
    if explanation.pixels is None or explanation.scene_map is None:
        msg = f"{prediction.source!r} could not be answered, so there is nothing to explain."
        raise UsageError(msg)
    panels = _panels(explanation.pixels)
    picture = Image.fromarray(explanation.pixels).resize(
        (panels.width, panels.height), Image.Resampling.LANCZOS
    )
    sheet = Image.new("RGB", panels.sheet, PAPER)
    sheet.paste(with_faces(picture, prediction.faces, classes), (panels.left, _HEADER))
    sheet.paste(with_heat(picture, explanation.scene_map), (panels.right, _HEADER))
    pen = ImageDraw.Draw(sheet)
    _write_header(pen, prediction, classes, room=sheet.width - 2 * _MARGIN)
    _write_footer(pen, prediction, classes, panels)
    return sheet


def with_faces(picture: Image.Image, faces: Sequence[Face], classes: Sequence[str]) -> Image.Image:
    """Return the picture with each face boxed in the colour of its reading."""
    drawn = picture.copy()
    pen = ImageDraw.Draw(drawn)
    # The best found are drawn last, so that nothing covers them.
    for face in reversed(faces):
        label, probability = _reading(face, classes)
        box = _pixels_of(face, drawn.size)
        pen.rectangle(box, outline="white", width=5)
        pen.rectangle(_grown(box, -1), outline=colour_of(label), width=3)
        if box[2] - box[0] >= _SMALLEST_TAG or len(faces) <= _FEW:
            _tag(pen, box, f"{classes[label]} {probability:.1f}", colour_of(label), drawn.size)
    return drawn


def with_heat(picture: Image.Image, scene_map: NDArray[np.float64]) -> Image.Image:
    """Return a pale grey copy of the picture under what its parts spoke for.

    Args:
        picture: RGB.
        scene_map: logits cell by cell, shape (rows, columns); negative ones are drawn in the
            first class's colour, positive ones in the second's.
    """
    pale = picture.convert("L").point(lambda grey: 70 + grey * (185 / 255)).convert("RGB")
    heat = _heat(scene_map, picture.size)
    pale.paste(heat, mask=heat)
    return pale


def heat_png(scene_map: NDArray[np.float64], *, shape: tuple[int, int]) -> bytes:
    """Return the same colours alone, to be laid over the picture; clear where nothing spoke.

    Args:
        scene_map: logits cell by cell, shape (rows, columns).
        shape: (height, width) of the picture; the PNG has its proportions, and is small.
    """
    scale = _OVERLAY / max(shape)
    height, width = (max(1, round(side * scale)) for side in shape)
    file = io.BytesIO()
    _heat(scene_map, (width, height)).save(file, "PNG", compress_level=3)
    return file.getvalue()


def _heat(scene_map: NDArray[np.float64], size: tuple[int, int]) -> Image.Image:
    """Return RGBA of (width, height): the class's colour, the more opaque the more it spoke."""
    strongest = max(_STRONG, float(np.percentile(np.abs(scene_map), 98)))
    shares = Image.fromarray((scene_map / strongest).astype(np.float32))
    smooth = np.asarray(shares.resize(size, Image.Resampling.BICUBIC))[..., None]
    opacity = np.clip(np.abs(smooth), 0, 1) ** 0.9 * (_OPAQUE * 255)
    colours = [np.array(_rgb(colour_of(label)), np.float32) for label in (0, 1)]
    colour = np.where(smooth < 0, *colours)
    return Image.fromarray(np.concatenate([colour, opacity], axis=-1).astype(np.uint8), "RGBA")


def _panels(pixels: NDArray[np.uint8]) -> _Panels:
    height, width = pixels.shape[:2]
    scale = min(_PANEL / width, _PANEL / height, _LARGEST_SCALE)
    return _Panels(max(1, round(width * scale)), max(1, round(height * scale)))


def _reading(face: Face, classes: Sequence[str]) -> tuple[int, float]:
    """Return the label that a face speaks for and its probability."""
    values = [face.probabilities[name] for name in classes]
    label = int(np.argmax(values))
    return label, values[label]


def _pixels_of(face: Face, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return a face's box in pixels, at least 3 a side, whatever the finder said."""
    left, top, right, bottom = (
        round(share * side) for share, side in zip(face.box, (*size, *size), strict=True)
    )
    return left, top, max(right, left + 3), max(bottom, top + 3)


def _grown(box: tuple[int, int, int, int], by: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    return left - by, top - by, max(right + by, left - by), max(bottom + by, top - by)


def _tag(
    pen: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    words: str,
    colour: str,
    size: tuple[int, int],
) -> None:
    """Write a reading on a coloured ground above the box, or inside where there is no room."""
    letters = font(min(20, max(13, (box[2] - box[0]) // 6)))
    words = shortened(writable(words), letters, size[0] - 12)
    width, height = round(letters.getlength(words)) + 12, 26
    x = max(0, min(box[0], size[0] - width))
    y = box[1] - height if box[1] >= height else box[1]
    pen.rounded_rectangle((x, y, x + width, y + height), 4, fill=colour)
    pen.text((x + 6, y + height / 2), words, fill="white", font=letters, anchor="lm")


def _write_header(
    pen: ImageDraw.ImageDraw, prediction: Prediction, classes: Sequence[str], *, room: int
) -> None:
    label = prediction.label or ""
    probability = prediction.probabilities[label]
    answer, colour = f"{label} {probability:.2f}", colour_of(list(classes).index(label))
    if prediction.verdict != label:
        answer = f"{prediction.verdict}, perhaps {answer}{or_neither(prediction)}"
        colour = SOFT
    pen.text((_MARGIN, 20), shortened(writable(answer), font(36), room), colour, font(36))
    sentence = prediction.views.sentence if prediction.views else ""
    pen.text((_MARGIN, 66), shortened(writable(sentence), font(20), room), INK, font(20))
    taken = max(font(36).getlength(answer), font(20).getlength(sentence)) + _MARGIN
    name = shortened(writable(prediction.source), font(16), max(120.0, room - taken))
    pen.text((_MARGIN + room, 71), name, SOFT, font(16), anchor="ra")


def _write_footer(
    pen: ImageDraw.ImageDraw, prediction: Prediction, classes: Sequence[str], panels: _Panels
) -> None:
    top = _HEADER + panels.height + 18
    room = panels.width
    if prediction.views:
        views = prediction.views
        counted = f"scene counted {views.scene_share:.0%}, faces {views.faces_share:.0%}"
        pen.text((panels.left, top), shortened(counted, font(16), room), SOFT, font(16))
    names = [shortened(writable(name), font(16), 150) for name in classes]
    x: float = panels.right
    pen.text((x, top), names[0], colour_of(0), font(16))
    x += font(16).getlength(names[0]) + 10
    for step in range(_LEGEND):
        share = 2 * step / (_LEGEND - 1) - 1
        pen.line((x + step, top + 3, x + step, top + 15), fill=_blended(share))
    pen.text((x + _LEGEND + 10, top), names[1], colour_of(1), font(16))


def _blended(share: float) -> tuple[int, int, int]:
    """Return the legend's colour from the first class (-1) over nothing (0) to the second (1)."""
    ground = _rgb("#d5d5d5")
    colour = _rgb(colour_of(int(share > 0)))
    opacity = abs(share) ** 0.9 * _OPAQUE
    red, green, blue = (
        round(a * (1 - opacity) + b * opacity) for a, b in zip(ground, colour, strict=True)
    )
    return red, green, blue


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
