"""What the teaching page is told of pictures and trainings, as plain values for JSON."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from happysad.collection.checks import CHECKS, likely_wrong_label, off_topic
from happysad.judge.metrics import without_copies
from happysad.records import Finding
from happysad.reports.page import visible
from happysad.web.answering import score_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from happysad.records import Answer, Score
    from happysad.workspace.results import Curves, Result
    from happysad.workspace.trainings import Status
    from happysad.workspace.watch import View

_MOST_MISTAKES: Final = 24
_MOST_RELATED: Final = 12


def pictures_json(view: View, newest: Result | None) -> dict[str, Any]:
    """Return the pictures and what was found about them."""
    id_of = {file: number for number, file in view.files.items()}
    collection = view.collection
    told: dict[str, Any] = {
        "version": view.version,
        "classes": list(view.classes),
        "reading": {"done": view.done, "total": view.total},
        "trouble": visible(view.trouble),
        "pictures": [],
        "findings": [],
        "ignored": 0,
    }
    if collection is None:
        return told
    label_of = {entry.file: entry.label for entry in collection.entries}
    for file in sorted([*label_of, *collection.set_aside]):
        decision = view.decisions.get(file)
        told["pictures"].append(
            {
                "id": id_of.get(file, ""),
                "file": visible(file),
                "home": file.partition("/")[0],
                "label": label_of.get(file),
                "shown": file not in view.broken,
                "decision": decision.choice if decision else None,
            }
        )
    told["ignored"] = len(collection.ignored)
    found = [*collection.findings, *_doubts(view, label_of, newest)]
    told["findings"] = _findings_json(found, id_of, view)
    return told


def _doubts(view: View, label_of: Mapping[str, str], newest: Result | None) -> Iterable[Finding]:
    """Yield the labels that the newest training doubts, where nobody has decided on them yet."""
    for doubt in newest.doubts if newest else ():
        if label_of.get(doubt.file) != doubt.label or doubt.file in view.decisions:
            continue
        if not doubt.suggested:
            message = "It probably shows neither class."
            yield Finding(off_topic.CHECK.code, doubt.file, "notice", message)
            continue
        wrong = None if doubt.probability is None else 1 - doubt.probability
        sure = "" if wrong is None else f" (the label is wrong with a probability of {wrong:.2f})"
        yield Finding(
            likely_wrong_label.CHECK.code,
            doubt.file,
            "notice",
            f"More likely {doubt.suggested!r}{sure}.",
            measure=wrong,
            suggested=doubt.suggested,
        )


def _findings_json(
    found: Sequence[Finding], id_of: Mapping[str, str], view: View
) -> list[dict[str, Any]]:
    """Return the findings by code, in the order of the checks."""
    by_code: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in found:
        # That the frames of one burst are alike is nothing new to whoever made it.
        if one.file not in id_of or (one.code == "near_duplicate" and one.file in view.bursts):
            continue
        related = [id_of[file] for file in one.related[:_MOST_RELATED] if file in id_of]
        by_code[one.code].append(
            {
                "id": id_of[one.file],
                "message": visible(one.message),
                "related": related,
                "suggested": one.suggested,
            }
        )
    return [
        {"code": check.code, "severity": check.severity, "pictures": by_code[check.code]}
        for check in CHECKS
        if check.code in by_code
    ]


def status_json(status: Status) -> dict[str, Any]:
    """Return how far a training is."""
    return {
        "state": status.state,
        "step": status.step,
        "done": status.done,
        "total": status.total,
        "seconds": round(status.seconds, 1),
        "curves": _curves(status.curves),
        "error": visible(status.error),
        "finished": status.finished,
    }


def results_json(results: Sequence[Result], view: View) -> dict[str, Any]:
    """Return the newest training with its mistakes, and one point for each there was."""
    points = [
        {"name": one.name, "labels": one.pictures, **_point(one.report.scores["accuracy"])}
        for one in results
    ]
    return {"trainings": points, "newest": _result(results[-1], view) if results else None}


def _result(result: Result, view: View) -> dict[str, Any]:
    id_of = {file: number for number, file in view.files.items()}
    report = result.report
    fresh = without_copies(report)
    return {
        "name": result.name,
        "pictures": result.pictures,
        "rounds": result.rounds,
        "classes": list(report.classes),
        "accuracy": score_json(report.scores["accuracy"]),
        "baseline": score_json(report.baseline),
        "known": report.seen_in_training,
        "fresh": score_json(fresh.scores["accuracy"]) if fresh else None,
        "unsure": sum(one.verdict not in report.classes for one in report.answers),
        "confusion": [list(row) for row in report.confusion],
        "mistakes": [_mistake(one, id_of, view) for one in result.mistakes[:_MOST_MISTAKES]],
        "mistakes_in_all": len(result.mistakes),
        "curves": _curves(result.curves),
        "bytes": result.bundle.stat().st_size,
    }


def _mistake(answer: Answer, id_of: Mapping[str, str], view: View) -> dict[str, Any]:
    decision = view.decisions.get(answer.file)
    return {
        "id": id_of.get(answer.file, ""),
        "file": visible(answer.file),
        "label": answer.label,
        "predicted": answer.predicted,
        "probability": round(answer.probabilities[answer.predicted], 4),
        "decision": decision.choice if decision else None,
    }


def _curves(curves: Curves) -> list[list[list[float]]]:
    return [[list(point) for point in curve] for curve in curves]


def _point(score: Score) -> dict[str, Any]:
    told = score_json(score)
    return {"accuracy": told["value"], "low": told["low"], "high": told["high"], "n": told["n"]}
