"""Pictures without a sharp edge anywhere; a sharp face before a soft background is fine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from happysad.collection.checks.low_information import is_empty
from happysad.collection.survey import Check, Survey
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of 2,801 web pictures none with any content lies below (least 0.51, then 0.56; half of all have
# above 2.1). After a Gaussian blur with a radius of 2% of the longer side 98.7% lie below, of 3%
# 99.3%.
LEAST: Final = 0.5


def find(survey: Survey) -> Iterator[Finding]:
    """Yield pictures whose strongest edges are weak; empty ones have no edges to judge."""
    for picture in survey.pictures:
        sharpness = picture.quality["sharpness"]
        if sharpness < LEAST and not is_empty(picture):
            yield Finding(
                code=CHECK.code,
                file=picture.file,
                severity=CHECK.severity,
                message=f"Its sharpest edges measure {sharpness:.2f}; {LEAST} is soft already.",
                measure=sharpness,
            )


CHECK = Check(
    code="blurred",
    severity="notice",
    advice="Look whether you can still see the mood in it. If not, leave it out.",
    find=find,
)
