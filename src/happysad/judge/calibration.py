"""Probabilities that mean what they say: of the answers at 0.8, eight in ten are right.

Numpy alone, since the predictor applies the temperature to every answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from happysad.judge.intervals import Interval, effective_size, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A network that computes in float32 cannot say more than this.
_SMALLEST = 1e-7
_STEEPEST = 20.0

BIN_PICTURES = 15
"""Pictures a reliability bin holds at least: with fewer, its share of right answers is noise."""

MOST_BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of similar confidence.

    Attributes:
        confidence: mean probability of the predicted class.
        right: share of right answers.
        low: lower end of the 95% Wilson interval of ``right``.
        high: upper end.
        n: pictures.
        size: independent pictures they are worth, see ``intervals.effective_size``.
    """

    confidence: float
    right: float
    low: float
    high: float
    n: int
    size: float


def fit_temperature(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Return the temperature under which held-out labels are most likely.

    Temperature scaling of Guo et al., *ICML* 2017, with Platt's targets (*Advances in Large
    Margin Classifiers*, 1999, §2.2) in place of 0 and 1, so that a small held-out part that is
    all right does not make the model infinitely sure. The loss is convex in 1/T: its minimum is
    found by bisection on the slope.

    Args:
        probabilities: array of shape (N, C), rows sum to 1.
        labels: integer array of shape (N,), class indices.

    Returns:
        Between 0.05 and 20; above 1 softens, below 1 sharpens; 1 for no pictures.
    """
    if len(labels) == 0:
        return 1.0
    logits = _logits(probabilities)
    targets = _platt_targets(np.asarray(labels), logits.shape[1])

    def slope(steepness: float) -> float:
        spread = _softmax(logits * steepness) - targets
        return float((spread * logits).sum())

    low, high = 1 / _STEEPEST, _STEEPEST
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return float(1 / np.sqrt(low * high))


def apply_temperature(
    probabilities: NDArray[np.floating], temperature: float
) -> NDArray[np.float64]:
    """Return calibrated probabilities; the order of the classes never changes.

    Args:
        probabilities: array of shape (N, C), rows sum to 1.
        temperature: above 0; 1 changes nothing.

    Returns:
        float64 array of shape (N, C), rows sum to 1.
    """
    if temperature == 1.0:
        return np.asarray(probabilities, dtype=np.float64)
    return _softmax(_logits(probabilities) / temperature)


def reliability(
    confidence: NDArray[np.floating],
    right: NDArray[np.bool_],
    *,
    groups: NDArray[np.generic] | None = None,
) -> tuple[Bin, ...]:
    """Return answers binned by confidence.

    Bins hold about equally many pictures (Nguyen & O'Connor, *EMNLP* 2015), at least
    ``BIN_PICTURES`` each and at most ``MOST_BINS`` bins, so that no bin is nearly empty. Equal
    confidences share a bin.

    Args:
        confidence: array of shape (N,), N ≥ 1, probability of the predicted class, 0 to 1.
        right: bool array of shape (N,).
        groups: duplicate group of each picture, shape (N,); none: all independent.
    """
    confidence = np.asarray(confidence, dtype=np.float64)
    groups = np.arange(len(confidence)) if groups is None else groups
    count = int(np.clip(len(confidence) // BIN_PICTURES, 1, MOST_BINS))
    edges = np.quantile(confidence, np.arange(1, count) / count)
    members = np.searchsorted(np.unique(edges), confidence, side="right")
    bins = []
    for number in np.unique(members):
        rows = members == number
        share = float(right[rows].mean())
        size = effective_size(groups[rows])
        mean = float(confidence[rows].mean())
        bins.append(Bin(mean, share, *wilson(share, size), int(rows.sum()), size))
    return tuple(bins)


def calibration_error(bins: tuple[Bin, ...]) -> tuple[float, Interval]:
    """Return the expected calibration error and its 95% interval.

    The error is the mean gap between confidence and share of right answers over the bins,
    weighted by pictures (Naeini, Cooper & Hauskrecht, *AAAI* 2015). It cannot be below 0 and is
    overestimated for few pictures, so the lower end is cautious: it counts only what lies
    outside intervals that hold for all bins at once (Bonferroni), and is 0 where nothing does.
    The upper end adds the bins' deviations as squares.
    """
    weights = np.array([item.n for item in bins]) / sum(item.n for item in bins)
    gaps = np.array([abs(item.right - item.confidence) for item in bins])
    z = NormalDist().inv_cdf(1 - 0.025 / len(bins))
    least = np.array([_least_gap(item, z) for item in bins])
    most = np.array([_most_gap(item) for item in bins])
    error = float(weights @ gaps)
    high = error + float(np.sqrt(np.square(weights * (most - gaps)).sum()))
    return error, (min(error, float(weights @ least)), min(1.0, high))


def _least_gap(item: Bin, z: float) -> float:
    low, high = wilson(item.right, item.size, z=z)
    return max(0.0, low - item.confidence, item.confidence - high)


def _most_gap(item: Bin) -> float:
    return max(item.high - item.confidence, item.confidence - item.low)


def _logits(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.log(np.clip(np.asarray(probabilities, dtype=np.float64), _SMALLEST, 1.0))


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return result


def _platt_targets(labels: NDArray[np.integer], classes: int) -> NDArray[np.float64]:
    counts = np.bincount(labels, minlength=classes)[labels][:, None].astype(np.float64)
    hot = np.eye(classes)[labels]
    result: NDArray[np.float64] = (counts * hot + 1) / (counts + classes)
    return result
