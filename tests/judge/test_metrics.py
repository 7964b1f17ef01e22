from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn import metrics as reference

from answers import CLASSES, answer, answers_of, random_answers
from happysad.errors import UsageError
from happysad.judge.metrics import judge, without_copies

if TYPE_CHECKING:
    from happysad.records import Answer, Report

NAMES = [
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "roc_auc",
    "average_precision",
    "brier",
    "calibration_error",
    "answered",
    "accuracy_answered",
]


def report_on(answers: list[Answer], classes: tuple[str, ...] = CLASSES) -> Report:
    return judge(answers, classes=classes, model="a model", data="some pictures")


def test_two_classes_agree_with_scikit_learn() -> None:
    answers = random_answers(300)
    true = [item.label == "sad" for item in answers]
    said = [item.predicted == "sad" for item in answers]
    shares = [item.probabilities["sad"] for item in answers]
    expected = {
        "accuracy": reference.accuracy_score(true, said),
        "balanced_accuracy": reference.balanced_accuracy_score(true, said),
        "precision": reference.precision_score(true, said),
        "recall": reference.recall_score(true, said),
        "f1": reference.f1_score(true, said),
        "roc_auc": reference.roc_auc_score(true, shares),
        "average_precision": reference.average_precision_score(true, shares),
        "brier": reference.brier_score_loss(true, shares),
    }
    report = report_on(answers)
    assert list(report.scores) == NAMES
    for name, value in expected.items():
        assert report.scores[name].value == pytest.approx(value), name
    assert report.confusion == tuple(map(tuple, reference.confusion_matrix(true, said).tolist()))


def test_three_classes_agree_with_scikit_learns_macro_means() -> None:
    classes = ("angry", "happy", "sad")
    rng = np.random.default_rng(4)
    shares = rng.dirichlet([0.6, 0.6, 0.6], 200)
    labels = [rng.choice(3, p=row) for row in shares]
    answers = [
        answer(classes[label], *row, name=f"{number}.jpg", classes=classes)
        for number, (label, row) in enumerate(zip(labels, shares.tolist(), strict=True))
    ]
    said = shares.argmax(axis=1)
    scores = report_on(answers, classes).scores
    hot = np.eye(3)[labels]
    expected = {
        "balanced_accuracy": reference.balanced_accuracy_score(labels, said),
        "precision": reference.precision_score(labels, said, average="macro"),
        "recall": reference.recall_score(labels, said, average="macro"),
        "f1": reference.f1_score(labels, said, average="macro"),
        "roc_auc": reference.roc_auc_score(labels, shares, multi_class="ovr"),
        "average_precision": reference.average_precision_score(hot, shares, average="macro"),
        "brier": np.square(shares - hot).sum(axis=1).mean() / 2,
    }
    for name, value in expected.items():
        assert scores[name].value == pytest.approx(value), name
        assert scores[name].low < value < scores[name].high


def test_numbers_by_hand() -> None:
    # sad is positive: 3 true positives, 1 false positive, 2 false negatives, 4 true negatives.
    labels = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0]
    shares = [0.9, 0.8, 0.6, 0.7, 0.4, 0.3, 0.2, 0.1, 0.1, 0.45]
    report = report_on(answers_of(labels, shares, unsure_below=0.65))
    values = {name: score.value for name, score in report.scores.items()}
    assert values["accuracy"] == pytest.approx(7 / 10)
    assert values["precision"] == pytest.approx(3 / 4)
    assert values["recall"] == pytest.approx(3 / 5)
    assert values["f1"] == pytest.approx(6 / 9)
    assert values["balanced_accuracy"] == pytest.approx((3 / 5 + 4 / 5) / 2)
    # 0.6, 0.4 and 0.45 are unsure; of the seven answers 0.7 and 0.3 are wrong.
    assert values["answered"] == pytest.approx(7 / 10)
    assert values["accuracy_answered"] == pytest.approx(5 / 7)
    assert report.confusion == ((4, 1), (2, 3))
    sizes = {name: score.n for name, score in report.scores.items()}
    assert sizes["precision"] == 4
    assert sizes["recall"] == 5
    assert sizes["f1"] == 6
    assert sizes["accuracy_answered"] == 7
    assert report.baseline.value == 0.5


def test_the_baseline_is_the_larger_class() -> None:
    report = report_on(answers_of([0] * 17 + [1] * 13, [0.4] * 30))
    assert report.baseline.value == pytest.approx(17 / 30)
    assert "always answering 'happy'" in report.baseline.method
    assert report.baseline.n == 30


@pytest.mark.parametrize("n", [1, 3, 40])
def test_a_perfect_test_is_not_certainty(n: int) -> None:
    report = report_on(answers_of([0, 1] * n, [0.01, 0.99] * n))
    for name in NAMES:
        score = report.scores[name]
        assert score.high - score.low > 0.01, name
        assert score.low <= score.value <= score.high
    assert report.scores["accuracy"].value == 1
    assert report.scores["accuracy"].low < 1


def test_one_picture_gives_wide_intervals_and_reasons() -> None:
    report = report_on(answers_of([0], [0.3]))
    accuracy = report.scores["accuracy"]
    assert (accuracy.value, accuracy.n) == (1, 1)
    assert accuracy.high - accuracy.low > 0.7
    reasons = {
        "balanced_accuracy": "undefined: no picture of 'sad'",
        "precision": "undefined: no picture was answered 'sad'",
        "recall": "undefined: no picture of 'sad'",
        "f1": "undefined: no picture is or was called 'sad'",
        "roc_auc": "undefined: no picture of 'sad'",
        "average_precision": "undefined: no picture of 'sad'",
    }
    for name, reason in reasons.items():
        score = report.scores[name]
        assert math.isnan(score.value), name
        assert score.n == 0
        assert score.method == reason


def test_only_positive_pictures_leave_the_ranking_scores_undefined() -> None:
    report = report_on(answers_of([1, 1], [0.3, 0.8]))
    assert report.scores["recall"].value == 0.5
    assert report.scores["roc_auc"].method == "undefined: only pictures of 'sad'"
    assert report.scores["average_precision"].method == "undefined: only pictures of 'sad'"


def test_a_score_of_zero_stays_zero() -> None:
    report = report_on(answers_of([0, 1], [0.9, 0.1]))
    for name in ("accuracy", "precision", "recall", "f1", "roc_auc"):
        assert report.scores[name].value == 0
        assert report.scores[name].high > 0.3


def test_when_all_are_unsure_accuracy_among_answers_is_undefined() -> None:
    report = report_on(answers_of([0, 1], [0.4, 0.6], unsure_below=0.9))
    assert report.scores["answered"].value == 0
    assert report.scores["accuracy_answered"].method == "undefined: every verdict is unsure"


def test_copies_widen_the_interval_and_the_method_says_so() -> None:
    alone = random_answers(40)
    copied = [dataclasses.replace(item, group=f"g{i // 4}") for i, item in enumerate(alone)]
    free, tied = report_on(alone).scores["accuracy"], report_on(copied).scores["accuracy"]
    assert free.method == "wilson"
    assert tied.method == "wilson, copies worth n = 10.0"
    assert (free.value, free.n) == (tied.value, tied.n)
    assert tied.high - tied.low > 1.5 * (free.high - free.low)


def test_copies_of_training_pictures_are_counted() -> None:
    answers = [answer("happy", 0.2, seen_in_training="happy/1.jpg"), answer("sad", 0.7)]
    report = judge(answers, classes=CLASSES, model="m", data="d", unanswered={"x.jpg": "truncated"})
    assert report.seen_in_training == 1
    assert report.unanswered == {"x.jpg": "truncated"}


def test_the_same_answers_give_the_same_report() -> None:
    assert report_on(random_answers(50)).scores == report_on(random_answers(50)).scores


def test_nothing_to_judge_is_an_error() -> None:
    with pytest.raises(UsageError, match="no answer to judge"):
        report_on([])


def test_one_class_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"two classes or more. Got \['happy'\]"):
        report_on(answers_of([0], [0.2]), ("happy",))


def test_pictures_of_other_classes_are_an_error_that_names_them() -> None:
    with pytest.raises(UsageError, match=r"'cat/1\.jpg' is about cat"):
        report_on([dataclasses.replace(answer("happy", 0.2, name="cat/1.jpg"), label="cat")])
    with pytest.raises(UsageError, match="Name the folders"):
        report_on(answers_of([0], [0.2]), ("happy", "neutral", "sad"))


def test_scores_without_copies_leave_only_the_copies_out() -> None:
    answers = random_answers(20)
    assert without_copies(report_on(answers)) is None
    copies = [dataclasses.replace(item, seen_in_training="old.jpg") for item in answers[:5]]
    fresh = without_copies(report_on([*copies, *answers[5:]]))
    assert fresh is not None
    assert fresh.scores == report_on(answers[5:]).scores
    assert fresh.data == "some pictures without copies of training pictures"
    assert without_copies(report_on(copies)) is None
