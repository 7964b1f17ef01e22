"""Learning curves: areas, paired intervals, and what is said about them."""

from __future__ import annotations

import numpy as np
import pytest

from happysad.judge.learning_curves import Curve, Trial, curves, gains
from happysad.judge.learning_report import ALL, learning_report

LABELS = (10, 20, 40)


def trial(strategy: str, seed: int, shares: tuple[float, ...], *, n: int = 200) -> Trial:
    """A trial in which the first pictures are right, as many as each share says."""
    right = np.arange(n)[None, :] < np.round(np.array(shares)[:, None] * n)
    groups = tuple(f"group {number}" for number in range(n))
    return Trial(strategy, seed, LABELS[: len(shares)], right, groups)


def by_chance(strategy: str, seed: int, quality: float, chance: np.random.Generator) -> Trial:
    right = chance.random((3, 150)) < quality
    return Trial(strategy, seed, LABELS, right, tuple(f"p{number}" for number in range(150)))


def test_the_area_is_the_mean_height_of_the_curve() -> None:
    one = trial("random", 1, (0.5, 0.7, 0.8))
    assert one.along.mean() == pytest.approx((10 * 0.6 + 20 * 0.75) / 30)
    assert trial("random", 1, (0.5,)).along.mean() == pytest.approx(0.5)


def test_a_curve_averages_its_repeats_and_shows_their_range() -> None:
    curve = Curve.of([trial("margin", 1, (0.5, 0.7, 0.9)), trial("margin", 2, (0.6, 0.7, 0.7))])
    assert curve.accuracy == pytest.approx([0.55, 0.7, 0.8])
    assert curve.low == pytest.approx([0.5, 0.7, 0.7])
    assert curve.high == pytest.approx([0.6, 0.7, 0.9])


def test_a_pool_that_ends_sooner_shortens_the_curve() -> None:
    curve = Curve.of([trial("margin", 1, (0.5, 0.7, 0.9)), trial("margin", 2, (0.6, 0.7))])
    assert curve.labels.tolist() == [10, 20]


def test_labels_to_reach_an_accuracy_are_read_off_between_the_points() -> None:
    curve = Curve.of([trial("margin", 1, (0.5, 0.7, 0.8))])
    assert curve.labels_to_reach(0.4) == 10
    assert curve.labels_to_reach(0.6) == pytest.approx(15)
    assert curve.labels_to_reach(0.8) == pytest.approx(40)
    assert curve.labels_to_reach(0.81) is None


def test_the_same_answers_gain_nothing() -> None:
    same = [trial(name, seed, (0.5, 0.6, 0.7)) for name in ("random", "margin") for seed in (1, 2)]
    score = gains(same)["margin"]
    assert (score.value, score.low, score.high, score.n) == (0, 0, 0, 200)


def test_a_gain_is_shown_where_there_is_one() -> None:
    trials = [trial("random", seed, (0.5, 0.6, 0.7)) for seed in (1, 2, 3)]
    trials += [trial("margin", seed, (0.6, 0.7, 0.8)) for seed in (1, 2, 3)]
    score = gains(trials)["margin"]
    assert score.value == pytest.approx(0.1)
    assert 0 < score.low < 0.1 < score.high


def test_more_strategies_widen_each_interval() -> None:
    chance = np.random.default_rng(0)
    trials = [by_chance(name, seed, 0.7, chance) for name in ("random", "a") for seed in range(4)]
    more = [by_chance(name, seed, 0.7, chance) for name in ("b", "c") for seed in range(4)]
    alone, together = gains(trials)["a"], gains(trials + more)["a"]
    assert alone.value == together.value
    assert together.high - together.low > alone.high - alone.low


def test_copies_of_a_picture_count_once() -> None:
    chance = np.random.default_rng(1)
    single = [by_chance(name, 1, 0.7, chance) for name in ("random", "a")]
    doubled = [
        Trial(one.strategy, 1, one.labels, np.repeat(one.right, 2, axis=1),
              tuple(group for group in one.groups for _ in range(2)))
        for one in single
    ]  # fmt: skip
    ours, theirs = gains(single)["a"], gains(doubled)["a"]
    assert theirs.high - theirs.low == pytest.approx(ours.high - ours.low)


@pytest.mark.parametrize("same_pictures", [True, False])
def test_without_a_difference_one_is_rarely_shown(same_pictures: bool) -> None:
    chance = np.random.default_rng(2)
    shown = 0
    for _ in range(200):
        easy = chance.uniform(0.3, 1, 120)
        trials = []
        for seed in range(5):
            easy = easy if same_pictures else chance.uniform(0.3, 1, 120)
            names = tuple(f"{0 if same_pictures else seed}-{number}" for number in range(120))
            trials += [
                Trial(name, seed, LABELS, chance.random((3, 120)) < easy, names)
                for name in ("random", "a")
            ]
        score = gains(trials)["a"]
        shown += score.low > 0 or score.high < 0
    assert shown <= 20  # 5% of 200 are 10


def test_the_report_says_what_was_saved() -> None:
    trials = [trial("random", seed, (0.5, 0.6, 0.7)) for seed in (1, 2, 3)]
    trials += [trial("margin", seed, (0.6, 0.7, 0.8)) for seed in (1, 2, 3)]
    trials += [trial("coreset", seed, (0.4, 0.4, 0.4)) for seed in (1, 2, 3)]
    everything = Trial(ALL, 1, (90,), np.arange(200)[None] < 180, trials[0].groups)
    report = learning_report([*trials, everything], data="pictures", learner="heads")
    assert report.conclusion.startswith("Active learning needs 20 labels where random needs 40")
    assert report.conclusion.endswith("Worse than random: coreset.")
    assert (report.pool, report.repeats) == (90, 3)
    assert report.all_labels is not None
    assert report.all_labels.value == pytest.approx(0.9)
    assert report.final["margin"].value == pytest.approx(0.8)
    assert report.needed[0.7] == {"random": 40, "margin": 20, "coreset": None}


def test_the_report_says_that_nothing_was_gained() -> None:
    chance = np.random.default_rng(3)
    trials = [by_chance(name, seed, 0.7, chance) for name in ("random", "a") for seed in range(3)]
    text = learning_report(trials, data="pictures", learner="heads").conclusion
    assert text.startswith("Active learning did not help here")
    assert "150 pictures, 3 repeats" in text


def test_the_report_says_where_the_gain_ends() -> None:
    trials = [trial("random", seed, (0.5, 0.6, 0.9)) for seed in (1, 2, 3)]
    trials += [trial("margin", seed, (0.8, 0.85, 0.85)) for seed in (1, 2, 3)]
    text = learning_report(trials, data="pictures", learner="heads").conclusion
    assert "not at the end" in text


def test_random_alone_is_compared_with_nothing() -> None:
    report = learning_report([trial("random", 1, (0.5, 0.6))], data="pictures", learner="heads")
    assert "nothing to compare" in report.conclusion
    assert list(curves([trial("random", 1, (0.5, 0.6))])) == ["random"]
