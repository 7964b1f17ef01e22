"""Nearly the same picture again: resized, re-encoded, slightly cropped, with a caption.

Such pictures are used; the split keeps each group in one part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.collection.survey import Check, Survey
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_RELATED = 20
"""Names in one finding: all names in all findings of a group of a thousand would be a million."""


def find(survey: Survey) -> Iterator[Finding]:
    """Yield the pictures of every group, exact copies aside."""
    spare = {copy.file for group in survey.exact for copy in group[1:]}
    for group in survey.near:
        distinct = [picture.file for picture in group if picture.file not in spare]
        if len(distinct) < 2 or len({picture.label for picture in group}) > 1:
            continue
        for file in distinct:
            others = [other for other in distinct if other != file]
            yield Finding(
                code=CHECK.code,
                file=file,
                severity=CHECK.severity,
                message=f"One of {len(distinct)} pictures that are nearly the same.",
                related=tuple(others[:MOST_RELATED]),
            )


CHECK = Check(
    code="near_duplicate",
    severity="notice",
    advice=(
        "Nothing needs doing: all are used, and a split keeps the group together so that no model "
        "is tested on what it has learned."
    ),
    find=find,
)
