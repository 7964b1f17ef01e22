"""Moving faulty files aside and back; nothing is ever deleted or overwritten.

Files go to ``<folder>/.happysad/quarantine/<run>/<their path>``, which is the same file system,
so a move is one rename and keeps bytes and times. The journal knows of each move before it
happens: whenever the process is killed, ``undo`` finds every file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from happysad.collection.journal import NAME, Journal, Move, read_journal
from happysad.collection.names import OWN_FOLDER
from happysad.durable import sync_folder
from happysad.errors import CollectionError
from happysad.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from happysad.records import Collection


@dataclass(frozen=True, slots=True)
class Quarantine:
    """What a quarantine did.

    Attributes:
        folder: where the files are now.
        moved: files that were moved aside, relative to the collection's folder, sorted.
        left: files that could not be moved, with the reason.
    """

    folder: str
    moved: tuple[str, ...]
    left: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did.

    Attributes:
        restored: files that are back in their place, relative to the collection's folder, sorted.
        kept: files that are still in the quarantine, with the reason.
    """

    restored: tuple[str, ...]
    kept: Mapping[str, str]


def quarantine(collection: Collection, *, progress: Progress = silent) -> Quarantine:
    """Move the files that are set aside out of their class folders.

    Args:
        collection: a checked folder; ``undo`` takes its ``root``.
        progress: told of each file.

    Raises:
        CollectionError: the quarantine cannot be written; no file was moved.
    """
    root = Path(collection.root)
    codes = {item.file: item.code for item in collection.findings if item.severity == "fault"}
    moved: list[str] = []
    left: dict[str, str] = {}
    try:
        home = _make_home(root)
        run = _new_run(home)
        with Journal(home / NAME) as journal:
            for done, file in enumerate(collection.set_aside):
                progress("moving aside", done, len(collection.set_aside), file)
                source, move = root / file, Move(file, f"{run}/{file}", codes[file])
                if not os.path.lexists(source):
                    continue  # it vanished; there is nothing to set aside
                reason = _move_journaled(journal, source, home, move)
                if reason:
                    left[file] = reason
                else:
                    moved.append(file)
    except OSError as error:
        msg = (
            f"The quarantine in {str(root / OWN_FOLDER)!r} cannot be written: {error.strerror}. "
            f"{len(moved)} files were moved before that; undo puts them back."
        )
        raise CollectionError(msg) from error
    progress("moving aside", len(collection.set_aside), len(collection.set_aside))
    _tidy(root)
    return Quarantine(folder=str(home / run), moved=tuple(moved), left=left)


def undo(folder: str | os.PathLike[str]) -> Undone:
    """Put every file of a folder's quarantine back where it was, byte for byte.

    It can be repeated: files that are back stay, files whose place has been taken since stay in
    the quarantine until the place is free.

    Args:
        folder: the labelled folder.

    Raises:
        CollectionError: there is no such folder, or its journal is damaged.
    """
    root = Path(os.path.abspath(folder))  # noqa: PTH100  resolve() would follow links
    if not root.is_dir():
        msg = f"There is no folder {str(root)!r}. Give the folder whose files were set aside."
        raise CollectionError(msg)
    home = _home(root)
    restored: list[str] = []
    kept: dict[str, str] = {}
    for move in reversed(read_journal(home / NAME)):
        source, target = home / move.place, root / move.origin
        if not os.path.lexists(source):
            continue  # never moved, or back already
        reason = _leads_outside(root, source.parent) or _leads_outside(root, target.parent)
        reason = reason or _move(source, target)
        if reason:
            kept[move.origin] = reason
        else:
            restored.append(move.origin)
    if not kept:
        _tidy(root)
    return Undone(restored=tuple(sorted(restored)), kept=kept)


def _home(root: Path) -> Path:
    return root / OWN_FOLDER / "quarantine"


def _make_home(root: Path) -> Path:
    home = _home(root)
    reason = _leads_outside(root, home)
    if reason:
        msg = f"The quarantine {str(home)!r} cannot be used: {reason}. Remove it."
        raise CollectionError(msg)
    home.mkdir(parents=True, exist_ok=True)
    sync_folder(root)
    sync_folder(home.parent)
    return home


def _new_run(home: Path) -> str:
    """Make and name a folder that no earlier run has used, so that no place is taken twice."""
    used = [int(path.name) for path in home.iterdir() if path.name.isdecimal()]
    number = max(used, default=0) + 1
    (home / str(number)).mkdir()
    return str(number)


def _move_journaled(journal: Journal, source: Path, home: Path, move: Move) -> str:
    """Move a file into the quarantine; return why that was not possible, else nothing."""
    if source.is_dir() and not source.is_symlink():
        return "it is a folder"
    journal.write(move)
    return _move(source, home / move.place)


def _leads_outside(root: Path, folder: Path) -> str:
    """Return why files must not be moved to or from a folder: a link on the way to it."""
    for step in (folder, *folder.parents):
        if step == root:
            return ""
        if step.is_symlink():
            return f"{str(step)!r} is a symbolic link"
    return f"{str(folder)!r} is outside of {str(root)!r}"


def _move(source: Path, target: Path) -> str:
    """Move a file to a free place; return why that was not possible, else nothing."""
    if os.path.lexists(target):
        return f"another file is now at {str(target)!r}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.rename(source, target)  # noqa: PTH104  reads as what it is
        sync_folder(target.parent)
        sync_folder(source.parent)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _tidy(root: Path) -> None:
    """Remove the journal and the folders of a quarantine that holds nothing any more."""
    home = _home(root)
    if _leads_outside(root, home):
        return
    folders = [folder for folder, _, _ in os.walk(home, topdown=False) if folder != str(home)]
    gone = [_remove_empty(Path(folder)) for folder in folders]
    if not all(gone):
        return
    (home / NAME).unlink(missing_ok=True)
    _remove_empty(home)
    _remove_empty(home.parent)


def _remove_empty(folder: Path) -> bool:
    """Remove a folder unless something is in it; return whether it is gone."""
    try:
        folder.rmdir()
    except OSError:
        return False
    return True
