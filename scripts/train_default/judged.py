"""Fusion, calibration, threshold and scores from answers to collections that were left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fuse
import numpy as np
import off_topic
from package import Reading
from table import CLASSES
from web_faces import load_web_faces

from happysad.judge.calibration import apply_temperature, fit_temperature
from happysad.judge.decision import choose_unsure_below
from happysad.judge.metrics import judge
from happysad.records import UNSURE, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from table import Table

    from happysad.bundle.manifest import Head

STATED_ERROR = 0.05
"""Share of wrong answers, by the folders' labels, that the shipped threshold allows."""


def reading(table: Table, work: Path, heads: Mapping[str, Head]) -> Reading:
    """Return how the shipped features are read, as the left-out collections taught it.

    Args:
        table: the pictures.
        work: the recipe's work folder.
        heads: the last layers of the views that left nothing out, ``scene`` and ``faces``.
    """
    evidence, known = _evidence(table, work)
    targets, importance = table.targets()
    fused = fuse.stacked(table, evidence)
    raw = _two_columns(fused[known])
    temperature = fit_temperature(raw, table.labels[known])
    calibrated = apply_temperature(raw, temperature)
    aside = _off_topic(table, work)
    return Reading(
        heads={**heads, "off_topic": aside.head},
        fusion=fuse.learn(evidence[known], targets[known], importance[known]),
        temperature=temperature,
        unsure_below=choose_unsure_below(calibrated, table.labels[known], max_error=STATED_ERROR),
        off_topic_above=aside.above,
    )


def scores(table: Table, work: Path) -> dict[str, Any]:
    """Return ``scores``, ``baseline`` and ``parts`` of the manifest, by left-out collections."""
    evidence, _ = _evidence(table, work)
    probabilities, limits = calibrated_apart(table, fuse.stacked(table, evidence))
    rows = np.flatnonzero(np.isfinite(limits))
    answers = [_answer(table, row, probabilities[row], limits[row]) for row in rows]
    report = judge(answers, classes=CLASSES, model="two-view", data="collections left out")
    return {
        "scores": dict(report.scores),
        "baseline": report.baseline,
        "parts": {"train": len(table), "validation": 0, "test": len(answers)},
    }


def calibrated_apart(
    table: Table, logits: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return calibrated probabilities and thresholds, each fold's by what the others say.

    Args:
        table: the pictures.
        logits: of ``sad``, shape (N,); NaN where there is no answer yet.

    Returns:
        probabilities of shape (N, 2) and the least confidence of an answer, shape (N,); NaN
        where there is no logit, and everywhere while only one fold has any.
    """
    known = np.isfinite(logits)
    raw = _two_columns(logits)
    probabilities, limits = np.full_like(raw, np.nan), np.full(len(table), np.nan)
    for fold in np.unique(table.folds[known]):
        own, others = known & (table.folds == fold), known & (table.folds != fold)
        if not others.any():
            break
        temperature = fit_temperature(raw[others], table.labels[others])
        probabilities[own] = apply_temperature(raw[own], temperature)
        fitted = apply_temperature(raw[others], temperature)
        limits[own] = choose_unsure_below(fitted, table.labels[others], max_error=STATED_ERROR)
    return probabilities, limits


def _answer(table: Table, row: int, probabilities: NDArray[np.float64], limit: float) -> Answer:
    predicted = CLASSES[int(probabilities.argmax())]
    return Answer(
        file=str(table.files[row]),
        sha256=str(table.files[row]),
        group=str(table.files[row]),  # the material holds one of each group of near duplicates
        label=CLASSES[table.labels[row]],
        predicted=predicted,
        verdict=predicted if probabilities.max() >= limit else UNSURE,
        probabilities=dict(zip(CLASSES, probabilities.tolist(), strict=True)),
    )


def _evidence(table: Table, work: Path) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    web = load_web_faces(work / "faces")
    evidence = fuse.terms(table, web, fuse.gather(work, table, web))
    return evidence, np.isfinite(evidence).all(axis=1)


def _two_columns(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    positive = 1 / (1 + np.exp(-logits))
    return np.stack([1 - positive, positive], axis=1)


def _off_topic(table: Table, work: Path) -> off_topic.OffTopic:
    unseen = {}
    for fold in np.unique(table.folds):
        kept = work / "scene" / f"without{fold}" / "readings.npz"
        if kept.exists():
            with np.load(kept) as stored:
                unseen[int(fold)] = stored["rows"], stored["features"]
    with np.load(work / "scene" / "all" / "readings.npz") as stored:
        return off_topic.learn(table, stored["features"], unseen)
