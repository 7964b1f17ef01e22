"""Logistic regression, held against another implementation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from happysad.training.two_view.logistic import Basis, fit_columns, fit_logistic


def made(count: int, width: int, *, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(count, width)) * np.geomspace(3, 0.05, width) + 2
    y = (x[:, 0] - 2 + noise * generator.normal(size=count) > 0).astype(float)
    return x, y


@pytest.mark.parametrize(("count", "width"), [(400, 20), (60, 200), (20, 20)])
@pytest.mark.parametrize("ridge", [0.03, 1.0, 100.0])
def test_agrees_with_another_implementation(count: int, width: int, ridge: float) -> None:
    x, y = made(count, width)
    weights, bias = fit_logistic(x, y, ridge=ridge)
    known = LogisticRegression(C=1 / ridge, tol=1e-8, max_iter=20_000).fit(x, y)
    logits = x @ weights + bias
    assert logits == pytest.approx(known.decision_function(x), rel=0.01, abs=0.01)
    assert weights == pytest.approx(known.coef_[0], abs=0.01)


def test_weights_count_pictures() -> None:
    x, y = made(80, 5)
    counts = np.random.default_rng(1).integers(0, 4, 80)
    weighted = fit_logistic(x, y, ridge=0.5, weights=counts)
    repeated = fit_logistic(np.repeat(x, counts, axis=0), np.repeat(y, counts), ridge=0.5)
    assert weighted[0] == pytest.approx(repeated[0], abs=1e-3)
    assert weighted[1] == pytest.approx(repeated[1], abs=1e-3)


def test_a_strong_ridge_keeps_to_the_prior_also_outside_of_what_the_pictures_span() -> None:
    x, y = made(6, 40)
    prior = np.random.default_rng(2).normal(size=40)
    near, _ = fit_logistic(x, y, ridge=1e6, prior=prior)
    assert near == pytest.approx(prior, abs=1e-3)
    free, _ = fit_logistic(x, y, ridge=1e-3, prior=prior)
    moved = free - prior
    assert np.linalg.norm(moved) > 0.1
    inside = np.linalg.lstsq((x - x.mean(axis=0)).T, moved, rcond=None)[0]
    assert (x - x.mean(axis=0)).T @ inside == pytest.approx(moved, abs=1e-6)


def test_soft_targets_are_met() -> None:
    x = np.zeros((10, 3))
    y = np.full(10, 0.2)
    weights, bias = fit_logistic(x, y, ridge=1.0)
    assert weights == pytest.approx([0, 0, 0])
    assert 1 / (1 + np.exp(-bias)) == pytest.approx(0.2, abs=1e-3)


def test_one_class_alone_stays_finite() -> None:
    x, _ = made(10, 4)
    weights, bias = fit_logistic(x, np.ones(10), ridge=1.0)
    assert np.isfinite(weights).all()
    assert 3 < bias + x.mean(axis=0) @ weights < 30


def test_columns_are_single_fits() -> None:
    x, y = made(50, 8)
    ridges = np.array([0.1, 1.0, 10.0])
    weights = np.random.default_rng(3).random((50, 3))
    priors = np.random.default_rng(4).normal(size=(8, 3))
    fits = fit_columns(Basis.of(x), y, ridges=ridges, weights=weights, priors=priors)
    for column in range(3):
        alone, bias = fit_logistic(
            x, y, ridge=ridges[column], weights=weights[:, column], prior=priors[:, column]
        )
        assert fits.weights[:, column] == pytest.approx(alone, abs=1e-4)
        assert fits.logits[:, column] == pytest.approx(x @ alone + bias, abs=1e-3)


def test_the_same_pictures_give_the_same_numbers() -> None:
    x, y = made(100, 30)
    first, second = (fit_logistic(x, y, ridge=0.1) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert first[1] == second[1]
