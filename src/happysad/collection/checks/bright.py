"""Pictures so bright that hardly anything can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from happysad.collection.survey import Check, Survey
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of 2,801 web pictures three lie above, all nearly empty white pages; line drawings on white
# paper reach 0.85. Pictures bleached to a tenth of their contrast all lie above.
MOST: Final = 0.88


def find(survey: Survey) -> Iterator[Finding]:
    """Yield pictures of which 95% of the pixels are brighter than ``MOST`` of full luma."""
    for picture in survey.pictures:
        luma = picture.quality["bright"]
        if luma > MOST:
            yield Finding(
                code=CHECK.code,
                file=picture.file,
                severity=CHECK.severity,
                message=f"95% of its pixels are brighter than {luma:.0%} of white.",
                measure=luma,
            )


CHECK = Check(
    code="bright",
    severity="notice",
    advice="Look whether you can see the mood in it. If not, darken it or leave it out.",
    find=find,
)
