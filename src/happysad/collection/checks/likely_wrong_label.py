"""Pictures whose label is more likely wrong than right, by models that did not see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from happysad.collection.survey import Check, Survey
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST: Final = 0.5
"""Probability that the label is wrong; below it the label is more likely right."""


def find(survey: Survey) -> Iterator[Finding]:
    """Yield pictures in doubt; none where nobody looked at the labels."""
    for picture in survey.pictures:
        doubt = survey.doubts.get(picture.file)
        if doubt is not None and doubt.wrong >= LEAST:
            yield Finding(
                code=CHECK.code,
                file=picture.file,
                severity=CHECK.severity,
                message=(
                    f"Labelled {picture.label!r}, more likely {doubt.suggested!r}: "
                    f"the label is wrong with a probability of {doubt.wrong:.2f}."
                ),
                measure=doubt.wrong,
                suggested=doubt.suggested,
            )


CHECK = Check(
    code="likely_wrong_label",
    severity="notice",
    advice=(
        "Look at it. If the label is wrong, write 'relabel' or 'drop' into the decision list, "
        "which happysad train --decisions follows, or move the file."
    ),
    find=find,
)
