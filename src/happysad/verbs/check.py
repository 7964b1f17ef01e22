"""``check``: find and explain what is wrong with a labelled folder; ``undo``: put files back.

The page of a check is made by ``happysad.reports.collection``.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from happysad.collection.quarantine import Undone
from happysad.collection.quarantine import quarantine as move_aside
from happysad.collection.quarantine import undo as put_back
from happysad.collection.scan import scan
from happysad.config import CheckOptions
from happysad.errors import CollectionError
from happysad.progress import Progress, silent

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from happysad.records import Collection


def check(
    folder: str | os.PathLike[str],
    *,
    options: CheckOptions | None = None,
    report: Path | None = None,
    quarantine: bool = False,
    progress: Progress = silent,
) -> Collection:
    """Find and explain what is wrong with a labelled folder.

    Reads only, unless ``quarantine`` is true.

    Args:
        folder: folder with one folder for each class.
        options: what to look for, and what a picture may cost.
        report: write a page with thumbnails to this file.
        quarantine: move the files with a fault to ``<folder>/.happysad/quarantine``; ``undo``
            puts them back.
        progress: told of each step.

    Returns:
        Every file seen in exactly one of ``entries``, ``set_aside`` and ``ignored``, with findings.

    Raises:
        CollectionError: the folder's layout leaves open what the classes are, or files could not
            be moved aside.
        UsageError: the page cannot be written.
    """
    options = options or CheckOptions()
    collection = scan(folder, options=options, progress=progress)
    if report is not None:
        from happysad.reports.collection import write_check_page

        write_check_page(collection, report, limits=options.limits, progress=progress)
    if quarantine and collection.set_aside:
        _move_aside(collection, progress)
    return collection


def undo(folder: str | os.PathLike[str]) -> Undone:
    """Put back what ``check`` moved aside, byte for byte.

    Args:
        folder: the labelled folder.

    Returns:
        Files that are back, and files that had to stay because their place is taken.

    Raises:
        CollectionError: there is no such folder, or its journal is damaged.
    """
    return put_back(folder)


def as_json(collection: Collection) -> dict[str, Any]:
    """Return a check as plain values for JSON; the keys are stable.

    Names that are no UTF-8 hold lone surrogates: written as ASCII JSON and read again, they are
    the same names (``os.fsencode`` gives the bytes).

    Returns:
        ``folder``: absolute path; ``classes``: names in label order; ``counts``: ``seen``,
        ``used``, ``set_aside``, ``ignored``; ``pictures``: the used ones, each with ``file``,
        ``label``, ``sha256``, ``size_bytes``, ``format``, ``width``, ``height``, ``signature``,
        ``group``, ``quality``; ``set_aside`` and ``ignored``: files; ``findings``: each with
        ``code``, ``file``, ``severity`` (``fault`` or ``notice``), ``message``, ``related``,
        ``measure``. Files are relative to the folder, with ``/``.
    """
    return {
        "folder": collection.root,
        "classes": list(collection.classes),
        "counts": collection.counts,
        "pictures": [asdict(entry) for entry in collection.entries],
        "set_aside": list(collection.set_aside),
        "ignored": list(collection.ignored),
        "findings": [asdict(finding) for finding in collection.findings],
    }


def _move_aside(collection: Collection, progress: Progress) -> None:
    done = move_aside(collection, progress=progress)
    if done.left:
        file, reason = next(iter(done.left.items()))
        msg = (
            f"{len(done.left)} of {len(collection.set_aside)} files could not be moved aside, "
            f"{file!r} for one: {reason}. The others are in {done.folder!r}; undo puts them back."
        )
        raise CollectionError(msg)
