"""The learner behind ``label``: heads on two views of every picture, learned anew in a second."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from happysad.config import Limits
from happysad.errors import CollectionError, PictureError
from happysad.faces.weighing import sigmoid
from happysad.judge.intervals import wilson
from happysad.judge.queries.asking import ask
from happysad.judge.queries.features import condensed
from happysad.judge.queries.strategy import UNKNOWN, Situation
from happysad.labels.learner import Lesson
from happysad.labels.queue import by_lot
from happysad.labels.store import Point
from happysad.records import UNSURE
from happysad.training.two_view.committee import committee, one_space
from happysad.training.two_view.embed import embed
from happysad.training.two_view.embedding import Embeddings
from happysad.training.two_view.heads import learn_heads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from happysad.bundle.archive import Bundle
    from happysad.judge.queries.strategy import Strategy
    from happysad.labels.pool import Pool
    from happysad.progress import Progress
    from happysad.records import Entry
    from happysad.training.two_view.heads import Heads

    Array = NDArray[np.float64]
    Rows = NDArray[np.int64]

# With fewer pictures to judge it on, accuracy would be a number without a meaning.
_LEAST: Final = 8
# So many pictures are put in order before any label is there, or by a strategy at a time; chance
# orders the rest.
_FIRST: Final = 64
# People have answered, and it is no class: neither, or not the same for two near duplicates.
_NO_CLASS: Final = -2
_NEIGHBOURS: Final = 20
_COMPARED_WITH: Final = 2000


class TwoViewLearner:
    """Learns a scene's head, a face's head and their fusion from the labels so far.

    Without a strategy it asks first for pictures that are typical of many others and unlike those
    asked before, then for those that it is least sure of. Its accuracy is judged on the pictures
    that came by lot, by models that did not see them (cross-validation over whole groups).

    Args:
        pool: the pictures; of a group of near duplicates, the largest is looked at.
        base: a bundle of the kind ``two-view`` whose graphs read the pictures.
        classes: the two names in the order of the labels' keys.
        strategy: how to choose what to ask; None for its own way.
        balanced: with a strategy, ask for more of what it takes for the rarer class.
        limits: what a picture may cost.
        seed: for dealing pictures to folds, and for what a strategy leaves to chance.
    """

    def __init__(
        self,
        pool: Pool,
        base: Bundle,
        classes: tuple[str, str],
        *,
        strategy: Strategy | None = None,
        balanced: bool = False,
        limits: Limits = Limits(),
        seed: int = 1,
    ) -> None:
        self._root = Path(pool.root)
        self._base = base
        self._shown = classes
        self._classes = sorted(classes)  # label numbers, as everywhere, go by the name
        self._strategy = strategy
        self._balanced = balanced
        self._limits = limits
        self._seed = seed
        self._groups = list(pool.groups.values())
        self._embeddings: Embeddings | None = None
        self._space: Array = np.empty((0, 0))

    def prepare(self, progress: Progress) -> Lesson:
        """Read every picture once, and ask first for those that stand for many others.

        Raises:
            BundleError: the base model's graphs cannot be run.
            CollectionError: no picture can be read any more.
        """
        # One process decodes: the other processors belong to whoever is labelling.
        found = embed(
            self._root,
            [_largest(group) for group in self._groups],
            base=self._base,
            limits=self._limits,
            workers=1,
            progress=progress,
        )
        pairs = list(zip(self._groups, found, strict=True))
        kept = [(group, item) for group, item in pairs if not isinstance(item, PictureError)]
        if not kept:
            msg = "None of the pictures can be read any more. Look whether the folder is there."
            raise CollectionError(msg)
        self._groups = [group for group, _ in kept]
        self._embeddings = Embeddings.of([item for _, item in kept])
        if self._strategy is not None:
            self._space = one_space(self._embeddings)
        return Lesson(self._names(self._ranked(np.full(len(kept), UNKNOWN), None)))

    def refit(self, labels: Mapping[str, str]) -> Lesson:
        """Learn from all labels; without both classes there is nothing to learn.

        Args:
            labels: sha256 → class name or ``unsure``.
        """
        if self._embeddings is None:
            msg = "refit was called before prepare"
            raise AssertionError(msg)
        known = np.array([self._label(group, labels) for group in self._groups], np.int64)
        rows = np.flatnonzero(known >= 0)
        targets = known[rows]
        if len(np.unique(targets)) < 2:
            point = Point(len(rows), None, None, None, 0)
            return Lesson(self._names(self._ranked(known, None)), point=point)
        names = [self._groups[row][0].group for row in rows]
        heads = learn_heads(
            self._embeddings.rows(rows),
            targets,
            names,
            classes=self._classes,
            base=self._base.manifest,
            seed=self._seed,
        )
        positive = sigmoid(heads.logits(self._embeddings))
        # The guesses are of the second name as it is shown, whatever the names' order.
        guesses = positive if self._shown[1] == self._classes[1] else 1 - positive
        return Lesson(
            ranked=self._names(self._ranked(known, positive)),
            guesses={
                entry.sha256: float(guess)
                for group, guess in zip(self._groups, guesses, strict=True)
                for entry in group
            },
            point=_judged(heads, targets, np.array([by_lot(name) for name in names])),
        )

    def _label(self, group: tuple[Entry, ...], labels: Mapping[str, str]) -> int:
        """Return the class of a group; whichever of its pictures was shown, all have it."""
        said = {labels[entry.sha256] for entry in group if entry.sha256 in labels}
        if not said:
            return UNKNOWN
        if len(said) > 1 or said <= {UNSURE}:
            return _NO_CLASS
        return self._classes.index(said.pop())

    def _ranked(self, known: Rows, positive: Array | None) -> Sequence[int]:
        """Return rows that nobody has answered, those to ask about first in front.

        Args:
            known: the class of each row, ``UNKNOWN`` or ``_NO_CLASS``.
            positive: the model's probability of the second class; None without a model.
        """
        if self._strategy is not None:
            return self._asked(self._strategy, known, positive)
        if positive is not None:
            order = np.argsort(np.abs(positive - 0.5), kind="stable")
            return [int(row) for row in order if known[row] == UNKNOWN]
        if self._embeddings is None:
            raise AssertionError
        typical = typical_first(self._embeddings.scene, count=_FIRST, seed=self._seed)
        return [row for row in typical if known[row] == UNKNOWN]

    def _asked(self, strategy: Strategy, known: Rows, positive: Array | None) -> Sequence[int]:
        """Ask a strategy, about the pictures that come because a model wants them."""
        from threadpoolctl import threadpool_limits

        lots = np.array([by_lot(group[0].group) for group in self._groups])
        rows = np.flatnonzero((known >= 0) | ((known == UNKNOWN) & ~lots))
        labelled = np.flatnonzero(known >= 0)
        members = None
        if positive is not None and strategy.needs == "committee":
            members = committee(self._space, labelled, known[labelled], seed=self._seed)[:, rows]
        situation = Situation(
            self._space[rows],
            known[rows],
            np.arange(len(rows)),
            None if positive is None else np.stack([1 - positive, positive], axis=1)[rows],
            members,
        )
        seed = self._seed + len(labelled)
        with threadpool_limits(1):  # the other processors belong to whoever is labelling
            chosen = ask(strategy, situation, _FIRST, balanced=self._balanced, seed=seed)
        return [int(row) for row in rows[chosen]]

    def _names(self, rows: Sequence[int]) -> tuple[str, ...]:
        return tuple(_largest(self._groups[row]).sha256 for row in rows)


def _largest(group: tuple[Entry, ...]) -> Entry:
    return max(group, key=lambda entry: entry.width * entry.height)


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


def _judged(heads: Heads, targets: NDArray[np.int64], lots: NDArray[np.bool_]) -> Point:
    """Return how often models that did not see a picture are right about it."""
    count = int(lots.sum())
    if heads.out_of_fold is None or count < _LEAST:
        return Point(len(targets), None, None, None, count)
    right = (heads.out_of_fold > 0) == (targets == 1)
    accuracy = float(right[lots].mean())
    low, high = wilson(accuracy, count)
    return Point(len(targets), accuracy, low, high, count)
