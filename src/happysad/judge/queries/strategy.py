"""What is known when a question is due, and what a strategy is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

UNKNOWN = -1
"""The label of a picture that nobody has labelled."""

Need = Literal["nothing", "model", "committee"]


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of N pictures when the next question is due.

    Attributes:
        features: what distances are measured in, see ``features.condensed``; float of shape
            (N, D).
        labels: class index of each picture, or ``UNKNOWN``; int64 of shape (N,).
        groups: number of the duplicate group of each picture, int64 of shape (N,).
        probabilities: what a model that learned from the labels says, shape (N, C); None where
            there is none, say, because only one class has a label.
        committee: what several models say that learned from parts of the labels, shape
            (K, N, C); None where there is none.
    """

    features: NDArray[np.floating]
    labels: Rows
    groups: Rows
    probabilities: NDArray[np.floating] | None = None
    committee: NDArray[np.floating] | None = None

    @property
    def candidates(self) -> Rows:
        """One picture, the first, of every group of which none is labelled."""
        names, first = np.unique(self.groups, return_index=True)
        asked = np.unique(self.groups[self.labels != UNKNOWN])
        return np.sort(first[~np.isin(names, asked)]).astype(np.int64)

    @property
    def labelled(self) -> Rows:
        """The rows that have a label."""
        return np.flatnonzero(self.labels != UNKNOWN).astype(np.int64)

    def offers(self, need: Need) -> bool:
        """Whether there is what a strategy needs."""
        given = {"nothing": True, "model": self.probabilities, "committee": self.committee}[need]
        return given is not None


@dataclass(frozen=True, slots=True)
class Strategy:
    """A way to choose questions.

    Attributes:
        name: as on the command line.
        summary: one line for people.
        needs: what has to be there; before it is, typicality chooses, see ``asking.ask``.
        query: (situation, candidates, count, seed) → at most ``count`` of the candidates.
    """

    name: str
    summary: str
    needs: Need
    query: Callable[[Situation, Rows, int, int], Rows]
