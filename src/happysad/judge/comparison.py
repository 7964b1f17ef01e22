"""Two models on the same pictures: is one better, and by how much?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.errors import UsageError
from happysad.judge.intervals import Z, effective_size
from happysad.records import Score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from happysad.records import Answer, Report

SHOWN_BELOW = 0.05
"""A p-value below this, with an interval that leaves out 0, counts as a difference shown."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Model B against model A on the same pictures.

    Attributes:
        model_a: name of the first model.
        model_b: name of the second.
        accuracy_a: of the first, with its own interval.
        accuracy_b: of the second.
        difference: accuracy of B minus accuracy of A, -1 to 1, with its paired interval.
        p_value: of the exact test that both are right equally often.
        only_a_right: pictures that A answered right and B wrong.
        only_b_right: pictures that B answered right and A wrong.
        n: pictures.
    """

    model_a: str
    model_b: str
    accuracy_a: Score
    accuracy_b: Score
    difference: Score
    p_value: float
    only_a_right: int
    only_b_right: int
    n: int

    @property
    def shown(self) -> bool:
        """Whether these pictures show a difference at all."""
        apart = self.difference.low > 0 or self.difference.high < 0
        return apart and self.p_value < SHOWN_BELOW

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        score = self.difference
        p = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}"
        if not self.shown:
            return (
                f"No difference shown with n = {self.n}: {self.model_b} minus {self.model_a} is "
                f"{score.value:+.3f} [{score.low:+.3f}, {score.high:+.3f}], {p}."
            )
        better, low, high = self.model_b, score.low, score.high
        if score.value < 0:
            better, low, high = self.model_a, -score.high, -score.low
        by = abs(score.value)
        return f"{better} is better by {by:.3f} [{low:.3f}, {high:.3f}], {p}, n = {self.n}."

    def __str__(self) -> str:
        return self.sentence


def compare(a: Report, b: Report) -> Comparison:
    """Return how model B did against model A.

    The test is McNemar's, exact (*Psychometrika* 12 (1947), 153–157): only pictures that one
    model has right and the other wrong tell them apart. Copies of a picture are one unit: the
    signs of whole groups are exchanged, which is the same test where nothing is duplicated.
    The interval is the adjusted one for paired proportions of Bonett & Price, *Journal of
    Educational and Behavioral Statistics* 37 (2012), 479–488, at the effective size.

    Args:
        a: report of the first model.
        b: report of the second, on the same pictures with the same labels.

    Raises:
        UsageError: the reports are about different pictures or labels; the message lists some.
    """
    ours, theirs = _paired(a, b)
    right_a = np.array([answer.predicted == answer.label for answer in ours])
    right_b = np.array([answer.predicted == answer.label for answer in theirs])
    groups = np.array([answer.group for answer in ours])
    gain = right_b.astype(np.int64) - right_a
    return Comparison(
        model_a=a.model,
        model_b=b.model,
        accuracy_a=a.scores["accuracy"],
        accuracy_b=b.scores["accuracy"],
        difference=_difference(gain, groups),
        p_value=_exact_p(gain, groups),
        only_a_right=int((gain < 0).sum()),
        only_b_right=int((gain > 0).sum()),
        n=len(gain),
    )


def _difference(gain: NDArray[np.int64], groups: NDArray[np.generic]) -> Score:
    size = effective_size(groups)
    better = ((gain > 0).mean() * size + 1) / (size + 2)
    worse = ((gain < 0).mean() * size + 1) / (size + 2)
    centre = float(better - worse)
    half = Z * math.sqrt(max(0.0, better + worse - centre**2) / (size + 2))
    low, high = max(-1.0, centre - half), min(1.0, centre + half)
    value = float(gain.mean())
    return Score("difference", value, low, high, len(gain), "paired, adjusted Wald (Bonett–Price)")


def _exact_p(gain: NDArray[np.int64], groups: NDArray[np.generic]) -> float:
    """Return the two-sided p-value of exchanging the models group by group.

    Each group's net gain is as likely to have had the other sign. The distribution of the sum
    is built exactly, one group at a time; with net gains of 1 it is the binomial one.
    """
    _, members = np.unique(groups, return_inverse=True)
    net = np.abs(np.bincount(members, weights=gain)).astype(np.int64)
    steps = net[net > 0]
    reach = int(steps.sum())
    chances = np.zeros(2 * reach + 1)
    chances[reach] = 1.0
    for step in steps:
        chances = (np.roll(chances, step) + np.roll(chances, -step)) / 2
    sums = np.abs(np.arange(-reach, reach + 1))
    return min(1.0, float(chances[sums >= abs(int(gain.sum()))].sum()))


def _paired(a: Report, b: Report) -> tuple[Sequence[Answer], Sequence[Answer]]:
    """Return both reports' answers in one order."""
    ours, theirs = sorted(a.answers, key=_identity), sorted(b.answers, key=_identity)
    if [_identity(answer)[:2] for answer in ours] != [_identity(answer)[:2] for answer in theirs]:
        raise UsageError(_differences(a, b))
    return ours, theirs


def _identity(answer: Answer) -> tuple[str, str, str]:
    return answer.sha256, answer.label, answer.file


def _differences(a: Report, b: Report) -> str:
    ours = {_identity(answer)[:2]: answer.file for answer in a.answers}
    theirs = {_identity(answer)[:2]: answer.file for answer in b.answers}
    only_a = sorted(file for key, file in ours.items() if key not in theirs)
    only_b = sorted(file for key, file in theirs.items() if key not in ours)
    lines = [f"  only in {a.model!r}: {_some(only_a)}"] if only_a else []
    lines += [f"  only in {b.model!r}: {_some(only_b)}"] if only_b else []
    return (
        "Two models can be compared only on the same pictures with the same labels. Got "
        f"{len(a.answers)} and {len(b.answers)} answers that differ:\n"
        + "\n".join(lines or ["  the same pictures, but not equally often"])
        + "\nEvaluate both on one folder first."
    )


def _some(files: Sequence[str]) -> str:
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    return ", ".join(repr(file) for file in files[:5]) + more
