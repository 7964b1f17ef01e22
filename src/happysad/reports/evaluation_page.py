"""A ``Report`` as a page that needs no explaining."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from happysad.errors import PictureError
from happysad.pictures.decode import decode
from happysad.pictures.thumbnail import thumbnail
from happysad.records import CODES, PARTS, STRENGTH
from happysad.reports import plots
from happysad.reports.page import data_uri, render
from happysad.reports.wording import (
    TITLES,
    headline,
    majority_class,
    meanings,
    remarks,
    right_answers,
)
from happysad.sources.read import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from happysad.records import Answer, Collection, Report, Split

MISTAKES = 24
"""Mistakes shown with their picture; the rest is in the table of pictures."""

COPIES = 60
"""Copies of training pictures that are listed."""

_SIDE = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How a model came to be, for the page of a training run.

    Attributes:
        collection: the checked folder.
        split: which picture was in which part.
        history: measure → its value after each epoch or strength, see ``plots.curves``.
        folds: reports of a k-fold evaluation, in order; none for a single split.
        note: what there is to say of how the training went; may be empty.
    """

    collection: Collection
    split: Split
    history: Mapping[str, Sequence[float]] = field(default_factory=lambda: MappingProxyType({}))
    folds: tuple[Report, ...] = ()
    note: str = ""


def as_html(
    report: Report,
    *,
    pictures: str | Path | None = None,
    training: Training | None = None,
    origin_known: bool = True,
) -> str:
    """Return the page of a report.

    Args:
        report: to be shown.
        pictures: folder that the answers' files are relative to; without it the gallery of
            mistakes shows names alone.
        training: how the model came to be, where that is to be told; the judged pictures are
            then called unseen.
        origin_known: the model tells which pictures it was trained on.

    The plots are left out, and the page says so, where matplotlib is not installed.
    """
    mistakes = _mistakes(report)
    copies = [answer for answer in report.answers if answer.seen_in_training is not None]
    return render(
        "evaluation.html",
        report=report,
        right=right_answers(report),
        majority=majority_class(report),
        headline=headline(report, unseen=training is not None),
        remarks=remarks(report, origin_known=origin_known),
        scores=_score_rows(report),
        plots=plots.where_possible(lambda: _plots(report)) or [],
        mistakes=[_item(answer, pictures) for answer in mistakes[:MISTAKES]],
        mistake_count=len(mistakes),
        copies=copies[:COPIES],
        copy_count=len(copies),
        codes=CODES,
        origin_known=origin_known,
        training=_training(training) if training else None,
    )


def _score_rows(report: Report) -> list[tuple[Any, str, float | None]]:
    meaning = meanings(report)
    # The baseline is a share of right answers: it can be marked only beside such shares.
    return [
        (
            {"name": TITLES[name], **_fields(score)},
            meaning[name],
            report.baseline.value if name in {"accuracy", "accuracy_answered"} else None,
        )
        for name, score in report.scores.items()
    ]


def _fields(score: Any) -> dict[str, Any]:
    return {key: getattr(score, key) for key in ("value", "low", "high", "n", "method")}


def _plots(report: Report) -> list[dict[str, str]]:
    ranked = not math.isnan(report.scores["roc_auc"].value)
    drawn: list[tuple[Callable[..., bytes], str, str]] = [
        (
            plots.confusion,
            "Counts of true classes against answers",
            "Rows are the true classes, columns the answers; the share is of the row.",
        ),
        (
            plots.confidence,
            "Number of right and wrong answers by their probability",
            "A good model is rarely wrong where it is sure.",
        ),
        (
            plots.threshold,
            "Share answered and share right against the threshold",
            "Answering only where the model is surer: fewer answers, more of them right. The band "
            "is the 95% interval.",
        ),
        (
            plots.reliability,
            "Share of right answers against their probability",
            "On the dotted line a probability means what it says. Bars are 95% intervals.",
        ),
    ]
    if ranked:
        drawn += [
            (
                plots.roc,
                "ROC curve",
                "The nearer to the upper left, the better; the dotted line is guessing.",
            ),
            (
                plots.precision_recall,
                "Precision and recall curve",
                "The nearer to the upper right, the better; the dotted line is guessing.",
            ),
        ]
    return [
        {
            "light": data_uri(draw(report)),
            "dark": data_uri(draw(report, dark=True)),
            "alt": alt,
            "caption": caption,
        }
        for draw, alt, caption in drawn
    ]


def _mistakes(report: Report) -> list[Answer]:
    """Return the wrong answers, the most confident first."""
    wrong = [answer for answer in report.answers if answer.predicted != answer.label]
    return sorted(wrong, key=lambda answer: (-answer.probabilities[answer.predicted], answer.file))


def _item(answer: Answer, pictures: str | Path | None) -> dict[str, str]:
    sure = answer.probabilities[answer.predicted]
    return {
        "uri": _thumbnail(Path(pictures) / answer.file) if pictures else "",
        "name": answer.file,
        "caption": f"labelled {answer.label}, answered {answer.predicted} ({sure:.2f})",
    }


def _thumbnail(path: Path) -> str:
    """Return a small picture as a ``data:`` address; nothing for one that is gone by now."""
    try:
        picture = decode(read_file(path), source=str(path), at_least=(_SIDE, _SIDE))
    except PictureError:
        return ""
    return data_uri(thumbnail(picture, side=_SIDE), kind="image/jpeg")


def _training(training: Training) -> dict[str, Any]:
    history = training.history
    curves = plots.where_possible(lambda: _curves(history)) if history else None
    found = Counter(finding.code for finding in training.collection.findings)
    return {
        "counts": training.collection.counts,
        "findings": [(code, CODES[code], found[code]) for code in CODES if found[code]],
        "classes": training.split.classes,
        "parts": _parts(training.split),
        "seed": training.split.seed,
        "curves": curves,
        "by_strength": STRENGTH in history,
        "epochs": max(map(len, history.values()), default=0),
        "folds": [fold.scores["accuracy"] for fold in training.folds],
        "note": training.note,
    }


def _curves(history: Mapping[str, Sequence[float]]) -> dict[str, str]:
    return {
        "light": data_uri(plots.curves(history)),
        "dark": data_uri(plots.curves(history, dark=True)),
    }


def _parts(split: Split) -> list[dict[str, Any]]:
    """Return pictures by class, in all, and groups, of each part."""
    rows = []
    for part in PARTS:
        members = split.parts.get(part, ())
        by_class = Counter(split.labels[sha256] for sha256 in members)
        rows.append(
            {
                "name": part,
                "by_class": [by_class[name] for name in split.classes],
                "pictures": len(members),
                "groups": len({split.groups[sha256] for sha256 in members}),
            }
        )
    return rows
