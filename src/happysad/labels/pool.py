"""The pictures of a folder that are to be labelled, with their copies known."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from happysad.collection.names import OWN_FOLDER
from happysad.collection.scan import read_all
from happysad.collection.walk import walk
from happysad.config import CheckOptions
from happysad.errors import CollectionError
from happysad.progress import Progress, silent

if TYPE_CHECKING:
    from happysad.collection.walk import Found
    from happysad.records import Entry

FILE_NAME = "labels.sqlite"


@dataclass(frozen=True, slots=True)
class Pool:
    """The pictures of a folder.

    Attributes:
        root: absolute path of the folder.
        entries: the readable pictures, sorted by file; ``label`` is empty in a folder without
            classes.
        left_out: files that cannot be read as pictures.
    """

    root: str
    entries: tuple[Entry, ...]
    left_out: int

    @property
    def by_picture(self) -> dict[str, Entry]:
        """The first file of each content, by sha256."""
        return {entry.sha256: entry for entry in reversed(self.entries)}

    @property
    def groups(self) -> dict[str, tuple[Entry, ...]]:
        """Copies and near copies together, in the order of their first files."""
        members: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            members[entry.group].append(entry)
        return {group: tuple(entries) for group, entries in members.items()}


def default_store(folder: str | os.PathLike[str]) -> Path:
    """Return where the labels of a pool are kept: in its own hidden folder, which no scan reads."""
    return Path(folder) / OWN_FOLDER / FILE_NAME


def read_pool(
    folder: str | os.PathLike[str],
    *,
    options: CheckOptions | None = None,
    progress: Progress = silent,
) -> Pool:
    """Read a folder of pictures without labels; folders in it mean nothing.

    Args:
        folder: flat or nested.
        options: what a picture may cost.
        progress: told of the files read.

    Raises:
        CollectionError: there is no such folder, or no picture in it.
    """
    root, found = files_of(folder)
    survey, _ = read_all(root, found, options or CheckOptions(), progress)
    entries = tuple(replace(entry, label="") for entry in survey.pictures)
    pool = Pool(root, entries, len(survey.failures))
    refuse_no_picture(pool)
    return pool


def files_of(folder: str | os.PathLike[str]) -> tuple[str, list[Found]]:
    """Return a folder's absolute path and everything below it.

    Raises:
        CollectionError: there is no such folder.
    """
    root = Path(os.path.abspath(folder))  # noqa: PTH100  resolve() would follow links
    if not root.is_dir():
        msg = f"There is no folder {str(root)!r}. Give the folder that holds the pictures."
        raise CollectionError(msg)
    return str(root), walk(str(root), loose=True)


def refuse_no_picture(pool: Pool) -> None:
    """Refuse a pool that was read and is empty.

    Raises:
        CollectionError: there is no picture in it.
    """
    if not pool.entries:
        msg = f"There are no pictures in {pool.root!r} that can be read. Give another folder."
        raise CollectionError(msg)
