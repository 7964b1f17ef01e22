"""Confident learning on labels whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from happysad.judge.ranking import rank
from happysad.judge.suspects import Suspects, confident_joint, suspect


def noisy(count: int, *, flip: tuple[float, float], seed: int = 1):
    """Return probabilities of a good model of the given labels, given labels, and which are wrong.

    ``flip`` is the share of the pictures of each true class that carry the other label.
    """
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 2, count)
    evidence = rng.normal(np.where(true == 1, 2.5, -2.5), 1.2)
    wrong = rng.random(count) < np.array(flip)[true]
    given = np.where(wrong, 1 - true, true)
    clean = 1 / (1 + np.exp(-evidence * 5 / 1.44))  # the exact posterior of the true class
    positive = (1 - flip[1]) * clean + flip[0] * (1 - clean)  # …and of the given one
    return np.stack([1 - positive, positive], axis=1), given, wrong


def test_flipped_labels_rank_first_and_are_counted() -> None:
    probabilities, given, wrong = noisy(4000, flip=(0.08, 0.08))
    found = suspect(probabilities, given)
    assert rank(wrong, found.wrong).average_precision > 0.95
    assert found.expected == pytest.approx(wrong.sum(), rel=0.15)
    assert set(found.suggested[found.order[:200]] + given[found.order[:200]]) == {1}


def test_the_probability_means_what_it_says() -> None:
    probabilities, given, wrong = noisy(20_000, flip=(0.15, 0.05))
    found = suspect(probabilities, given)
    assert found.wrong.sum() == pytest.approx(wrong.sum(), rel=0.15)
    for low, high in [(0.2, 0.5), (0.5, 0.8), (0.8, 1.01)]:
        some = (found.wrong >= low) & (found.wrong < high)
        assert found.wrong[some].mean() == pytest.approx(wrong[some].mean(), abs=0.12)


def test_the_direction_of_the_noise_is_found() -> None:
    probabilities, given, _ = noisy(8000, flip=(0.2, 0.0))
    joint = confident_joint(probabilities, given)
    assert joint.sum() == pytest.approx(1)
    assert joint[1, 0] == pytest.approx(0.1, abs=0.03)  # given 1, truly 0
    assert joint[0, 1] < 0.02


def test_no_noise_no_suspects() -> None:
    probabilities, given, _ = noisy(2000, flip=(0.0, 0.0))
    found = suspect(probabilities, given)
    assert found.expected < 40
    assert (found.wrong > 0.5).sum() < 20


def test_classes_with_few_pictures_of_which_none_is_sure() -> None:
    probabilities = np.array([[0.5, 0.5], [0.6, 0.4], [0.7, 0.3]])
    found = suspect(probabilities, np.array([1, 0, 0]))
    assert np.isfinite(found.wrong).all()
    assert ((found.wrong >= 0) & (found.wrong <= 1)).all()
    assert found.suggested.tolist() == [0, 1, 1]


def test_labels_that_are_all_upside_down() -> None:
    found = suspect(np.array([[0.1, 0.9], [0.9, 0.1]] * 5), np.array([0, 1] * 5))
    assert np.isfinite(found.wrong).all()


def test_three_classes() -> None:
    rng = np.random.default_rng(2)
    true = rng.integers(0, 3, 900)
    given = np.where(rng.random(900) < 0.1, (true + 1) % 3, true)
    said = np.full((900, 3), 0.05)
    said[np.arange(900), true] = 0.85
    said[np.arange(900), (true + 1) % 3] = 0.10
    found = suspect(said, given)
    assert rank(given != true, found.wrong).average_precision > 0.99
    worst = found.order[:50]
    assert (found.suggested[worst] == true[worst]).all()


def test_equal_doubts_keep_their_order() -> None:
    found = Suspects(np.array([0.1, 0.9, 0.9, 0.5]), np.zeros(4, np.int64), np.eye(2) / 2)
    assert found.order.tolist() == [1, 2, 3, 0]
