"""A ``LearningReport`` as files: a page, a figure, a table of points, JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from happysad.durable import replacing
from happysad.errors import UsageError
from happysad.judge.learning_curves import BASELINE
from happysad.judge.queries import STRATEGIES
from happysad.reports import plots
from happysad.reports.page import data_uri, render, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from happysad.judge.learning_report import LearningReport

FORMAT_VERSION = 1


def write(report: LearningReport, folder: Path) -> Path:
    """Write ``index.html``, ``curves.png``, ``curves.csv`` and ``active.json`` into a folder.

    Args:
        report: to be written.
        folder: is made where it is missing; files of those names in it are replaced.

    Returns:
        Path of the page.

    Raises:
        UsageError: a file cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    light, dark = (_figure(report, dark=dark) for dark in (False, True))
    write_text(folder / "active.json", json.dumps(as_dict(report), indent=1, allow_nan=False))
    write_text(folder / "curves.csv", as_csv(report))
    _write_bytes(folder / "curves.png", light)
    write_text(folder / "index.html", as_html(report, light=light, dark=dark))
    return folder / "index.html"


def as_dict(report: LearningReport) -> dict[str, Any]:
    """Return the report as plain values, see ``docs/report.md``."""
    return {
        "format_version": FORMAT_VERSION,
        "data": report.data,
        "learner": report.learner,
        "repeats": report.repeats,
        "conclusion": report.conclusion,
        "pool": report.pool,
        "all_labels": None if report.all_labels is None else asdict(report.all_labels),
        "strategies": [
            {
                "name": name,
                "labels": [round(float(value), 1) for value in curve.labels],
                "accuracy": [round(float(value), 5) for value in curve.accuracy],
                "low": [round(float(value), 5) for value in curve.low],
                "high": [round(float(value), 5) for value in curve.high],
                "area": round(curve.area, 5),
                "final": asdict(report.final[name]),
                "gain": asdict(report.gains[name]) if name in report.gains else None,
            }
            for name, curve in report.curves.items()
        ],
        "needed": [
            {"accuracy": accuracy, "labels": dict(labels)}
            for accuracy, labels in report.needed.items()
        ],
    }


def as_csv(report: LearningReport) -> str:
    """Return the points of all curves as a table."""
    target = io.StringIO()
    table = csv.writer(target, lineterminator="\n")
    table.writerow(["strategy", "labels", "accuracy", "lowest", "highest"])
    for name, curve in report.curves.items():
        points = zip(curve.labels, curve.accuracy, curve.low, curve.high, strict=True)
        table.writerows(
            [name, f"{labels:g}", *(f"{share:.5f}" for share in shares)]
            for labels, *shares in points
        )
    return target.getvalue()


def as_html(report: LearningReport, *, light: bytes, dark: bytes) -> str:
    """Return the report as one page.

    Args:
        report: to be shown.
        light: the figure, as PNG.
        dark: the same for a dark page.
    """
    return render(
        "active.html",
        report=report,
        baseline=BASELINE,
        budget=round(max(float(curve.labels[-1]) for curve in report.curves.values())),
        summaries={name: STRATEGIES[name].summary for name in report.curves},
        figure={"light": data_uri(light), "dark": data_uri(dark)},
    )


def _figure(report: LearningReport, *, dark: bool) -> bytes:
    everything = None if report.all_labels is None else report.all_labels.value
    return plots.learning(report.curves, all_labels=everything, dark=dark)


def _write_bytes(path: Path, data: bytes) -> None:
    try:
        with replacing(path) as file:
            file.write(data)
    except OSError as error:
        msg = f"Cannot write {str(path)!r}: {error.strerror or error}. Choose another place."
        raise UsageError(msg) from error
