from __future__ import annotations

import numpy as np
import pytest

from happysad.errors import UsageError
from happysad.judge.decision import choose_unsure_below


def calibrated(n: int, *, seed: int, skill: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    confidence = 1 - 0.5 * rng.random(n) ** skill
    wrong = rng.random(n) > confidence
    return np.stack([confidence, 1 - confidence], axis=1), wrong.astype(int)


def test_everything_may_be_answered_when_all_is_right() -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]] * 40)
    assert choose_unsure_below(probabilities, np.array([0, 1] * 40)) == 0.0


def test_the_threshold_stands_between_the_good_and_the_bad() -> None:
    sure = np.tile([0.95, 0.05], (100, 1))
    doubtful = np.tile([0.6, 0.4], (40, 1))
    labels = np.array([0] * 100 + [0, 1] * 20)
    threshold = choose_unsure_below(np.concatenate([sure, doubtful]), labels)
    assert threshold == pytest.approx((0.95 + 0.6) / 2)


def test_few_pictures_promise_nothing_but_the_surest_are_found() -> None:
    sure = np.tile([0.95, 0.05], (10, 1))
    doubtful = np.tile([0.6, 0.4], (10, 1))
    labels = np.array([0] * 10 + [1] * 10)
    threshold = choose_unsure_below(np.concatenate([sure, doubtful]), labels)
    assert 0.6 < threshold < 0.95


def test_the_promise_is_seldom_broken() -> None:
    broken = 0
    for seed in range(200):
        threshold = choose_unsure_below(*calibrated(300, seed=seed))
        fresh, labels = calibrated(20_000, seed=1000 + seed)
        given = fresh.max(axis=1) >= threshold
        broken += bool(labels[given].mean() > 0.05)
    assert broken / 200 <= 0.12


def test_a_stricter_promise_answers_less() -> None:
    data = calibrated(2000, seed=3)
    strict = choose_unsure_below(*data, max_error=0.02)
    loose = choose_unsure_below(*data, max_error=0.1)
    assert loose < strict < 1


def test_no_pictures_no_threshold() -> None:
    assert choose_unsure_below(np.zeros((0, 2)), np.zeros(0, dtype=int)) == 0.0


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_a_wrong_promise_is_refused(value: float) -> None:
    with pytest.raises(UsageError, match="max_error"):
        choose_unsure_below(*calibrated(10, seed=1), max_error=value)
