"""Pictures that show neither class, by a model that has learned what such pictures look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.collection.survey import Check, Survey
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


def find(survey: Survey) -> Iterator[Finding]:
    """Yield pictures that are about something else; none where nobody looked."""
    for picture in survey.pictures:
        doubt = survey.doubts.get(picture.file)
        if doubt is not None and doubt.off_topic is not None:
            yield Finding(
                code=CHECK.code,
                file=picture.file,
                severity=CHECK.severity,
                message=f"Shows neither class with a probability of {doubt.off_topic:.2f}.",
                measure=doubt.off_topic,
            )


CHECK = Check(
    code="off_topic",
    severity="notice",
    advice=(
        "Look at it. If nobody could tell its class without reading words, write 'drop' into the "
        "decision list, which happysad train --decisions follows, or take the file out."
    ),
    find=find,
)
