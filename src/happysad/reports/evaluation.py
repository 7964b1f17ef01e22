"""A ``Report`` as files: a page for people, JSON for machines, Markdown and a table of pictures."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from happysad.judge.metrics import without_copies
from happysad.reports.evaluation_page import Training, as_html
from happysad.reports.page import visible, write_text
from happysad.reports.wording import TITLES, headline, in_brackets, remarks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from happysad.records import Report, Score

__all__ = ["Training", "as_csv", "as_dict", "as_html", "as_markdown", "write", "write_plain"]

FORMAT_VERSION = 1


def write(
    report: Report,
    folder: str | Path,
    *,
    pictures: str | Path | None = None,
    training: Training | None = None,
    origin_known: bool = True,
) -> Path:
    """Write a report into a folder.

    The files are ``index.html``, ``report.json``, ``report.md`` and ``pictures.csv``.

    Args:
        report: to be written.
        folder: is made where it is missing; files of those names in it are replaced.
        pictures: folder that the answers' files are relative to, for the page's thumbnails.
        training: how the model came to be, where that is to be told.
        origin_known: the model tells which pictures it was trained on.

    Returns:
        Path of the page.

    Raises:
        UsageError: a file cannot be written.
    """
    folder = Path(folder)
    page = as_html(report, pictures=pictures, training=training, origin_known=origin_known)
    write_plain(report, folder, unseen=training is not None, origin_known=origin_known)
    write_text(folder / "index.html", page)
    return folder / "index.html"


def write_plain(
    report: Report, folder: Path, *, unseen: bool = False, origin_known: bool = True
) -> None:
    """Write a report without its page, whose plots take longer than a quick training.

    Args:
        report: to be written.
        folder: is made where it is missing; gets ``report.json``, ``report.md``, ``pictures.csv``.
        unseen: it is known that the model was trained on none of the pictures.
        origin_known: the model tells which pictures it was trained on.

    Raises:
        UsageError: a file cannot be written.
    """
    text = as_markdown(report, unseen=unseen, origin_known=origin_known)
    write_text(folder / "report.json", json.dumps(as_dict(report), indent=1, allow_nan=False))
    write_text(folder / "report.md", text)
    write_text(folder / "pictures.csv", as_csv(report))


def as_dict(report: Report) -> dict[str, Any]:
    """Return the report as a JSON object.

    Fields, which stay as they are within a format version:

    * ``format_version``: 1.
    * ``model``, ``data``: names of what was judged and on what.
    * ``classes``: names in label order; of two, the last is the positive class.
    * ``pictures``: how many were judged.
    * ``scores``: name → ``value``, ``low``, ``high`` (numbers, or null where undefined), ``n``
      (pictures the score rests on), ``method`` (of the interval, or why it is undefined).
    * ``baseline``: a score: always answering the majority class.
    * ``confusion``: counts; rows are true classes, columns answers, both in label order.
    * ``seen_in_training``: how many pictures copy a training picture.
    * ``scores_without_copies``: like ``scores``, without those pictures; null where that would
      say nothing new.
    * ``unanswered``: file → error code of pictures that could not be judged.
    * ``answers``: one object a picture: ``file``, ``sha256``, ``group``, ``label`` (the true
      class), ``predicted``, ``verdict`` (a class or ``unsure``), ``probabilities`` (class →
      number), ``seen_in_training`` (the training file it copies, or null).
    """
    fresh = without_copies(report)
    return {
        "format_version": FORMAT_VERSION,
        "model": report.model,
        "data": report.data,
        "classes": list(report.classes),
        "pictures": len(report.answers),
        "scores": _scores(report.scores),
        "baseline": _score(report.baseline),
        "confusion": [list(row) for row in report.confusion],
        "seen_in_training": report.seen_in_training,
        "scores_without_copies": _scores(fresh.scores) if fresh else None,
        "unanswered": dict(report.unanswered),
        "answers": [asdict(answer) for answer in report.answers],
    }


def as_markdown(report: Report, *, unseen: bool = False, origin_known: bool = True) -> str:
    """Return the report as Markdown, for a README or a model card.

    Args:
        report: to be written.
        unseen: it is known that the model was trained on none of the pictures.
        origin_known: the model tells which pictures it was trained on.
    """
    lines = [
        f"# {_text(report.model)} on {_text(report.data)}",
        "",
        _text(headline(report, unseen=unseen)),
        "",
        *(f"* {_text(remark.text)}" for remark in remarks(report, origin_known=origin_known)),
        "",
        "| score | value [95% interval] | n |",
        "|---|---|---|",
        *(_row(TITLES[name], score) for name, score in report.scores.items()),
        _row("baseline: always the majority class", report.baseline),
        "",
        "| true class | " + " | ".join(f"answered {_text(name)}" for name in report.classes) + " |",
        "|---" * (len(report.classes) + 1) + "|",
        *(
            f"| {_text(name)} | " + " | ".join(map(str, row)) + " |"
            for name, row in zip(report.classes, report.confusion, strict=True)
        ),
    ]
    return "\n".join(lines) + "\n"


def as_csv(report: Report) -> str:
    """Return one line a picture: its true class, the answer, the probabilities.

    Columns: ``file``, ``sha256``, ``group``, ``label``, ``predicted``, ``verdict``, ``right``
    (1 or 0), ``seen_in_training``, ``error``, then ``probability_CLASS`` of each class. Pictures
    that could not be judged follow at the end, with ``file`` and ``error`` alone.
    """
    target = io.StringIO()
    table = csv.writer(target, lineterminator="\n")
    head = ["file", "sha256", "group", "label", "predicted", "verdict", "right"]
    head += ["seen_in_training", "error", *(f"probability_{name}" for name in report.classes)]
    table.writerow(head)
    for answer in report.answers:
        row: list[object] = [answer.file, answer.sha256, answer.group, answer.label]
        row += [answer.predicted, answer.verdict, int(answer.predicted == answer.label)]
        row += [answer.seen_in_training or "", ""]
        table.writerow([*row, *(f"{answer.probabilities[name]:.6f}" for name in report.classes)])
    for file, code in report.unanswered.items():
        table.writerow([file, *[""] * 7, code, *[""] * len(report.classes)])
    return target.getvalue()


def _scores(scores: Mapping[str, Score]) -> dict[str, dict[str, Any]]:
    return {name: _score(score) for name, score in scores.items()}


def _score(score: Score) -> dict[str, Any]:
    numbers = {"value": score.value, "low": score.low, "high": score.high}
    known = {name: None if math.isnan(value) else value for name, value in numbers.items()}
    return {**known, "n": score.n, "method": score.method}


def _row(title: str, score: Score) -> str:
    value = f"– ({_text(score.method)})" if math.isnan(score.value) else in_brackets(score)
    return f"| {title} | {value} | {score.n} |"


def _text(value: str) -> str:
    """Keep names from being read as Markdown or HTML."""
    return "".join(f"\\{mark}" if mark in "\\`*_{}[]<>|#" else mark for mark in visible(value))
