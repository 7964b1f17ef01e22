"""Pictures with almost nothing in them: one colour, a blank page, a place holder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from happysad.collection.survey import Check, Survey
from happysad.pictures.signature import from_hex, is_flat
from happysad.records import Entry, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bits of entropy of the luma. Of 2,801 web pictures two lie below: a blank page and a few thin
# lines on black. Emoticons and line drawings begin at 0.5 and photographs at 0.9; a picture of a
# single colour has 0.
LEAST: Final = 0.4


def is_empty(picture: Entry) -> bool:
    """Whether a picture has too few tones, or too even ones, to show anything."""
    return picture.quality["information"] < LEAST or bool(is_flat(from_hex(picture.signature)))


def find(survey: Survey) -> Iterator[Finding]:
    """Yield pictures of almost one tone."""
    for picture in survey.pictures:
        if is_empty(picture):
            bits = picture.quality["information"]
            yield Finding(
                code=CHECK.code,
                file=picture.file,
                severity=CHECK.severity,
                message=f"Almost a single tone: {bits:.2f} bits of 6, without structure.",
                measure=bits,
            )


CHECK = Check(
    code="low_information",
    severity="notice",
    advice="Look at it. A blank or a place holder teaches nothing: leave it out.",
    find=find,
)
