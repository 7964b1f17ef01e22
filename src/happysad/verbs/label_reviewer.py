"""The learner behind ``label --review``: which labels are in doubt, given what people said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from happysad.collection.doubts import in_doubt
from happysad.labels.learner import Lesson
from happysad.records import UNSURE
from happysad.training.two_view.doubts import doubt_labels
from happysad.training.two_view.embed import Embedded, embed_collection
from happysad.verbs.check_labels import with_doubts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from happysad.bundle.archive import Bundle
    from happysad.collection.survey import Doubt
    from happysad.config import CheckOptions
    from happysad.progress import Progress
    from happysad.records import Collection


class Reviewer:
    """Doubts the labels of a folder anew, with those that people have corrected.

    A label that was wrong makes the model doubt others that are right, and miss others that are
    wrong; so every answer tells something about the labels nobody has looked at.

    Args:
        collection: the labelled folder.
        base: a bundle of the kind ``two-view`` whose graphs read the pictures.
        classes: the two names in the order of the labels' keys.
        check: what a picture may cost.
    """

    def __init__(
        self,
        collection: Collection,
        base: Bundle,
        classes: tuple[str, str],
        *,
        check: CheckOptions,
    ) -> None:
        self._collection = collection
        self._base = base
        self._shown = classes
        self._check = check
        self._embedded: Embedded | None = None

    def prepare(self, progress: Progress) -> Lesson:
        """Take the pictures from the cache: they were read before the review could begin.

        Raises:
            BundleError: the base model's graphs cannot be run.
        """
        self._embedded = embed_collection(
            self._collection,
            base=self._base,
            limits=self._check.limits,
            workers=1,
            progress=progress,
        )
        return Lesson()

    def refit(self, labels: Mapping[str, str]) -> Lesson:
        """Rank the doubts anew.

        An answer holds for the near duplicates of a picture too; what is ``unsure`` is not learned
        from.

        Args:
            labels: sha256 → class name or ``unsure``.

        Raises:
            CollectionError: a class has a single group of pictures left.
        """
        if self._embedded is None:
            msg = "refit was called before prepare"
            raise AssertionError(msg)
        learned = _corrected(self._embedded, labels)
        doubts = doubt_labels(learned, base=self._base.manifest)
        collection = replace(self._collection, entries=learned.entries, findings=())
        doubted = in_doubt(with_doubts(collection, doubts, options=self._check))
        sha256_of = {entry.file: entry.sha256 for entry in learned.entries}
        return Lesson(
            ranked=tuple(dict.fromkeys(sha256_of[finding.file] for finding in doubted)),
            guesses={
                entry.sha256: self._guess(entry.label, doubts.by_file[entry.file])
                for entry in learned.entries
            },
        )

    def _guess(self, label: str, doubt: Doubt) -> float:
        """Return the probability of the second class as it is shown."""
        return doubt.wrong if label == self._shown[0] else 1 - doubt.wrong


def _corrected(embedded: Embedded, labels: Mapping[str, str]) -> Embedded:
    """Return the pictures under the labels that hold now, without those that have none."""
    said = {
        entry.group: labels[entry.sha256] for entry in embedded.entries if entry.sha256 in labels
    }
    held = [said.get(entry.group, entry.label) for entry in embedded.entries]
    rows = [row for row, answer in enumerate(held) if answer != UNSURE]
    entries = [replace(embedded.entries[row], label=held[row]) for row in rows]
    read = [embedded.embeddings[row] for row in rows]
    return Embedded.of(entries, read, classes=embedded.classes)
