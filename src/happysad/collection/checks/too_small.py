"""Pictures with too few pixels to show a mood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.collection.survey import Check, Survey
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


def find(survey: Survey) -> Iterator[Finding]:
    """Yield pictures whose shorter side is below ``options.small_side``."""
    least = survey.options.small_side
    for picture in survey.pictures:
        side = min(picture.width, picture.height)
        if side < least:
            size = f"{picture.width} × {picture.height}"
            yield Finding(
                code=CHECK.code,
                file=picture.file,
                severity=CHECK.severity,
                message=f"{size} pixels; the shorter side should have {least} or more.",
                measure=float(side),
            )


CHECK = Check(
    code="too_small",
    severity="notice",
    advice="Look for a larger version; enlarged, it shows the network blocks and blur.",
    find=find,
)
