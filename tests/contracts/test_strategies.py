"""What every query strategy promises to whoever asks it."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

from happysad.errors import MissingExtraError, UsageError
from happysad.judge.queries import STRATEGIES, TWO_CLASS_STRATEGIES, find_strategy
from happysad.judge.queries.asking import ask
from happysad.judge.queries.features import condensed
from happysad.judge.queries.strategy import UNKNOWN, Situation

NAMES = sorted(STRATEGIES)
PICTURES, GROUPS = 120, 70


def situation(labelled: int, *, seed: int = 0, model: bool = True) -> Situation:
    """Two clouds of pictures in groups of one or more, some of them labelled."""
    chance = np.random.default_rng(seed)
    truth = np.arange(PICTURES) % 2
    embeddings = chance.normal(size=(PICTURES, 12)) + truth[:, None]
    groups = np.concatenate([np.arange(GROUPS), chance.integers(0, GROUPS, PICTURES - GROUPS)])
    labels = np.full(PICTURES, UNKNOWN)
    labels[:labelled] = truth[:labelled]
    positive = 1 / (1 + np.exp(-embeddings.sum(axis=1) + 6))
    positive = positive + chance.uniform(-0.3, 0.3, (5, PICTURES))
    committee = np.stack([1 - positive, positive], axis=2).clip(0.01, 0.99)
    told = model and labelled > 1
    return Situation(
        condensed(embeddings),
        labels,
        groups,
        committee.mean(axis=0) if told else None,
        committee if told else None,
    )


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("labelled", [0, 1, 30])
@pytest.mark.parametrize("name", NAMES)
def test_asks_about_distinct_groups_that_have_no_label(
    name: str, labelled: int, balanced: bool
) -> None:
    known = situation(labelled)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chosen = ask(find_strategy(name), known, 10, balanced=balanced, seed=3)
    assert chosen.dtype == np.int64
    assert len(set(known.groups[chosen])) == 10
    assert (known.labels[chosen] == UNKNOWN).all()
    assert not set(known.groups[chosen]) & set(known.groups[known.labelled])


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides(name: str) -> None:
    for labelled in (0, 30):
        first, same = (ask(find_strategy(name), situation(labelled), 8, seed=5) for _ in range(2))
        assert first.tolist() == same.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_stops_where_the_pool_is_exhausted(name: str) -> None:
    known = situation(30)
    left = len(known.candidates)
    assert 0 < left < 70
    chosen = ask(find_strategy(name), known, 500, seed=1)
    assert sorted(chosen) == known.candidates.tolist()
    empty = situation(PICTURES)
    assert ask(find_strategy(name), empty, 5, seed=1).tolist() == []


@pytest.mark.parametrize("name", NAMES)
def test_is_content_with_pictures_that_are_all_alike(name: str) -> None:
    known = situation(6)
    same = Situation(
        np.zeros_like(known.features),
        known.labels,
        known.groups,
        np.full((PICTURES, 2), 0.5),
        np.full((5, PICTURES, 2), 0.5),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chosen = ask(find_strategy(name), same, 9, seed=2)
    assert len(set(same.groups[chosen])) == 9


@pytest.mark.parametrize("name", NAMES)
def test_describes_itself(name: str) -> None:
    strategy = find_strategy(name)
    assert strategy.name == name
    assert strategy.summary
    assert strategy.needs in {"nothing", "model", "committee"}


def test_balance_asks_for_the_class_that_lacks_labels() -> None:
    known = situation(20)
    one_sided = Situation(
        known.features,
        np.where(known.labels == 0, UNKNOWN, known.labels),
        known.groups,
        known.probabilities,
        known.committee,
    )
    assert one_sided.probabilities is not None
    for name in ("random", "margin", "coreset"):
        chosen = ask(find_strategy(name), one_sided, 8, balanced=True, seed=1)
        taken_for = one_sided.probabilities[chosen].argmax(axis=1)
        assert taken_for.tolist().count(0) == 8, name


def test_balance_takes_turns_so_that_the_first_questions_are_balanced_too() -> None:
    known = situation(20)
    assert known.probabilities is not None
    for name in NAMES:
        chosen = ask(find_strategy(name), known, 12, balanced=True, seed=1)
        taken_for = known.probabilities[chosen].argmax(axis=1)
        shares = np.cumsum(taken_for) / np.arange(1, 13)
        assert np.abs(shares[1::2] - 0.5).max() <= 0.5 / 2, name


def test_the_best_comes_first() -> None:
    known = situation(30)
    assert known.probabilities is not None
    chosen = ask(find_strategy("margin"), known, 20, seed=1)
    doubt = np.abs(known.probabilities[chosen, 0] - 0.5)
    assert doubt.tolist() == sorted(doubt)
    few, many = (ask(find_strategy("coreset"), known, number, seed=1) for number in (3, 20))
    assert many[:3].tolist() == few.tolist()


def test_two_classes_need_one_of_the_three_measures_of_doubt() -> None:
    known = situation(30)
    asked = [
        set(ask(find_strategy(name), known, 10, seed=1).tolist())
        for name in ("margin", "entropy", "least-confident")
    ]
    assert asked[0] == asked[1] == asked[2]
    assert {"entropy", "least-confident"}.isdisjoint(TWO_CLASS_STRATEGIES)


def test_an_unknown_strategy_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"any of: random, .*'rondom'"):
        find_strategy("rondom")


def test_without_the_library_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skactiveml", None)  # as if it were not installed
    with pytest.raises(MissingExtraError, match=r"happysad\[active\]"):
        ask(find_strategy("random"), situation(0), 3)
