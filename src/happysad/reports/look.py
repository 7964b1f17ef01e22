"""Pictures about pictures: batches, balance, diversity and contact sheets as PNG.

Drawn with Pillow alone, so that they need no plotting library. Sizes are in points; everything is
drawn at twice that many pixels, for sharp type on today's screens.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw

from happysad.reports.lettering import (
    INK,
    PAPER,
    SOFT,
    TRACK,
    colour_of,
    font,
    shortened,
    writable,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.records import Batch

Tile = tuple["NDArray[np.uint8]", str]
"""A square picture and what stands below it."""

_SCALE: Final = 2
_MARGIN: Final = 28
_GAP: Final = 10
_TILE: Final = 112
_CAPTION: Final = 20


@dataclass(frozen=True, slots=True)
class Spread:
    """How one measure is spread over the pictures of each class.

    Attributes:
        name: what is measured, with its unit.
        low: left end of the axis.
        high: right end of the axis.
        ends: what stands at the two ends.
        values: class → one number a picture.
    """

    name: str
    low: float
    high: float
    ends: tuple[str, str]
    values: Mapping[str, Sequence[float]]


def batch_sheet(batch: Batch) -> bytes:
    """Draw a batch with its labels, in rows of eight.

    Returns:
        The bytes of a PNG file.
    """
    names = ", ".join(f"{number} = {name}" for number, name in enumerate(batch.classes))
    pixels = batch.pixels.astype(np.uint8)
    captions = [f"{label} · {batch.classes[label]}" for label in batch.labels]
    tiles = list(zip(pixels, captions, strict=True))
    colours = [colour_of(int(label)) for label in batch.labels]
    return sheet(
        "One batch, as the network takes it",
        f"an array of shape {batch.pixels.shape} · {names}",
        {"": tiles},
        colours=colours,
    )


def sheet(
    title: str,
    note: str,
    rows: Mapping[str, Sequence[Tile]],
    *,
    columns: int = 8,
    colours: Sequence[str] = (),
) -> bytes:
    """Draw tiles in rows, each group of rows under its heading.

    Args:
        title: of the whole sheet.
        note: one line below it.
        rows: heading → tiles; an empty heading takes no room.
        columns: tiles a row.
        colours: of a mark before each caption, in the order of the tiles; none without.

    Returns:
        The bytes of a PNG file.
    """
    heights = [
        (30 if heading else 0) + -(-len(tiles) // columns) * (_TILE + _CAPTION + _GAP)
        for heading, tiles in rows.items()
    ]
    width = columns * (_TILE + _GAP) - _GAP
    page = _Page(width, sum(heights) + 14 * (len(rows) - 1), title, note)
    top = page.top
    marks = iter(colours)
    for (heading, tiles), height in zip(rows.items(), heights, strict=True):
        if heading:
            page.text(0, top, heading, 15)
        first = top + (30 if heading else 0)
        for number, (pixels, caption) in enumerate(tiles):
            row, column = divmod(number, columns)
            x, y = column * (_TILE + _GAP), first + row * (_TILE + _CAPTION + _GAP)
            page.tile(x, y, pixels)
            mark = next(marks, None)
            if mark:
                page.box(x, y + _TILE + 7, 7, 7, mark)
            indent = 12 if mark else 0
            page.text(x + indent, y + _TILE + 3, caption, 11, SOFT, room=_TILE - indent)
        top += height + 14
    return page.png()


def balance(counts: Mapping[str, int]) -> bytes:
    """Draw how many pictures each class has.

    Returns:
        The bytes of a PNG file.
    """
    total, most = sum(counts.values()), max(counts.values(), default=1)
    page = _Page(560, 34 * len(counts), "Class balance", f"{total:,} pictures in use")
    for number, (name, count) in enumerate(counts.items()):
        y = page.top + 34 * number
        page.text(0, y + 3, f"{number} · {name}", 13, room=120)
        page.box(130, y, 300, 22, TRACK)
        page.box(130, y, round(300 * count / max(most, 1)), 22, colour_of(number))
        share = f"{count:,}  ({count / max(total, 1):.0%})"
        page.text(440, y + 3, share, 13, SOFT)
    return page.png()


def diversity(spreads: Sequence[Spread], classes: Sequence[str], notes: Sequence[str]) -> bytes:
    """Draw how each measure is spread in each class: small histograms side by side.

    Args:
        spreads: one column each.
        classes: one row each.
        notes: one line a class, e.g. its formats.

    Returns:
        The bytes of a PNG file.
    """
    cell, height = 168, 92
    width = len(spreads) * (cell + 24) - 24
    page = _Page(
        width,
        24 + len(classes) * (height + 50),
        "Diversity",
        "how size, light, colour and content are spread in each class",
    )
    for column, spread in enumerate(spreads):
        page.text(column * (cell + 24), page.top, spread.name, 13)
    for row, name in enumerate(classes):
        y = page.top + 24 + row * (height + 50)
        page.text(0, y + height + 18, f"{name}: {notes[row]}", 12, SOFT, room=width)
        for column, spread in enumerate(spreads):
            x = column * (cell + 24)
            _histogram(page, (x, y, cell, height), spread, spread.values[name], colour_of(row))
    return page.png()


def _histogram(
    page: _Page,
    place: tuple[int, int, int, int],
    spread: Spread,
    values: Sequence[float],
    colour: str,
) -> None:
    x, y, width, height = place
    page.box(x, y, width, height, "#f4f2ec")
    bins = 24
    clipped = np.clip(values, spread.low, spread.high) if len(values) else np.empty(0)
    counts, _ = np.histogram(clipped, bins=bins, range=(spread.low, spread.high))
    step = width // bins
    for number, count in enumerate(counts):
        tall = round((height - 8) * count / max(counts.max(), 1))
        if count:
            page.box(
                x + number * step + 1, y + height - max(tall, 2), step - 1, max(tall, 2), colour
            )
    page.text(x, y + height + 2, spread.ends[0], 10, SOFT)
    page.text(x + width, y + height + 2, spread.ends[1], 10, SOFT, right=True)


class _Page:
    """A sheet of paper with a title, on which boxes, tiles and words are put, in points.

    Args:
        width: of what is put below the title, without margins.
        height: likewise.
        title: in large letters.
        note: below the title.
    """

    top = 58

    def __init__(self, width: int, height: int, title: str, note: str) -> None:
        width = max(width, 420)
        size = (width + 2 * _MARGIN, self.top + height + 2 * _MARGIN)
        self._image = Image.new("RGB", (size[0] * _SCALE, size[1] * _SCALE), PAPER)
        self._draw = ImageDraw.Draw(self._image)
        self.text(0, 0, title, 22)
        self.text(0, 30, note, 13, SOFT, room=width)

    def text(
        self,
        x: int,
        y: int,
        words: str,
        size: int,
        colour: str = INK,
        *,
        room: int = 0,
        right: bool = False,
    ) -> None:
        """Write one line; shortened where ``room`` is given, ending at ``x`` if ``right``."""
        letters = font(size * _SCALE)
        words = shortened(writable(words), letters, room * _SCALE) if room else writable(words)
        place = ((x + _MARGIN) * _SCALE, (y + _MARGIN) * _SCALE)
        self._draw.text(place, words, fill=colour, font=letters, anchor="ra" if right else "la")

    def box(self, x: int, y: int, width: int, height: int, colour: str) -> None:
        left, top = (x + _MARGIN) * _SCALE, (y + _MARGIN) * _SCALE
        if width > 0 and height > 0:
            corner = (left + width * _SCALE - 1, top + height * _SCALE - 1)
            self._draw.rectangle(((left, top), corner), fill=colour)

    def tile(self, x: int, y: int, pixels: NDArray[np.uint8]) -> None:
        side = _TILE * _SCALE
        image = Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS)
        mask = Image.new("L", (side, side), 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, side - 1, side - 1), 8, fill=255)
        self._image.paste(image, ((x + _MARGIN) * _SCALE, (y + _MARGIN) * _SCALE), mask)

    def png(self) -> bytes:
        target = io.BytesIO()
        self._image.save(target, "PNG", compress_level=4)
        return target.getvalue()
