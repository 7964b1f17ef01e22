"""Every file below a labelled folder, listed without opening, following or waiting for any.

``layout`` judges the top level, ``scan`` reads the files that are listed here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from happysad.collection.names import OWN_FOLDER, is_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal[
    "file",
    "ignored",
    "symbolic_link",
    "not_a_file",
    "permission_denied",
    "vanished",
    "unreadable",
]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found below a labelled folder.

    Attributes:
        file: path relative to the folder, with ``/``; bytes that are no UTF-8 are kept as lone
            surrogates, as ``os.fsdecode`` does.
        kind: ``file`` for a regular file to be read, ``ignored`` for one to be passed over; else
            the code of the finding that says why it cannot be read. A folder appears only when it
            cannot be listed.
        reason: why a folder cannot be listed, as a sentence.
    """

    file: str
    kind: Kind
    reason: str = ""


def walk(root: str, *, loose: bool = False) -> list[Found]:
    """List everything below a folder, sorted by file.

    Links are listed, not followed, so loops end. The folders still to do are kept in a list, so
    depth costs no stack. Files beside the class folders are ignored: ``layout`` has refused a
    labelled folder if any of them is a picture.

    Args:
        root: absolute path of the folder.
        loose: also list the files at the top, for a folder without classes.
    """
    found: list[Found] = []
    pending = [("", False)]
    while pending:
        folder, hidden = pending.pop()
        try:
            listed = list(_list(root, folder))
        except OSError as error:
            reason = f"The folder cannot be listed: {error.strerror}."
            found.append(Found(folder, _code(error), reason))
            continue
        for name, kind in listed:
            file = f"{folder}/{name}" if folder else name
            ignored = hidden or is_hidden(name)
            if kind == "folder":
                pending.append((file, ignored))
            elif ignored or (not folder and kind == "file" and not loose):
                found.append(Found(file, "ignored"))
            else:
                found.append(Found(file, kind))
    return sorted(found, key=lambda item: item.file)


def _list(root: str, folder: str) -> Iterator[tuple[str, Kind | Literal["folder"]]]:
    with os.scandir(f"{root}/{folder}") as entries:
        for entry in entries:
            if not folder and entry.name == OWN_FOLDER:
                continue
            if entry.is_symlink():
                yield entry.name, "symbolic_link"
            elif entry.is_dir(follow_symlinks=False):
                yield entry.name, "folder"
            elif entry.is_file(follow_symlinks=False):
                yield entry.name, "file"
            else:
                yield entry.name, "not_a_file"


def _code(error: OSError) -> Kind:
    if isinstance(error, PermissionError):
        return "permission_denied"
    if isinstance(error, FileNotFoundError):
        return "vanished"
    return "unreadable"
