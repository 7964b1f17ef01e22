from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import binomtest

from answers import CLASSES, answers_of
from happysad.errors import UsageError
from happysad.judge.comparison import compare
from happysad.judge.metrics import judge

if TYPE_CHECKING:
    from happysad.records import Report


def report_on(
    name: str, right: Sequence[bool], *, groups: Sequence[object] | None = None
) -> Report:
    """A report in which picture i was answered right or wrong as given."""
    labels = [number % 2 for number in range(len(right))]
    pairs = zip(labels, right, strict=True)
    shares = [0.9 if bool(label) == bool(good) else 0.1 for label, good in pairs]
    answers = answers_of(labels, shares)
    if groups is not None:
        answers = [
            dataclasses.replace(item, group=str(group))
            for item, group in zip(answers, groups, strict=True)
        ]
    return judge(answers, classes=CLASSES, model=name, data="d")


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (0, 5), (3, 9), (20, 8), (40, 41)])
def test_the_p_value_is_mcnemars_exact_one(only_a: int, only_b: int) -> None:
    a = [True] * only_a + [False] * only_b + [True] * 30 + [False] * 10
    b = [False] * only_a + [True] * only_b + [True] * 30 + [False] * 10
    result = compare(report_on("a", a), report_on("b", b))
    both = only_a + only_b
    expected = binomtest(only_a, both).pvalue if both else 1.0
    assert result.p_value == pytest.approx(expected)
    assert (result.only_a_right, result.only_b_right) == (only_a, only_b)
    assert result.difference.value == pytest.approx((only_b - only_a) / result.n)
    assert result.difference.low < result.difference.value < result.difference.high


def test_the_interval_by_hand() -> None:
    a = [True] * 3 + [False] * 9 + [True] * 38
    b = [False] * 3 + [True] * 9 + [True] * 38
    difference = compare(report_on("a", a), report_on("b", b)).difference
    # Bonett & Price: (10 - 4) / 52 ± 1.96 sqrt((14/52 - (6/52)²) / 52).
    half = 1.959964 * ((14 / 52 - (6 / 52) ** 2) / 52) ** 0.5
    assert difference.low == pytest.approx(6 / 52 - half, abs=1e-6)
    assert difference.high == pytest.approx(6 / 52 + half, abs=1e-6)


def test_the_sentence_names_the_better_model() -> None:
    weak = report_on("weak", [True] * 50 + [False] * 50)
    strong = report_on("strong", [True] * 90 + [False] * 10)
    sentence = compare(weak, strong).sentence
    assert sentence.startswith("strong is better by 0.400 [0.")
    assert sentence.endswith("p < 0.001, n = 100.")
    assert compare(strong, weak).sentence == sentence
    assert str(compare(weak, strong)) == sentence


def test_the_sentence_admits_when_nothing_is_shown() -> None:
    a = report_on("a", [True] * 20 + [False] * 10)
    b = report_on("b", [True] * 18 + [False] * 4 + [True] * 4 + [False] * 4)
    sentence = compare(a, b).sentence
    assert sentence.startswith("No difference shown with n = 30: b minus a is +0.067 [-0.")
    assert "p = 0.688" in sentence


def test_a_model_against_itself() -> None:
    report = report_on("a", [True, False] * 10)
    result = compare(report, report)
    assert result.p_value == 1
    assert not result.shown
    assert result.difference.value == 0
    assert result.difference.low < 0 < result.difference.high


def test_copies_of_one_picture_are_one_piece_of_evidence() -> None:
    a = [False] * 8 + [True] * 20
    b = [True] * 8 + [True] * 20
    single = compare(report_on("a", a), report_on("b", b))
    groups = ["one"] * 8 + list(range(20))
    copies = compare(report_on("a", a, groups=groups), report_on("b", b, groups=groups))
    assert single.shown
    assert copies.p_value == 1
    assert not copies.shown
    assert "No difference" in copies.sentence


def test_the_test_keeps_its_level_under_copies() -> None:
    rng = np.random.default_rng(5)
    shown = 0
    for _ in range(100):
        groups = np.repeat(np.arange(25), rng.integers(1, 4, 25))
        a, b = (
            report_on(name, (rng.random(25) < 0.7)[groups].tolist(), groups=groups.tolist())
            for name in "ab"
        )
        shown += compare(a, b).shown
    assert shown / 100 <= 0.08


def test_different_pictures_are_refused_with_the_differences() -> None:
    a = report_on("first", [True] * 10)
    b = dataclasses.replace(a, model="second", answers=a.answers[:3])
    with pytest.raises(UsageError, match=r"only in 'first'.*and 2 more") as error:
        compare(a, b)
    assert "only in 'second'" not in str(error.value)


def test_other_labels_of_the_same_pictures_are_refused() -> None:
    a = report_on("first", [True] * 3)
    turned = dataclasses.replace(a.answers[0], label="sad")
    b = dataclasses.replace(a, model="second", answers=(turned, *a.answers[1:]))
    with pytest.raises(UsageError, match="same labels"):
        compare(a, b)


def test_pictures_counted_twice_are_refused() -> None:
    a = report_on("first", [True] * 3)
    b = dataclasses.replace(a, model="second", answers=(*a.answers, a.answers[0]))
    with pytest.raises(UsageError, match="not equally often"):
        compare(a, b)
