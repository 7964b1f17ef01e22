"""The second half of ``check``: does each picture show what its folder says?"""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from happysad.bundle.seen import SeenIndex
from happysad.collection.checks import likely_wrong_label, off_topic
from happysad.collection.survey import Survey
from happysad.errors import CollectionError, UsageError
from happysad.pictures.signature import from_hex
from happysad.training.two_view.doubts import doubt_labels
from happysad.training.two_view.embed import embed_collection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from happysad.bundle.archive import Bundle
    from happysad.config import CheckOptions
    from happysad.progress import Progress
    from happysad.records import Collection
    from happysad.training.two_view.doubts import Doubts


def check_labels(
    collection: Collection, *, base: Bundle, options: CheckOptions, progress: Progress
) -> Collection:
    """Add what models that did not see a picture say of its label.

    Args:
        collection: a checked folder of two classes.
        base: a model of two views; its graphs read the pictures.
        options: what a picture may cost.
        progress: told of each step.

    Raises:
        UsageError: there are more than two classes.
        CollectionError: a class has too few pictures to leave some out, or none can be read any
            more.
        BundleError: the base model has one view.
    """
    require_two(collection.classes)
    embedded = embed_collection(
        collection, base=base, limits=options.limits, workers=options.workers, progress=progress
    )
    if not embedded.entries:
        msg = "None of the pictures can be read any more. Check the folder."
        raise CollectionError(msg)
    doubts = doubt_labels(embedded, base=base.manifest, progress=progress)
    known = SeenIndex(base.manifest.training)
    seen = [known.match(one.sha256, from_hex(one.signature)) for one in collection.entries]
    found = with_doubts(collection, doubts, options=options)
    return replace(found, seen_by_base=len(seen) - seen.count(None))


def require_two(classes: Sequence[str]) -> None:
    """Raise ``UsageError`` for more than two classes."""
    if len(classes) != 2:
        msg = (
            "Labels can be checked where there are two classes. Got "
            f"{len(classes)}: {', '.join(classes)}."
        )
        raise UsageError(msg)


def with_doubts(collection: Collection, doubts: Doubts, *, options: CheckOptions) -> Collection:
    """Return a collection with what is said of its labels as findings."""
    survey = Survey(collection.entries, (), (), (), options, doubts.by_file)
    found = [*likely_wrong_label.find(survey), *off_topic.find(survey)]
    return replace(
        collection,
        findings=tuple(sorted([*collection.findings, *found], key=attrgetter("file"))),
        wrong_labels=doubts.expected,
    )
