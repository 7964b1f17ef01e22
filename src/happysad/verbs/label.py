"""``label``: let people say what pictures show, and let a model ask for those it learns most from.

The page over it is ``happysad.web``; a program can do what the page does with a ``Session``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from happysad.collection.checks import both_classes
from happysad.collection.doubts import in_doubt
from happysad.collection.layout import Layout, read_layout
from happysad.collection.scan import judged, read_all
from happysad.collection.walk import walk
from happysad.config import CheckOptions, LabelOptions
from happysad.errors import UsageError
from happysad.labels import export
from happysad.labels.pool import Pool, default_store, read_pool
from happysad.labels.queue import Queue
from happysad.labels.session import Session
from happysad.labels.store import LabelStore
from happysad.progress import Progress, silent

if TYPE_CHECKING:
    from happysad.bundle.archive import Bundle
    from happysad.labels.export import Exported
    from happysad.records import Collection
    from happysad.verbs.label_learner import TwoViewLearner

DEFAULT_CLASSES: Final = ("happy", "sad")


def label(
    folder: str | Path,
    *,
    options: LabelOptions | None = None,
    store: Path | None = None,
    model: str | Path | None = None,
    progress: Progress = silent,
) -> Session:
    """Open a folder of pictures for labelling.

    Args:
        folder: pictures without labels, flat or nested; for a review a labelled folder.
        options: the classes, and how to ask.
        store: file of the labels; None for ``FOLDER/.happysad/labels.sqlite``.
        model: a model of two views that learns while people label, and asks for the pictures it
            learns most from: a bundle, a run folder, or ``default`` for the one that came with
            happysad; None draws lots.
        progress: told of the pictures read.

    Returns:
        A session; close it, or use it in a ``with`` block.

    Raises:
        CollectionError: no such folder, no picture in it or, for a review, no class folders.
        UsageError: there is nothing to review, there are more than two classes, or the model has
            one view.
        BundleError: the model cannot be loaded.
        LabelError: the labels cannot be read or kept.
    """
    options = options or LabelOptions()
    place = store or default_store(folder)
    base = None if model is None else _base(model)  # a wrong name is told before any work
    first = None
    if options.review:
        pool, first = _doubtful(folder, base, options.check, progress)
    else:
        pool = read_pool(folder, options=options.check, progress=progress)
    classes = _classes(options, pool, place)
    learns = base is not None and not options.review  # a review has an order of its own
    return Session(
        pool,
        LabelStore(place, classes),
        Queue(pool.groups, first=first, double=options.double, seed=options.seed),
        learner=_learner(pool, base, classes, options) if base and learns else None,
        every=options.every,
        limits=options.check.limits,
        review=options.review,
    )


def export_labels(
    folder: str | Path,
    to: Path,
    *,
    store: Path | None = None,
    review: bool = False,
    how: Literal["copy", "link"] = "copy",
    options: CheckOptions | None = None,
    progress: Progress = silent,
) -> Exported:
    """Write the labels of a pool as folders that ``train`` takes, or as a CSV file.

    Args:
        folder: the pool.
        to: a file that ends in ``.csv``, or a new folder.
        review: the pool is a labelled folder: a CSV file is the list of decisions on its labels,
            which ``train`` and ``evaluate`` follow.
        store: file of the labels; None for ``FOLDER/.happysad/labels.sqlite``.
        how: ``copy`` the pictures, or make hard links.
        options: what a picture may cost.
        progress: told of the pictures read.

    Raises:
        CollectionError: no such folder, or no picture in it.
        UsageError: ``to`` is a folder with something in it.
        LabelError: there are no labels, or something cannot be written.
    """
    labels = LabelStore(store or default_store(folder))
    try:
        options = options or CheckOptions()
        if review:
            pool = _labelled(read_layout(folder), options, progress)[0]
        else:
            pool = read_pool(folder, options=options, progress=progress)
        if to.suffix.lower() == ".csv":
            write = export.write_decision_list if review else export.write_csv
            return write(pool, labels, to)
        return export.write_folders(pool, labels, to, how=how)
    finally:
        labels.close()


def _base(model: str | Path) -> Bundle:
    from happysad.verbs.train_two_view import load_base

    return load_base(os.fspath(model))


def _learner(
    pool: Pool, base: Bundle, classes: tuple[str, str], options: LabelOptions
) -> TwoViewLearner:
    from happysad.verbs.label_learner import TwoViewLearner

    return TwoViewLearner(pool, base, classes, limits=options.check.limits, seed=options.seed)


def _kept_classes(store: Path) -> tuple[str, str] | None:
    """Return the classes of labels that are there already."""
    if not store.is_file():
        return None
    labels = LabelStore(store)
    try:
        return labels.classes
    finally:
        labels.close()


def _classes(options: LabelOptions, pool: Pool, store: Path) -> tuple[str, str]:
    """Return the two classes: as asked for, of the folders, of the labels, or the usual ones."""
    folders = sorted({entry.label for entry in pool.entries})
    if options.review and len(folders) != 2:
        msg = f"A review takes a folder with two classes. Got {len(folders)}: {folders}."
        raise UsageError(msg)
    if options.review and options.classes and sorted(options.classes) != folders:
        msg = f"The classes of this folder are {folders}. Got {list(options.classes)} instead."
        raise UsageError(msg)
    if options.classes:
        first, second = options.classes
    elif options.review:
        first, second = folders
    else:
        first, second = _kept_classes(store) or DEFAULT_CLASSES
    return first, second


def _labelled(layout: Layout, options: CheckOptions, progress: Progress) -> tuple[Pool, Collection]:
    """Read a labelled folder as a pool, also the pictures that a check sets aside."""
    survey, ignored = read_all(layout.root, walk(layout.root), options, progress)
    collection = judged(survey, layout.root, layout.classes, ignored)
    return Pool(layout.root, survey.pictures, len(survey.failures)), collection


def _doubtful(
    folder: str | Path, base: Bundle | None, options: CheckOptions, progress: Progress
) -> tuple[Pool, list[str]]:
    """Return a labelled folder as a pool, and the groups in doubt, the most doubtful first."""
    pool, collection = _labelled(read_layout(folder), options, progress)
    if base is not None:
        from happysad.verbs.check_labels import check_labels

        collection = check_labels(collection, base=base, options=options, progress=progress)
    group_of = {entry.file: entry.group for entry in pool.entries}
    twice = [one for one in collection.findings if one.code == both_classes.CHECK.code]
    files = [finding.file for finding in (*twice, *in_doubt(collection))]
    groups = list(dict.fromkeys(group_of[file] for file in files))
    if not groups:
        msg = f"No label in {str(folder)!r} is in doubt: there is nothing to review."
        raise UsageError(msg)
    return pool, groups
