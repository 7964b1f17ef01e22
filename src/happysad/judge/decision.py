"""Below which probability a model should say ``unsure``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from happysad.config import require
from happysad.judge.intervals import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

# 95% point of the normal distribution: the bound on the error is one-sided.
_ONE_SIDED = 1.6448536269514722


def choose_unsure_below(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], *, max_error: float = 0.05
) -> float:
    """Return the lowest confidence at which answers may be given.

    That is the lowest threshold above which at most ``max_error`` of the answers are wrong: not
    as observed, but by the upper end of the one-sided 95% Wilson interval. It takes 52 held-out
    pictures without a mistake to show an error of at most 0.05. Since the lowest of many
    thresholds is picked, the promise breaks somewhat more often than in 5% of the cases: in
    simulations with a calibrated model, in 4% (n = 200) to 8% (n = 1,000).

    Where no threshold can promise ``max_error``, the one with the lowest bound is returned: as
    sure as these pictures can show. What answering above it is worth is in the report, as
    ``answered`` and ``accuracy_answered``.

    Args:
        probabilities: array of shape (N, C), calibrated, rows sum to 1, of held-out pictures.
        labels: integer array of shape (N,), class indices.
        max_error: share of wrong answers allowed among those given, above 0 and below 1.

    Returns:
        Between 0 and 1; 0 where every answer may be given, and for no pictures.

    Raises:
        UsageError: ``max_error`` out of range.
    """
    require(0 < max_error < 1, "max_error", "above 0 and below 1", max_error)
    if len(labels) == 0:
        return 0.0
    confidence = np.max(probabilities, axis=1).astype(np.float64)
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    wrong = (np.argmax(probabilities, axis=1) != labels)[order].cumsum()
    # A threshold takes all pictures of equal confidence or none.
    ends = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True))
    bounds = np.array([_error_bound(int(wrong[end]), int(end) + 1) for end in ends])
    kept = np.flatnonzero(bounds <= max_error)
    chosen = ends[kept[-1] if len(kept) else np.argmin(bounds)]
    if chosen == len(ranked) - 1:
        return 0.0
    return float((ranked[chosen] + ranked[chosen + 1]) / 2)


def _error_bound(wrong: int, answered: int) -> float:
    return wilson(wrong / answered, answered, z=_ONE_SIDED)[1]
