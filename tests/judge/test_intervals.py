from __future__ import annotations

import math

import numpy as np
import pytest

from happysad.judge import intervals


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), 857–872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_the_published_table(hits: int, n: int, low: float, high: float) -> None:
    assert intervals.wilson(hits / n, n) == pytest.approx((low, high), abs=5e-5)


def test_effective_size() -> None:
    assert intervals.effective_size(np.arange(7)) == 7
    assert intervals.effective_size(np.zeros(7)) == 1
    # 5² / (3² + 1 + 1)
    assert intervals.effective_size(np.array(["a", "a", "a", "b", "c"])) == pytest.approx(25 / 11)


@pytest.mark.parametrize("size", [1.0, 1.5, 3.0, 30.0])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_no_interval_has_zero_width_or_leaves_the_scale(value: float, size: float) -> None:
    values = np.full(4, value)
    made = [
        intervals.wilson(value, size),
        intervals.area(value, size, size),
        intervals.bounded_mean(values, size),
        intervals.of_mean([(value, intervals.wilson(value, size))] * 2, independent=True),
        intervals.of_mean([(value, intervals.wilson(value, size))] * 2, independent=False),
    ]
    for low, high in made:
        assert 0 <= low <= value <= high <= 1
        assert high - low > 0.05


def test_the_mean_of_independent_parts_is_tighter_than_of_dependent_ones() -> None:
    parts = [(0.8, intervals.wilson(0.8, 50)), (0.6, intervals.wilson(0.6, 40))]
    free = intervals.of_mean(parts, independent=True)
    tied = intervals.of_mean(parts, independent=False)
    assert tied[0] < free[0] < 0.7 < free[1] < tied[1]
    # Hand-computed: 0.7 - sqrt((0.8 - l1)² + (0.6 - l2)²) / 2.
    (l1, _), (l2, _) = parts[0][1], parts[1][1]
    assert free[0] == pytest.approx(0.7 - math.hypot(0.8 - l1, 0.6 - l2) / 2)


def coverage(truth: float, made: list[intervals.Interval]) -> float:
    return float(np.mean([low <= truth <= high for low, high in made]))


def test_wilson_over_groups_covers_the_truth_when_copies_are_answered_alike() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(30), rng.integers(1, 5, 30))
    size = intervals.effective_size(groups)
    draws = [(rng.random(30) < 0.75)[groups].mean() for _ in range(2000)]
    assert coverage(0.75, [intervals.wilson(draw, size) for draw in draws]) >= 0.93
    naive = coverage(0.75, [intervals.wilson(draw, len(groups)) for draw in draws])
    assert naive < 0.87


def test_the_area_interval_covers_the_truth() -> None:
    # Scores normal and one standard deviation apart: area = Φ(1/√2).
    truth = 0.5 * (1 + math.erf(0.5))
    rng = np.random.default_rng(2)
    made = []
    for _ in range(1000):
        positive, negative = rng.normal(1, 1, 20), rng.normal(0, 1, 15)
        area = float((positive[:, None] > negative).mean())
        made.append(intervals.area(area, 20, 15))
    assert 0.93 <= coverage(truth, made) <= 0.99


@pytest.mark.parametrize("n", [10, 30, 200])
def test_the_bounded_mean_interval_covers_the_truth(n: int) -> None:
    # Squared distances of a calibrated model: mean 1/6 for probabilities uniform on 0 to 1.
    rng = np.random.default_rng(3)
    made = []
    for _ in range(1000):
        said = rng.random(n)
        true = rng.random(n) < said
        made.append(intervals.bounded_mean(np.square(said - true), n))
    assert coverage(1 / 6, made) >= 0.93
