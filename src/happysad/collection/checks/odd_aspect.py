"""Banners, strips and long screenshots: squeezed into a square, their content is distorted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.collection.survey import Check, Survey
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


def find(survey: Survey) -> Iterator[Finding]:
    """Yield pictures whose longer side is above ``options.max_aspect`` times the shorter."""
    most = survey.options.max_aspect
    for picture in survey.pictures:
        aspect = max(picture.width, picture.height) / min(picture.width, picture.height)
        if aspect > most:
            size = f"{picture.width} × {picture.height}"
            yield Finding(
                code=CHECK.code,
                file=picture.file,
                severity=CHECK.severity,
                message=f"{size} pixels: one side is {aspect:.1f} times the other.",
                measure=round(aspect, 4),
            )


CHECK = Check(
    code="odd_aspect",
    severity="notice",
    advice="Crop it to what matters, or leave it out.",
    find=find,
)
