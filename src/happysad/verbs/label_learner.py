"""The learner behind ``label``: heads on two views of every picture, learned anew in a second."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from happysad.config import Limits
from happysad.errors import CollectionError, PictureError
from happysad.faces.fusion import TERMS
from happysad.faces.weighing import sigmoid
from happysad.judge.intervals import wilson
from happysad.judge.queries.features import condensed
from happysad.labels.learner import Lesson
from happysad.labels.queue import by_lot
from happysad.labels.store import Point
from happysad.training.two_view.embed import embed
from happysad.training.two_view.embedding import Embeddings
from happysad.training.two_view.heads import learn_heads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from happysad.bundle.archive import Bundle
    from happysad.labels.pool import Pool
    from happysad.progress import Progress
    from happysad.records import Entry
    from happysad.training.two_view.heads import Heads

    Array = NDArray[np.float64]

# With fewer pictures to judge it on, accuracy would be a number without a meaning.
_LEAST: Final = 8
# So many typical pictures are put in order before any label is there; chance orders the rest.
_FIRST: Final = 64
_NEIGHBOURS: Final = 20
_COMPARED_WITH: Final = 2000


class TwoViewLearner:
    """Learns a scene's head, a face's head and their fusion from the labels so far.

    It asks first for pictures that are typical of many others and unlike those asked before, then
    for those that it is least sure of. Its accuracy is judged on the pictures that came by lot, by
    models that did not see them (cross-validation over whole groups).

    Args:
        pool: the pictures; of a group of near duplicates, the largest is looked at.
        base: a bundle of the kind ``two-view`` whose graphs read the pictures.
        classes: the two names in the order of the labels' keys.
        limits: what a picture may cost.
        seed: for dealing pictures to folds.
    """

    def __init__(
        self,
        pool: Pool,
        base: Bundle,
        classes: tuple[str, str],
        *,
        limits: Limits = Limits(),
        seed: int = 1,
    ) -> None:
        self._root = Path(pool.root)
        self._base = base
        self._shown = classes
        self._classes = sorted(classes)  # label numbers, as everywhere, go by the name
        self._limits = limits
        self._seed = seed
        self._entries: list[Entry] = [
            max(group, key=lambda entry: entry.width * entry.height)
            for group in pool.groups.values()
        ]
        self._embeddings: Embeddings | None = None
        self._row_of: dict[str, int] = {}

    def prepare(self, progress: Progress) -> Lesson:
        """Read every picture once, and ask first for those that stand for many others.

        Raises:
            BundleError: the base model's graphs cannot be run.
            CollectionError: no picture can be read any more.
        """
        # One process decodes: the other processors belong to whoever is labelling.
        found = embed(
            self._root,
            self._entries,
            base=self._base,
            limits=self._limits,
            workers=1,
            progress=progress,
        )
        pairs = list(zip(self._entries, found, strict=True))
        kept = [(entry, item) for entry, item in pairs if not isinstance(item, PictureError)]
        if not kept:
            msg = "None of the pictures can be read any more. Look whether the folder is there."
            raise CollectionError(msg)
        self._entries = [entry for entry, _ in kept]
        self._embeddings = Embeddings.of([item for _, item in kept])
        self._row_of = {entry.sha256: row for row, entry in enumerate(self._entries)}
        typical = typical_first(self._embeddings.scene, count=_FIRST, seed=self._seed)
        return Lesson(ranked=tuple(self._entries[row].sha256 for row in typical))

    def refit(self, labels: Mapping[str, str]) -> Lesson:
        """Learn from all labels; without both classes there is nothing to learn.

        Args:
            labels: sha256 → class name.
        """
        if self._embeddings is None:
            msg = "refit was called before prepare"
            raise AssertionError(msg)
        rows = [row for sha256, row in self._row_of.items() if sha256 in labels]
        targets = np.array(
            [self._classes.index(labels[self._entries[row].sha256]) for row in rows], np.int64
        )
        if len(np.unique(targets)) < 2:
            typical = typical_first(self._embeddings.scene, count=_FIRST, seed=self._seed)
            ranked = tuple(self._entries[row].sha256 for row in typical)
            return Lesson(ranked, point=Point(len(rows), None, None, None, 0))
        heads = learn_heads(
            self._embeddings.rows(rows),
            targets,
            [self._group(row) for row in rows],
            classes=self._classes,
            base=self._base.manifest,
            seed=self._seed,
        )
        positive = sigmoid(_logits(self._embeddings, heads))
        order = np.argsort(np.abs(positive - 0.5), kind="stable")
        known = set(rows)
        # The guesses are of the second name as it is shown, whatever the names' order.
        guesses = positive if self._shown[1] == self._classes[1] else 1 - positive
        return Lesson(
            ranked=tuple(self._entries[row].sha256 for row in order if row not in known),
            guesses={
                entry.sha256: float(guess)
                for entry, guess in zip(self._entries, guesses, strict=True)
            },
            point=_judged(heads, targets, np.array([by_lot(self._group(row)) for row in rows])),
        )

    def _group(self, row: int) -> str:
        return self._entries[row].group


def typical_first(features: NDArray[np.floating], *, count: int, seed: int = 1) -> list[int]:
    """Return rows that stand for many others, each unlike those before it.

    A picture's density, the inverse of its mean distance to its 20 nearest neighbours, is what
    TypiClust calls its typicality (Hacohen, Dekel & Weinshall, ICML 2022); times the distance to
    the nearest picture chosen before, it finds the peaks of the density one after the other
    (Rodriguez & Laio, *Science* 344, 2014).

    Args:
        features: shape (N, D).
        count: at most so many rows.
        seed: of the pictures that distances are taken to, where there are many.
    """
    places = condensed(features)
    total = len(places)
    sample = np.random.default_rng(seed).permutation(total)[:_COMPARED_WITH]
    neighbours = min(_NEIGHBOURS, len(sample) - 1)
    density = np.ones(total)
    for start in range(0, total, 512) if neighbours else ():
        away = np.sqrt(np.maximum(_squared(places[start : start + 512], places[sample]), 0))
        nearest = np.partition(away, neighbours, axis=1)[:, : neighbours + 1]
        density[start : start + 512] = 1 / (nearest.mean(axis=1) + 1e-6)
    chosen: list[int] = []
    apart = np.full(total, 2.0)  # places have length 1: none is farther from another
    for _ in range(min(count, total)):
        row = int(np.argmax(density * apart))
        chosen.append(row)
        apart = np.minimum(apart, np.sqrt(np.maximum(_squared(places, places[[row]])[:, 0], 0)))
        apart[chosen] = -1.0
    return chosen


def _squared(one: Array, many: Array) -> Array:
    """Return squared distances, shape (len(one), len(many))."""
    lengths = (one**2).sum(axis=1)[:, None] + (many**2).sum(axis=1)[None]
    result: Array = lengths - 2 * one @ many.T
    return result


def _logits(embeddings: Embeddings, heads: Heads) -> Array:
    scene = embeddings.scene @ np.asarray(heads.scene.weights) + heads.scene.bias
    faces = embeddings.faces @ np.asarray(heads.faces.weights) + heads.faces.bias
    fusion = np.array([heads.fusion[term] for term in TERMS])
    result: Array = embeddings.evidence(scene, faces) @ fusion
    return result


def _judged(heads: Heads, targets: NDArray[np.int64], lots: NDArray[np.bool_]) -> Point:
    """Return how often models that did not see a picture are right about it."""
    count = int(lots.sum())
    if heads.out_of_fold is None or count < _LEAST:
        return Point(len(targets), None, None, None, count)
    right = (heads.out_of_fold > 0) == (targets == 1)
    accuracy = float(right[lots].mean())
    low, high = wilson(accuracy, count)
    return Point(len(targets), accuracy, low, high, count)
