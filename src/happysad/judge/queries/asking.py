"""The one way to ask a strategy."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import numpy as np

from happysad.errors import MissingExtraError
from happysad.judge.queries.spread import TYPICLUST
from happysad.judge.queries.strategy import UNKNOWN

if TYPE_CHECKING:
    from happysad.judge.queries.strategy import Rows, Situation, Strategy


def ask(
    strategy: Strategy,
    situation: Situation,
    count: int,
    *,
    balanced: bool = False,
    seed: int = 1,
    cold_start: Strategy = TYPICLUST,
) -> Rows:
    """Return the pictures to ask a person about, of different duplicate groups.

    Args:
        strategy: how to choose.
        situation: what is known.
        count: how many, 1 or more; there are fewer only where the pool is exhausted.
        balanced: ask for more of the pictures that the model takes for the rarer class, so that
            the labels come out even. Without a model it changes nothing.
        seed: for what is left to chance.
        cold_start: what chooses as long as the strategy's needs are not met.

    Returns:
        Rows of distinct groups without a label, int64 of shape (≤ count,), those to ask about
        first in front.

    Raises:
        MissingExtraError: scikit-activeml is not installed.
    """
    require_scikit_activeml()
    if not situation.offers(strategy.needs):
        strategy = cold_start
    candidates = situation.candidates
    count = min(count, len(candidates))
    if balanced and situation.probabilities is not None:
        chosen = _balanced(strategy, situation, candidates, count, seed)
    else:
        chosen = _some(strategy, situation, candidates, count, seed)
    # A strategy may name a picture twice, or run dry: chance fills up.
    rest = np.setdiff1d(candidates, chosen)
    extra = np.random.default_rng(seed).permutation(rest)[: count - len(chosen)]
    return np.append(chosen, extra)


def require_scikit_activeml() -> None:
    """Refuse to begin without the library that the strategies are from.

    Raises:
        MissingExtraError: it is not installed.
    """
    if importlib.util.find_spec("skactiveml") is None:
        raise MissingExtraError("skactiveml", "active")


def _some(
    strategy: Strategy, situation: Situation, candidates: Rows, count: int, seed: int
) -> Rows:
    if count == 0:
        return candidates[:0]
    if count == len(candidates):
        return candidates
    found = strategy.query(situation, candidates, count, seed)
    return np.fromiter(dict.fromkeys(int(row) for row in found), np.int64)


def _balanced(
    strategy: Strategy, situation: Situation, candidates: Rows, count: int, seed: int
) -> Rows:
    """Choose among the pictures that the model takes for one class, then for the other."""
    if situation.probabilities is None:
        raise AssertionError
    taken_for = situation.probabilities[candidates].argmax(axis=1)
    classes = situation.probabilities.shape[1]
    have = np.bincount(situation.labels[situation.labelled], minlength=classes)
    there = np.bincount(taken_for, minlength=classes)
    turns = _turns(have, there, count)
    chosen = np.full(count, UNKNOWN, np.int64)
    for label in range(classes):
        places = np.flatnonzero(turns == label)
        mine = _some(strategy, situation, candidates[taken_for == label], len(places), seed)
        chosen[places[: len(mine)]] = mine
    found: Rows = chosen[chosen != UNKNOWN]
    return found


def _turns(have: Rows, there: Rows, count: int) -> Rows:
    """Return which class to ask for at each turn, so that the labels come out even."""
    added = np.zeros_like(have)
    turns = np.zeros(count, np.int64)
    for turn in range(count):
        total = np.where(added < there, have + added, np.iinfo(np.int64).max)
        turns[turn] = total.argmin()
        added[turns[turn]] += 1
    return turns
