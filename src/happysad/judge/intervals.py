"""95% intervals for the scores of a classifier.

Tests of models like these are small, often perfect or one-sided, and hold copies of the same
picture. The intervals here are chosen for that: none has zero width (a model that is right on
3 of 3 is not certain to be right always), and copies count once.

Copies: a picture that lies in the collection m times is answered the same way m times. Kish's
effective size n² / Σ m² (Kish, *Survey Sampling*, 1965, §8.2, intraclass correlation 1) is what
such a sample is worth; all intervals take it in place of n. It equals n when nothing is
duplicated, and is cautious when copies are answered differently.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

Z = 1.959963984540054
"""97.5% point of the normal distribution: two-sided 95%."""

Interval = tuple[float, float]


def effective_size(groups: NDArray[np.generic]) -> float:
    """Return how many independent pictures a sample with duplicate groups is worth.

    Args:
        groups: array of shape (N,), N ≥ 1: the group of each picture.

    Returns:
        A number from 1 to N; N where every group has one picture.
    """
    _, sizes = np.unique(groups, return_counts=True)
    return float(sizes.sum() ** 2 / np.square(sizes).sum())


def wilson(share: float, size: float, *, z: float = Z) -> Interval:
    """Return the score interval of a proportion.

    Wilson, *Journal of the American Statistical Association* 22 (1927), 209–212; recommended
    for small n by Brown, Cai & DasGupta, *Statistical Science* 16 (2001), 101–133.

    Args:
        share: observed proportion, 0 to 1.
        size: (effective) number of trials, above 0.
        z: normal quantile.
    """
    centre = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    half /= 1 + z * z / size
    return _around(share, centre - half, centre + half)


def bounded_mean(values: NDArray[np.float64], size: float) -> Interval:
    """Return the interval of a mean of values that lie between 0 and 1.

    A normal interval after adding z²/2 pictures at 0 and as many at 1, which is how Agresti &
    Coull (*The American Statistician* 52 (1998), 119–126) mend the interval of a proportion;
    carried over here from hits and misses to values between them.

    Args:
        values: array of shape (N,), each 0 to 1.
        size: effective number of pictures.
    """
    extra = Z * Z
    mean = float(values.mean())
    total = size + extra
    centre = (size * mean + extra / 2) / total
    second = (size * float(np.square(values).mean()) + extra / 2) / total
    half = Z * math.sqrt((second - centre * centre) / total)
    return _around(mean, centre - half, centre + half)


def area(value: float, positives: float, negatives: float) -> Interval:
    """Return the interval of an area under the ROC curve.

    Method 5 of Newcombe, *Statistics in Medicine* 25 (2006), 559–573: the score-type interval
    for the Mann–Whitney statistic, with Hanley & McNeil's variance at the candidate value. It
    keeps its width at an area of 1, where DeLong's and the bootstrap have none.

    Args:
        value: observed area, 0 to 1.
        positives: (effective) pictures of the class.
        negatives: (effective) pictures of other classes.
    """
    star = (positives + negatives) / 2 - 1

    def beyond(candidate: float) -> bool:
        spread = 1 + star * (1 - candidate) / (2 - candidate) + star * candidate / (1 + candidate)
        variance = candidate * (1 - candidate) * spread / (positives * negatives)
        return abs(value - candidate) > Z * math.sqrt(variance)

    low = _edge(beyond, value, 0.0)
    high = _edge(beyond, value, 1.0)
    return _around(value, low, high)


def of_mean(parts: Sequence[tuple[float, Interval]], *, independent: bool) -> Interval:
    """Return the interval of the unweighted mean of several estimates.

    Args:
        parts: each an estimate and its interval.
        independent: the estimates rest on different pictures; their deviations are then added
            as squares (MOVER: Zou & Donner, *Statistics in Medicine* 27 (2008), 1693–1702).
            Otherwise the bounds are averaged, which covers any dependence between them.
    """
    values = np.array([value for value, _ in parts])
    below = values - np.array([bounds[0] for _, bounds in parts])
    above = np.array([bounds[1] for _, bounds in parts]) - values
    mean = float(values.mean())
    combine = _root_sum_square if independent else _sum
    count = len(parts)
    return _around(mean, mean - combine(below) / count, mean + combine(above) / count)


def _root_sum_square(deviations: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.square(deviations).sum()))


def _sum(deviations: NDArray[np.float64]) -> float:
    return float(deviations.sum())


def _edge(beyond: Callable[[float], bool], inside: float, outside: float) -> float:
    """Return where, between the estimate and an end of the scale, candidates turn implausible."""
    for _ in range(60):
        middle = (inside + outside) / 2
        if beyond(middle):
            outside = middle
        else:
            inside = middle
    return outside


def _around(value: float, low: float, high: float) -> Interval:
    """Keep an interval within 0 to 1 and, against rounding, around its estimate."""
    return max(0.0, min(low, value)), min(1.0, max(high, value))
