"""Pictures that belong together though no two of them are copies: the frames of one webcam burst.

A person says so in ``FOLDER/.happysad/groups.csv``, a table with the columns ``file`` (relative to
the folder, with ``/``) and ``group`` (any name). Pictures of one class that share a name are one
group: a split keeps them in one part, as it does with near duplicates, with which they are joined.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from happysad.collection.names import OWN_FOLDER
from happysad.collection.table import Table

if TYPE_CHECKING:
    from happysad.collection.duplicates import Groups
    from happysad.records import Entry

NAME = "groups.csv"
COLUMNS = ("file", "group")

_TABLE = Table("groups", COLUMNS, COLUMNS, advice="Correct it, or remove it.")


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
    found: dict[str, str] = {}
    for line, row in _TABLE.read(path, optional=True):
        file, group = row["file"], row["group"]
        if group and found.setdefault(file, group) != group:
            raise _TABLE.wrong(path, f"line {line}: {file!r} is in two groups")
    return found


def write_groups(root: str | os.PathLike[str], groups: Mapping[str, str]) -> None:
    """Write a folder's list, replacing one that is there.

    Args:
        root: the labelled folder.
        groups: file → group.

    Raises:
        CollectionError: it cannot be written.
    """
    _TABLE.write(place(root), groups.items(), new_folder=True)


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
