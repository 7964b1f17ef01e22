"""What the scores mean, in words that page, Markdown and terminal share."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from happysad.judge.metrics import without_copies
from happysad.records import UNSURE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from happysad.records import Prediction, Report, Score

FEW = 100
"""Below this many pictures a report says that they are few: the interval spans 0.2 or more."""

_PROBABLE = 0.5


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a reader must know before believing a number.

    Attributes:
        kind: ``warn`` or ``good``.
        text: a sentence or two.
    """

    kind: str
    text: str


TITLES: Mapping[str, str] = MappingProxyType(
    {
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced accuracy",
        "precision": "precision",
        "recall": "recall",
        "f1": "F1",
        "roc_auc": "ROC-AUC",
        "average_precision": "average precision",
        "brier": "Brier score",
        "calibration_error": "calibration error",
        "answered": "answered",
        "accuracy_answered": "accuracy when sure",
    }
)
"""Names of the scores for people, in the order of the table."""


def meanings(report: Report) -> dict[str, str]:
    """Return what each score says, naming the report's own classes."""
    about = f"‘{report.classes[-1]}’" if len(report.classes) == 2 else "a class"
    mean = "" if len(report.classes) == 2 else ", mean over the classes"
    return {
        "accuracy": "share of right answers",
        "balanced_accuracy": "mean share of right answers per class: what accuracy would be if "
        "the classes were equally frequent",
        "precision": f"of the pictures called {about}, the share that is{mean}",
        "recall": f"of the pictures of {about}, the share that is called so{mean}",
        "f1": f"precision and recall in one number{mean}",
        "roc_auc": f"chance that a picture of {about} gets a higher probability of it than "
        f"another one; 0.5 is guessing{mean}",
        "average_precision": "precision, averaged over all recalls; guessing gives the share of "
        f"the class{mean}",
        "brier": "squared distance between probability and truth; 0 is perfect, always saying "
        "one half gives 0.25",
        "calibration_error": "how far probabilities are from the share of right answers; 0 is "
        "perfect",
        "answered": "share of pictures on which the verdict is not ‘unsure’",
        "accuracy_answered": "share of right answers among those",
    }


def or_neither(prediction: Prediction) -> str:
    """Return what else an ``unsure`` picture may be: ``; or neither``, or nothing."""
    return "; or neither" if (prediction.off_topic or 0.0) > _PROBABLE else ""


def majority_class(report: Report) -> str:
    """Return the class with most pictures; of several, the first in label order."""
    counts = [sum(row) for row in report.confusion]
    return report.classes[counts.index(max(counts))]


def right_answers(report: Report) -> int:
    """Return how many pictures were answered right."""
    return sum(report.confusion[number][number] for number in range(len(report.classes)))


def sure_answers(report: Report) -> int:
    """Return on how many pictures the verdict is not ``unsure``."""
    return sum(answer.verdict != UNSURE for answer in report.answers)


def in_brackets(score: Score) -> str:
    """Return e.g. ``0.833 [0.664, 0.927]``."""
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"


def headline(report: Report, *, unseen: bool) -> str:
    """Return the result in one sentence.

    Args:
        report: of at least one picture.
        unseen: it is known that the model was trained on none of the pictures.
    """
    kind = "unseen pictures" if unseen and not report.seen_in_training else "pictures"
    most = max(sum(row) for row in report.confusion)
    return (
        f"Right on {right_answers(report)} of {len(report.answers)} {kind}: accuracy "
        f"{in_brackets(report.scores['accuracy'])}. Always answering "
        f"‘{majority_class(report)}’ would be right on {most} of them: "
        f"{report.baseline.value:.3f}."
    )


def remarks(report: Report, *, origin_known: bool) -> list[Remark]:
    """Return what to mind, most important first.

    Args:
        report: of at least one picture.
        origin_known: the model tells which pictures it was trained on.
    """
    found = [_against_baseline(report), *_about_copies(report, origin_known=origin_known)]
    accuracy = report.scores["accuracy"]
    if accuracy.n < FEW:
        text = (
            f"The test is small (n = {accuracy.n}). On other pictures of this kind the accuracy "
            f"could well be anything from {accuracy.low:.2f} to {accuracy.high:.2f}."
        )
        found.append(Remark("warn", text))
    if report.unanswered:
        text = f"Could not be answered, and count in no score: {len(report.unanswered)} more."
        found.append(Remark("warn", text))
    return found


def _against_baseline(report: Report) -> Remark:
    accuracy, baseline = report.scores["accuracy"], report.baseline.value
    always = f"always answering ‘{majority_class(report)}’ ({baseline:.3f})"
    if accuracy.low > baseline:
        return Remark("good", f"The model is better than {always}: its whole interval is above.")
    if accuracy.high < baseline:
        return Remark("warn", f"The model is worse than {always}.")
    return Remark(
        "warn",
        f"These pictures do not show that the model is better than {always}: that number lies "
        f"within the interval of its accuracy, {accuracy.low:.3f} to {accuracy.high:.3f}.",
    )


def _about_copies(report: Report, *, origin_known: bool) -> list[Remark]:
    if not origin_known:
        text = (
            "This model does not say which pictures it was trained on. If some of these are among "
            "them, the scores are too good."
        )
        return [Remark("warn", text)]
    if not report.seen_in_training:
        return []
    text = (
        f"Copies of training pictures among these {len(report.answers)}: "
        f"{report.seen_in_training}. Where a model builds on another one, those of that one count, "
        "too. On copies a model does better than on new pictures."
    )
    fresh = without_copies(report)
    if fresh is not None:
        text += (
            f" On the {len(fresh.answers)} others its accuracy is "
            f"{in_brackets(fresh.scores['accuracy'])}."
        )
    return [Remark("warn", text)]
