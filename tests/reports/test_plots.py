from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from answers import CLASSES, answer, answers_of, random_answers
from happysad.errors import MissingExtraError
from happysad.judge.metrics import judge
from happysad.reports import plots

if TYPE_CHECKING:
    from happysad.records import Report

OF_A_REPORT = [
    plots.roc,
    plots.precision_recall,
    plots.reliability,
    plots.threshold,
    plots.confidence,
    plots.confusion,
]


def report_on(answers: list, classes: tuple[str, ...] = CLASSES) -> Report:
    return judge(answers, classes=classes, model="m", data="d")


def pixels(png: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("plot", OF_A_REPORT)
def test_each_plot_has_a_light_and_a_dark_dress(plot: object) -> None:
    report = report_on(random_answers(80))
    light, dark = plot(report), plot(report, dark=True)
    assert tuple(pixels(light)[2, 2]) == (255, 255, 255)
    assert tuple(pixels(dark)[2, 2]) == (0x1E, 0x21, 0x25)
    # Something is drawn on the paper.
    assert (pixels(light) != 255).any(axis=2).mean() > 0.01
    assert len(light) < 100_000


@pytest.mark.parametrize("plot", OF_A_REPORT)
def test_the_same_answers_make_the_same_picture_and_others_another(plot: object) -> None:
    one, same, other = (report_on(random_answers(40, seed=seed)) for seed in (1, 1, 2))
    assert plot(one) == plot(same)
    assert plot(one) != plot(other)


@pytest.mark.parametrize("plot", OF_A_REPORT)
def test_three_classes_and_names_that_look_like_formulas(plot: object) -> None:
    classes = ("$x^2$", "_hidden", "glücklich\n\udc80")
    answers = [
        answer(label, *shares, name=f"{label}{number}", classes=classes)
        for number, shares in enumerate([(0.6, 0.3, 0.1), (0.2, 0.5, 0.3), (0.3, 0.3, 0.4)])
        for label in classes
    ]
    assert pixels(plot(report_on(answers, classes))).size


@pytest.mark.parametrize("plot", [plots.reliability, plots.threshold, plots.confidence])
def test_one_picture_can_be_plotted(plot: object) -> None:
    assert pixels(plot(report_on(answers_of([0], [0.2], unsure_below=0.9)))).size


def test_curves_show_any_part_of_a_history() -> None:
    full = {"loss": (0.7, 0.5), "val_loss": (0.6, 0.7), "accuracy": (0.5, 0.8)}
    assert plots.curves(full) != plots.curves({"loss": (0.7, 0.5)})
    assert plots.curves(full) != plots.curves(full, dark=True)
    assert pixels(plots.curves({})).size


def test_without_matplotlib_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"happysad\[plots\]"):
        plots.curves({})
