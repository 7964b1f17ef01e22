"""Scores after ever more labels: is a way of asking better than asking at random?

What is compared is the mean accuracy along the whole curve, the area under it, on pictures that
were never asked about. It says more than the last point, and needs no target to be chosen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.records import Score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BASELINE = "random"
"""The strategy that every other one is compared with."""

_ERROR = 0.05
_METHOD = "paired, over pictures and repeats, Bonferroni"


@dataclass(frozen=True, slots=True)
class Trial:
    """One strategy, replayed once.

    Attributes:
        strategy: its name.
        seed: of this repeat; trials of one seed were judged on the same pictures.
        labels: number of labels when each of R models was learned, ascending.
        right: which of T pictures each model had right, bool of shape (R, T).
        groups: duplicate group of each of those pictures.
        asked: number of labels of each class after the last question.
    """

    strategy: str
    seed: int
    labels: tuple[int, ...]
    right: NDArray[np.bool_]
    groups: tuple[str, ...]
    asked: tuple[int, ...] = ()

    @property
    def accuracy(self) -> Array:
        """Share of right answers of each model, shape (R,)."""
        result: Array = self.right.mean(axis=1)
        return result

    @property
    def along(self) -> Array:
        """For each picture the share of the curve on which it was right, 0 to 1, shape (T,)."""
        if len(self.labels) == 1:
            only: Array = self.right[0].astype(np.float64)
            return only
        steps = np.diff(np.array(self.labels, np.float64))
        weights = (np.append(steps, 0) + np.insert(steps, 0, 0)) / (2 * steps.sum())
        result: Array = weights @ self.right
        return result


@dataclass(frozen=True, slots=True)
class Curve:
    """One strategy, averaged over its repeats.

    Attributes:
        strategy: its name.
        labels: number of labels, ascending, shape (R,).
        accuracy: mean over the repeats, shape (R,).
        low: the lowest of the repeats.
        high: the highest of the repeats.
        area: mean accuracy along the curve, 0 to 1.
    """

    strategy: str
    labels: Array
    accuracy: Array
    low: Array
    high: Array
    area: float

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> Curve:
        """Average the trials of one strategy."""
        least = min(len(trial.labels) for trial in trials)  # a smaller pool ends sooner
        rows = np.stack([trial.accuracy[:least] for trial in trials])
        return cls(
            strategy=trials[0].strategy,
            labels=np.mean([trial.labels[:least] for trial in trials], axis=0),
            accuracy=rows.mean(axis=0),
            low=rows.min(axis=0),
            high=rows.max(axis=0),
            area=float(np.mean([trial.along.mean() for trial in trials])),
        )

    def labels_to_reach(self, accuracy: float) -> float | None:
        """Return after how many labels the curve first is that high; None where it never is."""
        above = self.accuracy >= accuracy - 1e-12
        if not above.any():
            return None
        first = int(above.argmax())
        if first == 0:
            return float(self.labels[0])
        x, y = self.labels[first - 1 : first + 1], self.accuracy[first - 1 : first + 1]
        return float(np.interp(accuracy, y, x))


def curves(trials: Sequence[Trial]) -> dict[str, Curve]:
    """Return the curve of every strategy, by its name."""
    names = dict.fromkeys(trial.strategy for trial in trials)
    return {name: Curve.of([item for item in trials if item.strategy == name]) for name in names}


def gains(trials: Sequence[Trial]) -> dict[str, Score]:
    """Return by how much each strategy's area lies above that of ``BASELINE``.

    Differences are taken picture by picture within each repeat. Their variance is the sum of two
    parts, what the repeats differ by and what the pictures differ by (duplicate groups as one),
    with Satterthwaite's degrees of freedom (*Biometrics Bulletin* 2 (1946), 110–114); where each
    repeat has pictures of its own, the sum is cautious. The intervals hold together: each is
    widened for the number of strategies (Bonferroni), because it is the best that people look at.

    Args:
        trials: of several strategies, ``BASELINE`` among them, each with the same seeds.

    Returns:
        Strategy → score, -1 to 1; ``n`` is the number of pictures judged.
    """
    names = [name for name in dict.fromkeys(item.strategy for item in trials) if name != BASELINE]
    found = {(item.strategy, item.seed): item for item in trials}
    seeds = sorted({item.seed for item in trials})
    return {
        name: _gain([found[name, seed] for seed in seeds], [found[BASELINE, s] for s in seeds],
                    comparisons=len(names))
        for name in names
    }  # fmt: skip


def _gain(ours: Sequence[Trial], theirs: Sequence[Trial], *, comparisons: int) -> Score:
    per_seed = [a.along - b.along for a, b in zip(ours, theirs, strict=True)]
    means = np.array([item.mean() for item in per_seed])
    parts = [_variance_of_mean(means)] if len(means) > 1 else []
    pictures, by_group = _by_group(per_seed, ours)
    if len(by_group) > 1:
        # Groups of several pictures weigh more: the variance of a ratio of two means.
        residuals = by_group * len(by_group) / pictures
        parts.append(_variance_of_mean(residuals))
    value = float(means.mean())
    half = _half_width(parts, error=_ERROR / comparisons)
    return Score(
        "area gained", value, max(-1.0, value - half), min(1.0, value + half), pictures, _METHOD
    )


def _by_group(per_seed: Sequence[Array], trials: Sequence[Trial]) -> tuple[int, Array]:
    """Return how many pictures were judged, and each group's summed deviation from the mean."""
    names = np.concatenate([np.array(trial.groups, object) for trial in trials]).astype(str)
    values = np.concatenate(per_seed)
    groups, members = np.unique(names, return_inverse=True)
    # Repeats on the same pictures are no new pictures.
    repeats = len(values) / max(1, _distinct(trials))
    sums = np.bincount(members, weights=values - values.mean(), minlength=len(groups)) / repeats
    return _distinct(trials), sums


def _distinct(trials: Sequence[Trial]) -> int:
    first = trials[0].groups
    if all(trial.groups == first for trial in trials):
        return len(first)
    return sum(len(trial.groups) for trial in trials)


def _variance_of_mean(values: Array) -> tuple[float, int]:
    """Return the variance of the mean, and its degrees of freedom."""
    return float(values.var(ddof=1)) / len(values), len(values) - 1


def _half_width(parts: Sequence[tuple[float, int]], *, error: float) -> float:
    from scipy.special import stdtrit

    total = sum(variance for variance, _ in parts)
    if total == 0:
        return 0.0
    freedom = total**2 / sum(variance**2 / count for variance, count in parts)
    quantile = float(stdtrit(freedom, 1 - error / 2))
    return quantile * math.sqrt(total)
