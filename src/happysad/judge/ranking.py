"""How well probabilities rank pictures: ROC and precision–recall, their points and areas.

Definitions and treatment of ties are scikit-learn's (``roc_curve``, ``average_precision_score``),
and the tests hold these functions to it. They stand here because importing scikit-learn takes
four seconds of processor time, more than judging a thousand pictures, and 146 MB on disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Ranking:
    """Counts at every threshold that changes something, from the highest down.

    Attributes:
        true: positives at or above the threshold, float64 of shape (T + 1,), first 0.
        false: negatives likewise.
    """

    true: NDArray[np.float64]
    false: NDArray[np.float64]

    @property
    def roc(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points of the ROC curve: share of the negatives, share of the positives."""
        return self.false / self.false[-1], self.true / self.true[-1]

    @property
    def precision_recall(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points from the highest threshold down: precision, recall."""
        true, false = self.true[1:], self.false[1:]
        return true / (true + false), true / self.true[-1]

    @property
    def roc_area(self) -> float:
        """Area under the ROC curve: chance that a positive ranks above a negative."""
        false, true = self.roc
        return float(np.trapezoid(true, false))

    @property
    def average_precision(self) -> float:
        """Precision averaged over the steps of recall."""
        precision, recall = self.precision_recall
        return float(np.diff(recall, prepend=0.0) @ precision)


def rank(positive: NDArray[np.bool_], scores: NDArray[np.floating]) -> Ranking:
    """Return the counts behind both curves; pictures of equal score pass together.

    Args:
        positive: bool array of shape (N,) with both values.
        scores: array of shape (N,), higher means more likely positive.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends = np.append(np.flatnonzero(ranked[1:] < ranked[:-1]), len(ranked) - 1)
    true = np.cumsum(positive[order], dtype=np.float64)[ends]
    return Ranking(np.append(0.0, true), np.append(0.0, ends + 1 - true))
