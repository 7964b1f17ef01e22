"""Pictures so dark that hardly anything can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from happysad.collection.survey import Check, Survey
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of 2,801 web pictures, moody night scenes among them, one lies below (a black page, 0.07); the
# next has 0.29. Pictures dimmed to a fifth all lie below.
LEAST: Final = 0.22


def find(survey: Survey) -> Iterator[Finding]:
    """Yield pictures of which 99% of the pixels are darker than ``LEAST`` of full luma."""
    for picture in survey.pictures:
        luma = picture.quality["dark"]
        if luma < LEAST:
            yield Finding(
                code=CHECK.code,
                file=picture.file,
                severity=CHECK.severity,
                message=f"99% of its pixels are darker than {luma:.0%} of white.",
                measure=luma,
            )


CHECK = Check(
    code="dark",
    severity="notice",
    advice="Look whether you can see the mood in it. If not, brighten it or leave it out.",
    find=find,
)
