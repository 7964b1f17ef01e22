"""Colours and letters of the pictures that are drawn with Pillow alone."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import cache
from typing import Final

from PIL import ImageFont

PAPER, INK, SOFT, TRACK = "#fbfaf7", "#23262b", "#5f6670", "#ebe8e1"
# Okabe and Ito's palette, which colour-blind readers can tell apart.
COLOURS: Final = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def colour_of(label: int) -> str:
    """Return the colour in which a class is drawn."""
    return COLOURS[label % len(COLOURS)]


@cache
def font(size: int) -> Font:
    """Return the type that comes with Pillow, so that every machine draws the same.

    Args:
        size: in pixels.
    """
    return ImageFont.load_default(size)


def writable(words: str) -> str:
    """Replace what would break a line or cannot be drawn: file names may hold anything."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(letter)[0] == "C" else letter
        for letter in words
    )


def shortened(words: str, letters: Font, room: float) -> str:
    """Cut a line in its middle so that it fits: names tell most at their ends.

    Args:
        words: the line.
        letters: the type it is written in.
        room: pixels.
    """
    if letters.getlength(words) <= room:
        return words
    fits = bisect_right(
        range(2, len(words)), room, key=lambda kept: letters.getlength(_cut(words, kept))
    )
    return _cut(words, fits + 1) if fits else "…"


def _cut(words: str, kept: int) -> str:
    """Return the first and the last letters of a line, ``kept`` in all."""
    return f"{words[: -(-kept // 2)]}…{words[len(words) - kept // 2 :]}"
