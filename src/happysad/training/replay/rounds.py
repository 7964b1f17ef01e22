"""Ask, learn, judge; again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from happysad.judge.learning_curves import Trial
from happysad.judge.learning_report import ALL
from happysad.judge.queries.asking import ask
from happysad.judge.queries.strategy import UNKNOWN, Situation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from happysad.judge.queries.strategy import Strategy
    from happysad.training.replay.learner import Learned, Learner
    from happysad.training.replay.stages import Stage

    Rows = NDArray[np.int64]


def replay(
    stage: Stage, strategy: Strategy, *, schedule: Sequence[int], balanced: bool = False
) -> Trial:
    """Ask for labels round by round, as a strategy wants it, and judge what is learned.

    Args:
        stage: pictures, pool and test.
        strategy: who chooses.
        schedule: number of labels at the end of each round; a pool with fewer ends sooner.
        balanced: see ``ask``.
    """
    learner, pool = stage.learner, stage.pool
    known = np.full(len(pool), UNKNOWN)
    groups = _numbers(learner, pool)
    learned: Learned | None = None
    counts, right = [], []
    for number, target in enumerate(schedule):
        seed = 1000 * stage.seed + number
        situation = _situation(learner, pool, known, groups, learned)
        missing = target - int((known != UNKNOWN).sum())
        chosen = ask(strategy, situation, missing, balanced=balanced, seed=seed)
        if len(chosen) == 0:
            break
        known[chosen] = learner.labels[pool[chosen]]
        learned = _learn(learner, pool[known != UNKNOWN], strategy, seed=seed)
        counts.append(int((known != UNKNOWN).sum()))
        right.append(_right(stage, pool[known != UNKNOWN], learned))
    return Trial(
        strategy=strategy.name,
        seed=stage.seed,
        labels=tuple(counts),
        right=np.array(right),
        groups=tuple(learner.entries[row].group for row in stage.test),
        asked=tuple(np.bincount(known[known != UNKNOWN], minlength=2).tolist()),
    )


def learn_all(stage: Stage) -> Trial:
    """Learn from one picture of every group in the pool: what all the labels are worth."""
    groups = _numbers(stage.learner, stage.pool)
    rows = stage.pool[np.sort(np.unique(groups, return_index=True)[1])]
    learned = stage.learner.learn(rows, seed=1000 * stage.seed)
    labels = stage.learner.labels[rows]
    return Trial(
        strategy=ALL,
        seed=stage.seed,
        labels=(len(rows),),
        right=_right(stage, rows, learned)[None],
        groups=tuple(stage.learner.entries[row].group for row in stage.test),
        asked=tuple(np.bincount(labels, minlength=2).tolist()),
    )


def _numbers(learner: Learner, pool: Rows) -> Rows:
    names = [learner.entries[row].group for row in pool]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _situation(
    learner: Learner, pool: Rows, known: Rows, groups: Rows, learned: Learned | None
) -> Situation:
    if learned is None:
        return Situation(learner.features[pool], known, groups)
    features = learner.features if learned.features is None else learned.features
    committee = None if learned.committee is None else learned.committee[:, pool]
    return Situation(features[pool], known, groups, learned.probabilities[pool], committee)


def _learn(learner: Learner, rows: Rows, strategy: Strategy, *, seed: int) -> Learned | None:
    """Learn, once there is something to tell apart."""
    if len(np.unique(learner.labels[rows])) < 2:
        return None
    return learner.learn(rows, seed=seed, committee=strategy.needs == "committee")


def _right(stage: Stage, rows: Rows, learned: Learned | None) -> NDArray[np.bool_]:
    """Return which test pictures are answered right; without a model, with the one class known."""
    truth = stage.learner.labels[stage.test]
    if learned is None:
        return np.asarray(truth == stage.learner.labels[rows[0]])
    return np.asarray(learned.probabilities[stage.test].argmax(axis=1) == truth)
