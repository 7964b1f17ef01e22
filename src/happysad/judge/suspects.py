"""Which labels are probably wrong, and how many: confident learning.

Northcutt, Jiang & Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", *Journal
of Artificial Intelligence Research* 70 (2021), 1373–1411. Numpy alone; the probabilities come from
models that did not see the picture, so it does not matter here what made them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Suspects:
    """How doubtful each label of N pictures is.

    Attributes:
        wrong: probability that the label is wrong, 0 to 1, float64 of shape (N,).
        suggested: the likeliest other class, int64 of shape (N,), indices into the classes.
        joint: share of the pictures by given label (row) and true label (column), shape (C, C),
            as the confident joint estimates it; adds up to 1.
    """

    wrong: Array
    suggested: NDArray[np.int64]
    joint: Array

    @property
    def expected(self) -> float:
        """How many labels are wrong, as far as the confident joint can tell."""
        return float(len(self.wrong) * (1 - np.trace(self.joint)))

    @property
    def order(self) -> NDArray[np.int64]:
        """Row numbers, the most doubtful label first; equal ones in the order they came."""
        return np.argsort(-self.wrong, kind="stable")


def suspect(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> Suspects:
    """Say of each label how likely it is to be wrong.

    The confident joint tells how often each class is given for each other one. With it, Bayes'
    rule turns what the model says of the *given* label, which it learned from labels that are
    partly wrong, into what can be said of the *true* one.

    Args:
        probabilities: of the given label, by models that did not see the picture or its
            duplicates; shape (N, C), rows sum to 1.
        labels: the given labels, class indices, shape (N,); every class occurs.
    """
    said = np.asarray(probabilities, np.float64)
    given = np.asarray(labels, np.int64)
    joint = confident_joint(said, given)
    # One picture more of each kind of mistake: nobody can be certain that there is none.
    counts = len(given) * joint + 1 - np.eye(len(joint))
    # Chance of each given label (row) for each true one (column).
    noise = counts / np.maximum(counts.sum(axis=0), _SMALLEST)
    true = _true_class(said, noise)
    weighed = noise[given] * true
    belief = weighed / np.maximum(weighed.sum(axis=1, keepdims=True), _SMALLEST)
    rows = np.arange(len(given))
    # Nobody is surer of a mistake than the models are that this label would not be given.
    wrong = np.minimum(1 - belief[rows, given], 1 - said[rows, given])
    others = said.copy()
    others[rows, given] = -1.0
    return Suspects(np.clip(wrong, 0, 1), others.argmax(axis=1), joint)


def confident_joint(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> Array:
    """Return the share of pictures by given label (row) and true label (column), shape (C, C).

    A picture counts as truly of a class where the model is surer of that class than it is, on
    average, of the pictures that have it as label (equations 1 to 3 of the paper).

    Args:
        probabilities: shape (N, C), rows sum to 1.
        labels: class indices, shape (N,); every class occurs.
    """
    said, given = np.asarray(probabilities, np.float64), np.asarray(labels)
    count = said.shape[1]
    thresholds = np.array([said[given == one, one].mean() for one in range(count)])
    confident = said >= thresholds
    found = confident.any(axis=1)
    true = np.where(confident, said, -1.0).argmax(axis=1)
    counts = np.zeros((count, count))
    np.add.at(counts, (given[found], true[found]), 1.0)
    # Each row stands for all pictures of its label, also for those nobody is confident of.
    sizes = np.bincount(given, minlength=count)
    totals = counts.sum(axis=1)
    counts[totals == 0] = np.eye(count)[totals == 0]
    whole = counts / np.maximum(totals, 1.0)[:, None] * sizes[:, None]
    joint: Array = whole / whole.sum()
    return joint


def _true_class(said: Array, noise: Array) -> Array:
    """Undo the noise: from probabilities of the given label to those of the true one."""
    solved = np.linalg.lstsq(noise, said.T, rcond=None)[0].T
    kept = np.clip(solved, 0, None)
    result: Array = kept / np.maximum(kept.sum(axis=1, keepdims=True), _SMALLEST)
    return result
