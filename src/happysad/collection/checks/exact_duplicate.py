"""Copies within a class: a picture counted twice weighs twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.collection.survey import Check, Survey
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


def find(survey: Survey) -> Iterator[Finding]:
    """Yield all copies but the first by name.

    Copies in several classes are left to ``both_classes``.
    """
    contradicted = {
        picture.file
        for group in survey.near
        if len({picture.label for picture in group}) > 1
        for picture in group
    }
    for group in survey.exact:
        first, *copies = group
        if first.file in contradicted:
            continue
        for copy in copies:
            what = "bytes" if copy.sha256 == first.sha256 else "pixels"
            yield Finding(
                code=CHECK.code,
                file=copy.file,
                severity=CHECK.severity,
                message=f"The same {what} as {first.file!r}, which is used.",
                related=(first.file,),
            )


CHECK = Check(
    code="exact_duplicate",
    severity="fault",
    advice="Nothing needs doing: the first copy is used, the others are left out.",
    find=find,
)
