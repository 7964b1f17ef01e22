"""Labelled answers → ``Report``: every score with its n and 95% interval, or why it has none.

Definitions follow scikit-learn's (version 1.9, *Model evaluation*), with one difference: where a
score has no meaning, say recall without a picture of the class, it is NaN and its ``method``
says why. It is never 0 or 1 by convention.

For two classes the positive one is the last, and precision, recall, F1, ROC-AUC and average
precision are its own. For more classes they are unweighted means over the classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from happysad.errors import UsageError
from happysad.judge import intervals
from happysad.judge.calibration import calibration_error, reliability
from happysad.judge.ranking import rank
from happysad.records import UNSURE, Report, Score

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from happysad.records import Answer


@dataclass(frozen=True, slots=True)
class Table:
    """The answers as arrays, in their order.

    Attributes:
        classes: class names in label order, C of them.
        labels: int64 array of shape (N,), true class indices.
        predicted: int64 array of shape (N,), most probable class indices.
        probabilities: float64 array of shape (N, C).
        answered: bool array of shape (N,), False where the verdict is ``unsure``.
        groups: int64 array of shape (N,), the same number for copies of a picture.
    """

    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    answered: NDArray[np.bool_]
    groups: NDArray[np.int64]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Bool array of shape (N,)."""
        right: NDArray[np.bool_] = self.labels == self.predicted
        return right

    @property
    def confidence(self) -> NDArray[np.float64]:
        """Probability of the predicted class, shape (N,)."""
        rows: NDArray[np.float64] = self.probabilities[np.arange(len(self.labels)), self.predicted]
        return rows

    @property
    def judged_classes(self) -> tuple[int, ...]:
        """The classes whose own scores count: the positive one of two, or all of more."""
        count = len(self.classes)
        return (1,) if count == 2 else tuple(range(count))


def judge(
    answers: Sequence[Answer],
    *,
    classes: tuple[str, ...],
    model: str,
    data: str,
    unanswered: Mapping[str, str] | None = None,
) -> Report:
    """Return how a model did.

    The scores, by name: ``accuracy``, ``balanced_accuracy``, ``precision``, ``recall``, ``f1``,
    ``roc_auc``, ``average_precision``, ``brier`` (half the squared distance between
    probabilities and truth: 0 to 1, the usual score for two classes), ``calibration_error``
    (see ``calibration.reliability`` for the bins), ``answered`` (share whose verdict is not
    ``unsure``), ``accuracy_answered`` (share of right ones among those). All but the last two
    count the most probable class, sure or not.

    Args:
        answers: one per judged picture.
        classes: class names in label order.
        model: name of the judged model.
        data: name of the pictures.
        unanswered: file → error code of pictures that could not be judged.

    Raises:
        UsageError: no answers, fewer than two classes, or an answer about another class.
    """
    table = tabulate(answers, classes=classes)
    scores = {name: score(name, table) for name, score in _SCORES.items()}
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(confusion, (table.labels, table.predicted), 1)
    return Report(
        model=model,
        data=data,
        classes=classes,
        scores=MappingProxyType(scores),
        baseline=_baseline(table),
        confusion=tuple(tuple(int(cell) for cell in row) for row in confusion),
        answers=tuple(answers),
        seen_in_training=sum(answer.seen_in_training is not None for answer in answers),
        unanswered=MappingProxyType(dict(unanswered or {})),
    )


def without_copies(report: Report) -> Report | None:
    """Return the report on those pictures alone that copy no training picture.

    Returns:
        None where that would say nothing new: no picture is a copy, or all are.
    """
    fresh = [answer for answer in report.answers if answer.seen_in_training is None]
    if len(fresh) in {0, len(report.answers)}:
        return None
    return judge(
        fresh,
        classes=report.classes,
        model=report.model,
        data=f"{report.data} without copies of training pictures",
        unanswered=report.unanswered,
    )


def tabulate(answers: Sequence[Answer], *, classes: tuple[str, ...]) -> Table:
    """Return answers as arrays.

    Raises:
        UsageError: no answers, fewer than two classes, or an answer about another class.
    """
    if len(classes) < 2:
        msg = f"Judging takes two classes or more. Got {list(classes)!r} instead."
        raise UsageError(msg)
    if not answers:
        msg = "There is no answer to judge. Give a folder with readable pictures of each class."
        raise UsageError(msg)
    for answer in answers:
        _require_known(answer, classes)
    numbers = {name: number for number, name in enumerate(classes)}
    _, groups = np.unique([answer.group for answer in answers], return_inverse=True)
    return Table(
        classes=classes,
        labels=np.array([numbers[answer.label] for answer in answers], dtype=np.int64),
        predicted=np.array([numbers[answer.predicted] for answer in answers], dtype=np.int64),
        probabilities=np.array([[a.probabilities[name] for name in classes] for a in answers]),
        answered=np.array([answer.verdict != UNSURE for answer in answers]),
        groups=groups.astype(np.int64),
    )


def _require_known(answer: Answer, classes: tuple[str, ...]) -> None:
    known = set(classes)
    named = {answer.label, answer.predicted, *answer.probabilities}
    if named <= known and set(answer.probabilities) == known:
        return
    msg = (
        f"The model answers with the classes {', '.join(classes)}, but {answer.file!r} is about "
        f"{', '.join(sorted(named ^ known))}. Name the folders of the pictures like the classes."
    )
    raise UsageError(msg)


def _baseline(table: Table) -> Score:
    counts = np.bincount(table.labels, minlength=len(table.classes))
    majority = int(counts.argmax())
    score = _share("baseline", table.labels == majority, table.groups)
    method = f"always answering {table.classes[majority]!r}; {score.method}"
    return Score(score.name, score.value, score.low, score.high, score.n, method)


def _accuracy(name: str, table: Table) -> Score:
    return _share(name, table.right, table.groups)


def _balanced_accuracy(name: str, table: Table) -> Score:
    recalls = [_recall_of(name, number, table) for number in range(len(table.classes))]
    return _mean(name, recalls, len(table.labels), independent=True)


def _precision(name: str, table: Table) -> Score:
    return _over_classes(name, table, _precision_of, independent=True)


def _recall(name: str, table: Table) -> Score:
    return _over_classes(name, table, _recall_of, independent=True)


def _f1(name: str, table: Table) -> Score:
    return _over_classes(name, table, _f1_of, independent=False)


def _roc_auc(name: str, table: Table) -> Score:
    return _over_classes(name, table, _roc_auc_of, independent=False)


def _average_precision(name: str, table: Table) -> Score:
    return _over_classes(name, table, _average_precision_of, independent=False)


def _brier(name: str, table: Table) -> Score:
    truth = np.eye(len(table.classes))[table.labels]
    losses = np.square(table.probabilities - truth).sum(axis=1) / 2
    # Probabilities that were rounded on their way here may miss 1 by a little.
    losses = np.clip(losses, 0.0, 1.0)
    bounds = intervals.bounded_mean(losses, intervals.effective_size(table.groups))
    return Score(name, float(losses.mean()), *bounds, len(losses), "adjusted normal")


def _calibration_error(name: str, table: Table) -> Score:
    bins = reliability(table.confidence, table.right, groups=table.groups)
    value, bounds = calibration_error(bins)
    return Score(name, value, *bounds, len(table.labels), f"wilson in {len(bins)} equal-count bins")


def _answered(name: str, table: Table) -> Score:
    return _share(name, table.answered, table.groups)


def _accuracy_answered(name: str, table: Table) -> Score:
    rows = table.answered
    reason = "every verdict is unsure"
    return _share(name, table.right[rows], table.groups[rows], reason)


_SCORES: Mapping[str, Callable[[str, Table], Score]] = MappingProxyType(
    {
        "accuracy": _accuracy,
        "balanced_accuracy": _balanced_accuracy,
        "precision": _precision,
        "recall": _recall,
        "f1": _f1,
        "roc_auc": _roc_auc,
        "average_precision": _average_precision,
        "brier": _brier,
        "calibration_error": _calibration_error,
        "answered": _answered,
        "accuracy_answered": _accuracy_answered,
    }
)


def _precision_of(name: str, number: int, table: Table) -> Score:
    rows = table.predicted == number
    reason = f"no picture was answered {table.classes[number]!r}"
    return _share(name, table.right[rows], table.groups[rows], reason)


def _recall_of(name: str, number: int, table: Table) -> Score:
    rows = table.labels == number
    return _share(name, table.right[rows], table.groups[rows], _none_of(table, number))


def _f1_of(name: str, number: int, table: Table) -> Score:
    """F1 = 2J / (1 + J), J the share of right ones among all that are or are called the class.

    J is a plain proportion, so its Wilson interval carries over (Hand, Christen & Kirielle,
    *Machine Learning* 110 (2021), 451–456, call it F*).
    """
    rows = (table.labels == number) | (table.predicted == number)
    reason = f"no picture is or was called {table.classes[number]!r}"
    share = _share(name, table.right[rows], table.groups[rows], reason)
    value, low, high = (2 * j / (1 + j) for j in (share.value, share.low, share.high))
    method = f"{share.method} of F*" if share.n else share.method
    return Score(name, value, low, high, share.n, method)


def _roc_auc_of(name: str, number: int, table: Table) -> Score:
    mine = table.labels == number
    if not mine.any():
        return _undefined(name, _none_of(table, number))
    if mine.all():
        return _undefined(name, f"only pictures of {table.classes[number]!r}")
    value = float(rank(mine, table.probabilities[:, number]).roc_area)
    sizes = (intervals.effective_size(table.groups[rows]) for rows in (mine, ~mine))
    return Score(name, value, *intervals.area(value, *sizes), len(mine), "Newcombe 5")


def _average_precision_of(name: str, number: int, table: Table) -> Score:
    """The interval is Wilson's with the pictures of the class as trials.

    After the binomial interval of Boyd, Eng & Page, *ECML PKDD* 2013, which has no width at 1.
    """
    mine = table.labels == number
    if not mine.any():
        return _undefined(name, _none_of(table, number))
    if mine.all():
        return _undefined(name, f"only pictures of {table.classes[number]!r}")
    value = float(rank(mine, table.probabilities[:, number]).average_precision)
    bounds = intervals.wilson(value, intervals.effective_size(table.groups[mine]))
    return Score(name, value, *bounds, len(mine), "wilson over the class")


def _over_classes(
    name: str, table: Table, of_class: Callable[[str, int, Table], Score], *, independent: bool
) -> Score:
    """Return one class's score, or the mean over several."""
    scores = [of_class(name, number, table) for number in table.judged_classes]
    if len(scores) == 1:
        return scores[0]
    return _mean(name, scores, len(table.labels), independent=independent)


def _mean(name: str, scores: Sequence[Score], n: int, *, independent: bool) -> Score:
    for score in scores:
        if math.isnan(score.value):
            return _undefined(name, score.method.removeprefix("undefined: "))
    value = sum(score.value for score in scores) / len(scores)
    parts = [(score.value, (score.low, score.high)) for score in scores]
    bounds = intervals.of_mean(parts, independent=independent)
    return Score(name, value, *bounds, n, f"mean of classes, {scores[0].method}")


def _share(
    name: str, hits: NDArray[np.bool_], groups: NDArray[np.int64], if_none: str = ""
) -> Score:
    """Return a proportion with its Wilson interval at the effective size."""
    n = len(hits)
    if n == 0:
        return _undefined(name, if_none)
    value = float(hits.mean())
    size = intervals.effective_size(groups)
    method = "wilson" if size == n else f"wilson, copies worth n = {size:.1f}"
    return Score(name, value, *intervals.wilson(value, size), n, method)


def _undefined(name: str, reason: str) -> Score:
    return Score(name, math.nan, math.nan, math.nan, 0, f"undefined: {reason}")


def _none_of(table: Table, number: int) -> str:
    return f"no picture of {table.classes[number]!r}"
