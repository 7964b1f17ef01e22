"""``check``: find and explain what is wrong with a labelled folder; ``undo``: put files back.

The page of a check is made by ``happysad.reports.collection``.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from happysad.collection.layout import read_layout
from happysad.collection.quarantine import Undone
from happysad.collection.quarantine import quarantine as move_aside
from happysad.collection.quarantine import undo as put_back
from happysad.collection.scan import scan
from happysad.config import CheckOptions, require
from happysad.errors import CollectionError, UsageError
from happysad.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from happysad.bundle.archive import Bundle
    from happysad.collection.decisions import Decision
    from happysad.records import Collection

DECISIONS = "labels.csv"
"""Name of the list of pictures in doubt, beside the page."""


def check(
    folder: str | os.PathLike[str],
    *,
    options: CheckOptions | None = None,
    report: str | os.PathLike[str] | None = None,
    quarantine: bool = False,
    labels: str | os.PathLike[str] | None = None,
    decisions: str | os.PathLike[str] | None = None,
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
        labels: also look for labels that are likely wrong, with the views of this model: a
            bundle, the folder of a run, or ``default`` for the one that came with happysad.
        decisions: with ``labels``: write the pictures in doubt to this CSV file, for a person to
            decide on and ``train`` to follow; beside the report by default, as ``labels.csv``.
            What a person decided in such a list that is there already stays decided.
        progress: told of each step.

    Returns:
        Every file seen in exactly one of ``entries``, ``set_aside`` and ``ignored``, with findings.

    Raises:
        CollectionError: the folder's layout leaves open what the classes are, files could not
            be moved aside, there are too few pictures to check labels with, or there is something
            else in the place of the list of decisions.
        UsageError: the page cannot be written; or, with ``labels``, there are more than two
            classes, or no such model came with happysad.
        BundleError: the model cannot be loaded.
    """
    options = options or CheckOptions()
    require(decisions is None or labels is not None, "decisions", "given with labels", decisions)
    # What is wrong with the call is told before any work.
    model = None if labels is None else _base(labels)
    if model is not None:
        from happysad.verbs.check_labels import check_labels, require_two

        require_two(read_layout(folder).classes)
    page = None if report is None else Path(report)
    listed = None if labels is None else _list_path(decisions, page)
    earlier = () if listed is None else _decided(listed)
    collection = scan(folder, options=options, progress=progress)
    if model is not None:
        collection = check_labels(collection, base=model, options=options, progress=progress)
    if listed is not None:
        _write_decisions(collection, listed, earlier)
    if page is not None:
        from happysad.reports.collection import write_check_page

        write_check_page(
            collection, page, decisions=listed, limits=options.limits, progress=progress
        )
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
        ``measure``, ``suggested``; ``wrong_labels``: about how many labels are wrong, null where
        they were not looked at; ``seen_by_base``: how many of the pictures the model that tells
        it was trained on. Files are relative to the folder, with ``/``.
    """
    return {
        "folder": collection.root,
        "classes": list(collection.classes),
        "counts": collection.counts,
        "pictures": [asdict(entry) for entry in collection.entries],
        "set_aside": list(collection.set_aside),
        "ignored": list(collection.ignored),
        "findings": [asdict(finding) for finding in collection.findings],
        "wrong_labels": collection.wrong_labels,
        "seen_by_base": collection.seen_by_base,
    }


def _base(name: str | os.PathLike[str]) -> Bundle:
    from happysad.bundle import shelf
    from happysad.verbs.train_two_view import load_base

    if os.fspath(name) == "default" and shelf.shipped() is None:
        msg = (
            "Labels are checked with a model of two views, and none came with this happysad. "
            "Name one with --base FILE."
        )
        raise UsageError(msg)
    return load_base(os.fspath(name))


def _list_path(wanted: str | os.PathLike[str] | None, page: Path | None) -> Path | None:
    """Return where the pictures in doubt are written: where it is wanted, else beside the page."""
    if wanted is not None:
        return Path(wanted)
    return None if page is None else page.with_name(DECISIONS)


def _decided(path: Path) -> tuple[Decision, ...]:
    """Return the list that a new one will take the place of; nothing else may be there.

    Raises:
        CollectionError: what is there is no such list, or has a mistake in it.
    """
    from happysad.collection.decisions import read_decisions

    if not os.path.lexists(path):
        return ()
    try:
        return read_decisions(path)
    except CollectionError as error:
        msg = (
            f"{error} It would be replaced: correct it, move it away, or name another place with "
            "--decisions FILE."
        )
        raise CollectionError(msg) from error


def _write_decisions(collection: Collection, path: Path, earlier: Sequence[Decision]) -> None:
    from happysad.collection.decisions import write_decisions
    from happysad.collection.doubts import proposed

    with contextlib.suppress(OSError):  # what is wrong with the folder, writing will tell
        path.parent.mkdir(parents=True, exist_ok=True)
    write_decisions(proposed(collection, earlier=earlier), path)


def _move_aside(collection: Collection, progress: Progress) -> None:
    done = move_aside(collection, progress=progress)
    if done.left:
        file, reason = next(iter(done.left.items()))
        msg = (
            f"{len(done.left)} of {len(collection.set_aside)} files could not be moved aside, "
            f"{file!r} for one: {reason}. The others are in {done.folder!r}; undo puts them back."
        )
        raise CollectionError(msg)
