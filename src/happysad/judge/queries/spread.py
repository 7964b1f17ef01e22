"""Pictures that stand for many others, whatever a model thinks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.judge.queries.strategy import UNKNOWN, Situation, Strategy

if TYPE_CHECKING:
    from happysad.judge.queries.strategy import Rows

# ProbCover keeps the distance of every two pictures; a sample of so many stands for a larger pool.
_COVER_MOST = 2500
# Clusters need not be final to spread questions over them.
_CLUSTER_STEPS = 20
# Radii to choose among; features have length 1, so that no two are further apart than 2.
_RADII = np.linspace(0.05, 1.4, 28)


def _core_set(situation: Situation, candidates: Rows, count: int, seed: int) -> Rows:
    from skactiveml.pool import CoreSet

    return _query(CoreSet(random_state=seed), situation, candidates, count)


def _typical(situation: Situation, candidates: Rows, count: int, seed: int) -> Rows:
    from skactiveml.pool import TypiClust

    settings = {"random_state": seed, "n_init": 1, "max_iter": _CLUSTER_STEPS}
    strategy = TypiClust(random_state=seed, cluster_algo_dict=settings)
    return _query(strategy, situation, candidates, count)


def _cover(situation: Situation, candidates: Rows, count: int, seed: int) -> Rows:
    from skactiveml.pool import ProbCover

    room = max(count, _COVER_MOST - len(situation.labelled))
    if len(candidates) > room:
        candidates = np.random.default_rng(seed).choice(candidates, room, replace=False)
    settings = {"random_state": seed, "n_init": 1}
    strategy = ProbCover(
        random_state=seed, n_classes=2, deltas=_RADII, alpha=0.95, cluster_algo_dict=settings
    )
    return _query(strategy, situation, candidates, count)


def _query(strategy: Any, situation: Situation, candidates: Rows, count: int) -> Rows:
    """Ask a strategy that looks at features alone, about what is labelled and what can be.

    Of pictures with the same features it sees one, a labelled one if there is; clusters of
    copies trip it up.
    """
    rows: Rows = np.concatenate([situation.labelled, candidates])
    _, first = np.unique(situation.features[rows], axis=0, return_index=True)
    rows = rows[np.sort(first)]
    labels = situation.labels[rows]
    open_rows: Rows = rows[labels == UNKNOWN]
    if len(open_rows) <= count:
        return open_rows
    known = np.where(labels == UNKNOWN, np.nan, labels)
    found = strategy.query(situation.features[rows], known, batch_size=count)
    chosen: Rows = rows[np.asarray(found, np.int64)]
    return chosen[np.isin(chosen, open_rows)]  # in the order of choice: the best comes first


CORESET = Strategy("coreset", "farthest from everything that is labelled", "nothing", _core_set)
TYPICLUST = Strategy(
    "typiclust", "typical of a cluster in which nothing is labelled", "nothing", _typical
)
PROBCOVER = Strategy("probcover", "has most neighbours that no label covers yet", "nothing", _cover)
