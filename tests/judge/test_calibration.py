from __future__ import annotations

import numpy as np
import pytest

from happysad.judge.calibration import (
    apply_temperature,
    calibration_error,
    fit_temperature,
    reliability,
)


def overconfident(n: int, *, by: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities with logits ``by`` times too large; labels drawn from the true ones."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, 2))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (rng.random(n) < true[:, 1]).astype(int)
    return apply_temperature(true, 1 / by), labels


@pytest.mark.parametrize("by", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_a_known_distortion(by: float) -> None:
    probabilities, labels = overconfident(20_000, by=by)
    assert fit_temperature(probabilities, labels) == pytest.approx(by, rel=0.05)


def test_a_small_part_that_is_all_right_does_not_make_the_model_infinitely_sure() -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]])
    temperature = fit_temperature(probabilities, np.array([0, 1, 0, 1]))
    assert apply_temperature(probabilities, temperature).max() < 0.95


def test_without_pictures_nothing_is_changed() -> None:
    assert fit_temperature(np.zeros((0, 2)), np.zeros(0, dtype=int)) == 1.0


def test_the_temperature_stays_in_its_range() -> None:
    always_wrong = np.array([[0.999, 0.001]] * 500)
    assert fit_temperature(always_wrong, np.ones(500, dtype=int)) == pytest.approx(20)


def test_applying_keeps_the_order_and_the_sum() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0], [0.3, 0.3, 0.4]])
    for temperature in (0.05, 0.5, 1.0, 2.0, 20.0):
        out = apply_temperature(probabilities, temperature)
        assert out.dtype == np.float64
        assert out.sum(axis=1) == pytest.approx(1)
        assert (out.argmax(axis=1) == probabilities.argmax(axis=1)).all()
        assert np.isfinite(out).all()
    assert (apply_temperature(probabilities, 1.0) == probabilities).all()


def test_two_classes_agree_with_the_sigmoid_of_the_scaled_logit() -> None:
    share = 0.9
    out = apply_temperature(np.array([[1 - share, share]]), 2.0)
    logit = np.log(share / (1 - share)) / 2
    assert out[0, 1] == pytest.approx(1 / (1 + np.exp(-logit)))


def test_bins_hold_enough_pictures_and_all_of_them() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.5, 1, 100)
    bins = reliability(confidence, rng.random(100) < confidence)
    assert len(bins) == 6
    assert sum(item.n for item in bins) == 100
    assert min(item.n for item in bins) >= 15
    assert all(item.low <= item.right <= item.high for item in bins)


def test_equal_confidences_share_a_bin_whatever_the_order() -> None:
    confidence = np.full(60, 0.75)
    right = np.array([True] * 45 + [False] * 15)
    bins = reliability(confidence, right)
    assert len(bins) == 1
    assert calibration_error(bins)[0] == 0


def test_the_error_by_hand() -> None:
    confidence = np.array([0.6] * 20 + [0.9] * 20)
    right = np.array([True] * 16 + [False] * 4 + [True] * 14 + [False] * 6)
    value, (low, high) = calibration_error(reliability(confidence, right))
    assert value == pytest.approx(0.5 * 0.2 + 0.5 * 0.2)
    assert 0 < low < value < high < 1


@pytest.mark.parametrize(("n", "by"), [(60, 1.0), (60, 3.0), (600, 1.0), (600, 3.0)])
def test_the_interval_covers_the_true_error(n: int, by: float) -> None:
    large = overconfident(200_000, by=by, seed=9)
    truth = calibration_error(reliability(*seen(*large)))[0]
    made = [
        calibration_error(reliability(*seen(*overconfident(n, by=by, seed=seed))))[1]
        for seed in range(200)
    ]
    assert np.mean([low <= truth <= high for low, high in made]) >= 0.93


def seen(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
