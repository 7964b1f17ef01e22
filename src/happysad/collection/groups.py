"""Pictures that belong together though no two of them are copies: the frames of one webcam burst.

A person says so in ``FOLDER/.happysad/groups.csv``, a table with the columns ``file`` (relative to
the folder, with ``/``) and ``group`` (any name). Pictures of one class that share a name are one
group: a split keeps them in one part, as it does with near duplicates, with which they are joined.
"""

from __future__ import annotations

import csv
import io
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from happysad.collection.names import OWN_FOLDER
from happysad.config import Limits
from happysad.durable import replacing
from happysad.errors import CollectionError, SourceError
from happysad.sources.read import read_file

if TYPE_CHECKING:
    from happysad.collection.duplicates import Groups
    from happysad.records import Entry

NAME = "groups.csv"
COLUMNS = ("file", "group")

_MOST_BYTES = 64 << 20


def place(root: str | os.PathLike[str]) -> Path:
    """Return where a folder's list is, if it has one."""
    return Path(root) / OWN_FOLDER / NAME


def read_groups(root: str | os.PathLike[str]) -> dict[str, str]:
    """Return file → group of a folder's list; empty where there is none.

    Files that are not there any more do no harm.

    Raises:
        CollectionError: the list cannot be read, lacks a column, or puts a file into two groups.
    """
    path = place(root)
    try:
        data = read_file(path, limits=Limits(max_bytes=_MOST_BYTES))
    except SourceError as error:
        if error.code == "missing":
            return {}
        raise _wrong(path, error.message.rstrip(".")) from error
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig", "surrogateescape"), newline=""))
    found: dict[str, str] = {}
    try:
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or [])]
        if missing:
            raise _wrong(path, f"it has no column {missing[0]!r}; it needs {', '.join(COLUMNS)}")
        for row in rows:
            file, group = (row[name] or "" for name in COLUMNS)
            if group and found.setdefault(file, group) != group:
                raise _wrong(path, f"line {rows.line_num}: {file!r} is in two groups")
    except csv.Error as error:
        raise _wrong(path, f"line {rows.line_num}: {error}") from error
    return found


def write_groups(root: str | os.PathLike[str], groups: Mapping[str, str]) -> None:
    """Write a folder's list, replacing one that is there.

    Args:
        root: the labelled folder.
        groups: file → group.

    Raises:
        CollectionError: it cannot be written.
    """
    path = place(root)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(groups.items())
    try:
        path.parent.mkdir(exist_ok=True)
        with replacing(path) as file:
            # names that are no UTF-8 come back as they are
            file.write(text.getvalue().encode("utf-8", "surrogateescape"))
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"The list of groups {str(path)!r} cannot be written: {reason}."
        raise CollectionError(msg) from error


def joined(pictures: Sequence[Entry], near: Groups, listed: Mapping[str, str]) -> Groups:
    """Return the groups of near duplicates, those joined that a list says belong together.

    What the list says holds within a class: a group whose pictures lie in two classes could not
    be dealt to one part. A picture with a copy in another class is not used, and joins nothing.

    Args:
        pictures: numbered as they come.
        near: groups of near duplicates, from ``find_duplicates``.
        listed: file → group.
    """
    from happysad.collection.duplicates import connected

    contradicted = {
        item for group in near if len({pictures[one].label for one in group}) > 1 for item in group
    }
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for item, picture in enumerate(pictures):
        if picture.file in listed and item not in contradicted:
            members[picture.label, listed[picture.file]].append(item)
    chains = [*near, *members.values()]
    return connected(len(pictures), ((group[0], other) for group in chains for other in group[1:]))


def _wrong(path: Path, what: str) -> CollectionError:
    msg = f"The list of groups {str(path)!r} cannot be used: {what}. Correct it, or remove it."
    return CollectionError(msg)
