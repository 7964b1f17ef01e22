"""What came of a training, read from its folder: the files that ``train`` leaves for everybody."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from happysad.bundle.shelf import RUN_BUNDLE
from happysad.collection.decisions import read_decisions
from happysad.collection.split_file import load_split
from happysad.errors import HappysadError, RunError
from happysad.judge.metrics import judge
from happysad.records import STRENGTH, Answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from happysad.collection.decisions import Decision
    from happysad.records import Report

DOUBTS: Final = "labels.csv"
"""Name of the list of labels in doubt inside a run's folder; the one of ``check --labels``."""

Curves = tuple[tuple[tuple[float, float], ...], ...]

_REPORT: Final = "report.json"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one training.

    Attributes:
        name: of its folder, and of the model.
        folder: where everything lies.
        created: when, in UTC, as files have it.
        pictures: in all parts of the split.
        rounds: how often a model was trained on a part of the pictures and asked about the rest;
            0 where the score is of the test part alone.
        report: of pictures that were answered by a model that had not seen them.
        doubts: labels that are likely wrong.
        curves: see ``read_curves``.
    """

    name: str
    folder: Path
    created: float
    pictures: int
    rounds: int
    report: Report
    doubts: tuple[Decision, ...]
    curves: Curves

    @property
    def bundle(self) -> Path:
        """The model."""
        return self.folder / RUN_BUNDLE

    @property
    def mistakes(self) -> list[Answer]:
        """The wrong answers, the surest first."""
        wrong = [one for one in self.report.answers if one.predicted != one.label]
        return sorted(wrong, key=lambda one: (-one.probabilities[one.predicted], one.file))


def read_results(runs: Path) -> list[Result]:
    """Return the finished trainings below a folder, the oldest first.

    A folder that holds no finished training, or a damaged one, is passed over.
    """
    if not runs.is_dir():
        return []
    found = []
    for folder in runs.iterdir():
        if (folder / RUN_BUNDLE).is_file():
            try:
                found.append(read_result(folder))
            except HappysadError:
                continue
    return sorted(found, key=lambda one: (one.created, one.name))


def read_result(folder: Path) -> Result:
    """Return what came of the training in a run's folder.

    Raises:
        RunError: it is not finished, or its files are damaged.
        CollectionError: its split or its list of doubts is damaged.
    """
    whole = _answers(folder / "report" / _REPORT)
    rounds = [_answers(path) for path in sorted(folder.glob(f"folds/*/{_REPORT}"))]
    answers = [answer for part in rounds for answer in part] or whole
    split = load_split(folder / "split.json")
    doubts = folder / DOUBTS
    return Result(
        name=folder.name,
        folder=folder,
        created=(folder / RUN_BUNDLE).stat().st_mtime,
        pictures=sum(map(len, split.parts.values())),
        rounds=len(rounds),
        report=judge(answers, classes=split.classes, model=folder.name, data="rounds"),
        doubts=read_decisions(doubts) if doubts.is_file() else (),
        curves=read_curves(folder),
    )


def read_curves(folder: Path) -> Curves:
    """Return what is there so far of a training's curves: one for each model that was learned.

    A point is the strength of the ridge, and the accuracy on pictures left out in turn. The last
    curve is that of the model itself, once it is there.
    """
    files = [*sorted(folder.glob("folds/*/history.csv")), folder / "history.csv"]
    return tuple(curve for curve in map(_curve, files) if curve)


def _curve(path: Path) -> tuple[tuple[float, float], ...]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return tuple((float(row[STRENGTH]), float(row["val_accuracy"])) for row in rows)
    except (OSError, KeyError, TypeError, ValueError):  # not there yet, or of another preset
        return ()


def _answers(path: Path) -> Sequence[Answer]:
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        return [Answer(**answer) for answer in document["answers"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"The report {str(path)!r} cannot be read: {error}. Train again."
        raise RunError(msg) from error
