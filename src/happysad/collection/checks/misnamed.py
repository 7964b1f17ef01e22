"""A name that says another format: harmless here, but other programs go by the name."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from happysad.collection.survey import Check, Survey
from happysad.pictures.formats import EXTENSIONS
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


def find(survey: Survey) -> Iterator[Finding]:
    """Yield pictures whose extension is not one of their format's."""
    for picture in survey.pictures:
        extension = PurePosixPath(picture.file).suffix
        if extension.casefold() not in EXTENSIONS[picture.format]:
            named = f"has the extension {extension!r}" if extension else "has no extension"
            yield Finding(
                code=CHECK.code,
                file=picture.file,
                severity=CHECK.severity,
                message=f"The file {named}; its content is {picture.format}.",
            )


CHECK = Check(
    code="misnamed",
    severity="notice",
    advice="Rename it if other programs stumble over it. It is used as what it really is.",
    find=find,
)
