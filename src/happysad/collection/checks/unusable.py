"""Files that give no picture: missing, foreign, damaged or too expensive.

Reading found out already; each code has its own check here so that it has its own advice.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from happysad.collection.survey import Check, Survey
from happysad.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ADVICE: Mapping[str, str] = {
    "zero_bytes": "Download or copy the picture again, or delete the file.",
    "html": "A download saved an error or login page. Download the picture itself.",
    "git_lfs_pointer": "Run 'git lfs pull' in the folder to get the pictures themselves.",
    "unsupported_format": "Convert it to JPEG or PNG, or delete it if it is no picture.",
    "truncated": "A download or copy broke off. Get the file again.",
    "unreadable": "The file is damaged. Get it again, or delete it.",
    "too_many_bytes": "Save the picture smaller, or raise the limit on bytes.",
    "too_many_pixels": "Save the picture smaller, or raise the limit on pixels.",
    "decode_timeout": "The file is probably made to waste time. Delete it unless you trust it.",
    "decode_crashed": "The file is probably made to do harm. Delete it unless you trust it.",
    "permission_denied": "Give yourself the right to read it, then check again.",
    "symbolic_link": "Put a copy of the picture in the link's place if it belongs to the class.",
    "not_a_file": "Pipes, sockets and devices do not belong in a folder of pictures. Remove it.",
    "vanished": "Something else is changing the folder. Check again when it is done.",
    "missing": "Something else is changing the folder. Check again when it is done.",
}


def find(survey: Survey, *, code: str) -> Iterator[Finding]:
    """Yield the files that gave no picture for one reason."""
    for failure in survey.failures:
        if failure.code == code:
            yield Finding(code=code, file=failure.file, severity="fault", message=failure.message)


CHECKS = tuple(
    Check(code=code, severity="fault", advice=advice, find=partial(find, code=code))
    for code, advice in ADVICE.items()
)
