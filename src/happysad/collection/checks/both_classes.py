"""The same picture under two labels: at least one of the labels is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.collection.survey import Check, Survey
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


def find(survey: Survey) -> Iterator[Finding]:
    """Yield every copy, in every class: nobody can say here which label is right."""
    for group in survey.near:
        classes = sorted({picture.label for picture in group})
        if len(classes) < 2:
            continue
        for picture in group:
            others = tuple(other.file for other in group if other.label != picture.label)
            yield Finding(
                code=CHECK.code,
                file=picture.file,
                severity=CHECK.severity,
                message=f"The same picture lies in the classes {', '.join(map(repr, classes))}.",
                related=others,
            )


CHECK = Check(
    code="both_classes",
    severity="fault",
    advice=(
        "Decide which class is right and delete the other copies, or write 'drop' for them into "
        "the decision list. Until then none is used: with contradicting labels a model can only "
        "learn to be wrong about it."
    ),
    find=find,
)
