"""Recognising pictures that are neither happy nor sad: posters of words, charts, objects.

A head on the scene's features. It learns from the readings' kinds, since folders do not tell: to
be recognised are ``text`` and ``other``. For its figures it is learned and judged on collections
that the scene has not seen, each by a head of the fold's other collections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.training.two_view.grouped import choose_head, deal_folds

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from table import Table

    from happysad.bundle.manifest import Head

ALLOWED_ALARMS = 0.01
"""Share of pictures of people and drawings, with a sure reading, that may be turned away."""

_KINDS = ("text", "other")
_DOUBTFUL = 0.5
"""What a picture counts whose kind says little: of people, but the reading was not sure."""


@dataclass(frozen=True)
class OffTopic:
    """The head and where it draws the line.

    Attributes:
        head: logit that a picture is neither.
        above: probability above which there is no answer.
        probabilities: of the pictures that were judged, shape (N,); NaN for the others.
    """

    head: Head
    above: float
    probabilities: NDArray[np.float64]


def neither(table: Table) -> NDArray[np.bool_]:
    """Return the pictures to be recognised, shape (N,)."""
    return np.isin(table.kinds, _KINDS)


def learn(
    table: Table,
    features: NDArray[np.floating],
    unseen: dict[int, tuple[NDArray[np.int64], NDArray[np.floating]]],
) -> OffTopic:
    """Learn the head that is shipped, and judge its like on unseen collections.

    Args:
        table: the pictures.
        features: of every picture by the scene that is shipped, shape (N, D).
        unseen: fold → rows and features of its pictures by a scene that did not see the fold.
    """
    probabilities = np.full(len(table), np.nan)
    for rows, seen in unseen.values():
        chosen = _head(table, rows, seen)
        if chosen.out_of_fold is not None:
            probabilities[rows] = 1 / (1 + np.exp(-chosen.out_of_fold))
    everything = np.arange(len(table))
    return OffTopic(
        _head(table, everything, features).head, _line(table, probabilities), probabilities
    )


def _head(table: Table, rows: NDArray[np.int64], features: NDArray[np.floating]):
    targets = neither(table)[rows]
    weights = np.where(targets | table.sure[rows], 1.0, _DOUBTFUL)
    collections = table.collections[rows]
    if len(np.unique(collections)) < 2:
        collections = table.files[rows]
    groups = [f"{name} {target}" for name, target in zip(collections, targets, strict=True)]
    folds = deal_folds(targets.astype(np.int64), groups, seed=1)
    return choose_head(features.astype(np.float64), targets.astype(float), folds, weights=weights)


def _line(table: Table, probabilities: NDArray[np.float64]) -> float:
    """Return the probability above which ``ALLOWED_ALARMS`` of good pictures lie."""
    good = np.isfinite(probabilities) & table.sure & ~neither(table)
    return float(np.quantile(probabilities[good], 1 - ALLOWED_ALARMS)) if good.any() else 1.0
