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
from happysad.config import CheckOptions, LabelOptions, require
from happysad.errors import HappysadError, UsageError
from happysad.judge.queries import find_strategy
from happysad.judge.queries.asking import require_scikit_activeml
from happysad.labels import export
from happysad.labels.index import Index
from happysad.labels.pool import Pool, default_store, read_pool
from happysad.labels.queue import Queue
from happysad.labels.reading import Reading
from happysad.labels.session import Session
from happysad.labels.store import LabelStore
from happysad.progress import Progress, silent

if TYPE_CHECKING:
    from happysad.bundle.archive import Bundle
    from happysad.judge.queries.strategy import Strategy
    from happysad.labels.export import Exported
    from happysad.labels.learner import Makes
    from happysad.records import Collection
    from happysad.verbs.label_learner import TwoViewLearner
    from happysad.verbs.label_reviewer import Reviewer

DEFAULT_CLASSES: Final = ("happy", "sad")
BALANCED: Final = "margin"
"""The strategy where balanced classes are wanted and none is named: it asks as a model does by
itself, about what it finds hardest to decide."""


def label(
    folder: str | Path,
    *,
    options: LabelOptions | None = None,
    store: Path | None = None,
    model: str | Path | None = None,
    progress: Progress = silent,
) -> Session:
    """Open a folder of pictures for labelling, as soon as its first picture is read.

    The others are read in the background, except for a review, which has to know them all.

    Args:
        folder: pictures without labels, flat or nested; for a review a labelled folder.
        options: the classes, and how to ask.
        store: file of the labels; None for ``FOLDER/.happysad/labels.sqlite``.
        model: a model of two views that learns while people label, and asks for the pictures it
            learns most from: a bundle, a run folder, or ``default`` for the one that came with
            happysad; None draws lots.
        progress: told of the pictures read, until long after this has returned; and, before it
            returns, of the steps of a review.

    Returns:
        A session; close it, or use it in a ``with`` block.

    Raises:
        CollectionError: no such folder, no picture in it or, for a review, no class folders.
        UsageError: there is nothing to review, there are more than two classes, the model has one
            view, or there is no such strategy.
        MissingExtraError: a strategy was named, and the extra ``active`` is not installed.
        BundleError: the model cannot be loaded.
        LabelError: the labels cannot be read or kept.
    """
    options = options or LabelOptions()
    place = store or default_store(folder)
    # What is wrong with the question is told before any work.
    strategy = _strategy(options, model)
    base = None if model is None else _base(model)
    if options.review:
        return _review(folder, place, options, base, progress)
    index = Index(place.with_suffix(".pictures.jsonl"), limits=options.check.limits)
    reading = Reading(
        os.fspath(folder),
        options=options.check,
        index=index,
        seed=options.seed,
        progress=progress,
    )
    reading.start()
    try:
        return _begun(reading, place, options, base, strategy)
    except HappysadError:
        reading.stop()
        raise


def _begun(
    reading: Reading,
    place: Path,
    options: LabelOptions,
    base: Bundle | None,
    strategy: Strategy | None,
) -> Session:
    """Begin with the first pictures of a folder; the others are read meanwhile."""
    classes = _classes(options, place)
    return Session(
        reading,
        LabelStore(place, classes),
        Queue(reading.pool.groups, double=options.double, seed=options.seed),
        learner=None if base is None else _learner(base, classes, options, strategy),
        every=options.every,
        limits=options.check.limits,
    )


def _review(
    folder: str | Path, place: Path, options: LabelOptions, base: Bundle | None, progress: Progress
) -> Session:
    """Go through the labels in doubt; to know them, all pictures have to be read."""
    pool, collection = _labelled(read_layout(folder), options.check, progress)
    classes = _folder_classes(options, pool)
    first = _doubtful(pool, collection, base, options.check, progress)
    return Session(
        pool,
        LabelStore(place, classes),
        Queue(pool.groups, first=first, double=options.double, seed=options.seed),
        learner=None if base is None else _reviewer(collection, base, classes, options),
        every=options.every,
        limits=options.check.limits,
        review=True,
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


def _strategy(options: LabelOptions, model: str | Path | None) -> Strategy | None:
    """Return the strategy asked for; None for the model's own way."""
    name = options.ask or (BALANCED if options.balanced else "")
    if not name:
        return None
    strategy = find_strategy(name, option="ask")
    require(not options.review, "ask", "left out of a review, which has an order of its own", name)
    require(model is not None, "ask", "given together with a model of two views", name)
    require_scikit_activeml()
    return strategy


def _learner(
    base: Bundle, classes: tuple[str, str], options: LabelOptions, strategy: Strategy | None
) -> Makes:
    def made(pool: Pool) -> TwoViewLearner:
        from happysad.verbs.label_learner import TwoViewLearner

        return TwoViewLearner(
            pool,
            base,
            classes,
            strategy=strategy,
            balanced=options.balanced,
            limits=options.check.limits,
            seed=options.seed,
        )

    return made


def _reviewer(
    collection: Collection, base: Bundle, classes: tuple[str, str], options: LabelOptions
) -> Makes:
    def made(_: Pool) -> Reviewer:
        from happysad.verbs.label_reviewer import Reviewer

        return Reviewer(collection, base, classes, check=options.check)

    return made


def _kept_classes(store: Path) -> tuple[str, str] | None:
    """Return the classes of labels that are there already."""
    if not store.is_file():
        return None
    labels = LabelStore(store)
    try:
        return labels.classes
    finally:
        labels.close()


def _classes(options: LabelOptions, store: Path) -> tuple[str, str]:
    """Return the two classes: as asked for, of the labels there are, or the usual ones."""
    first, second = options.classes or _kept_classes(store) or DEFAULT_CLASSES
    return first, second


def _folder_classes(options: LabelOptions, pool: Pool) -> tuple[str, str]:
    """Return the two classes of a labelled folder, in the order asked for."""
    folders = sorted({entry.label for entry in pool.entries})
    if len(folders) != 2:
        msg = f"A review takes a folder with two classes. Got {len(folders)}: {folders}."
        raise UsageError(msg)
    if options.classes and sorted(options.classes) != folders:
        msg = f"The classes of this folder are {folders}. Got {list(options.classes)} instead."
        raise UsageError(msg)
    first, second = options.classes or folders
    return first, second


def _labelled(layout: Layout, options: CheckOptions, progress: Progress) -> tuple[Pool, Collection]:
    """Read a labelled folder as a pool, also the pictures that a check sets aside."""
    survey, ignored = read_all(layout.root, walk(layout.root), options, progress)
    collection = judged(survey, layout.root, layout.classes, ignored)
    return Pool(layout.root, survey.pictures, len(survey.failures)), collection


def _doubtful(
    pool: Pool,
    collection: Collection,
    base: Bundle | None,
    options: CheckOptions,
    progress: Progress,
) -> list[str]:
    """Return the groups of a labelled folder that are in doubt, the most doubtful first."""
    if base is not None:
        from happysad.verbs.check_labels import check_labels

        collection = check_labels(collection, base=base, options=options, progress=progress)
    group_of = {entry.file: entry.group for entry in pool.entries}
    twice = [one for one in collection.findings if one.code == both_classes.CHECK.code]
    files = [finding.file for finding in (*twice, *in_doubt(collection))]
    groups = list(dict.fromkeys(group_of[file] for file in files))
    if not groups:
        msg = f"No label in {collection.root!r} is in doubt: there is nothing to review."
        raise UsageError(msg)
    return groups
