"""Fusing the two views, judged on folds that neither view nor the fusion has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.faces.fusion import TERMS, Readings, evidence
from happysad.training.two_view.logistic import fit_logistic

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from table import Table
    from web_faces import WebFaces

_RIDGE = 1.0
_FACE_COLUMNS = [number for number, name in enumerate(TERMS) if "face" in name]


@dataclass(frozen=True)
class OutOfFold:
    """What the views say of pictures that their models did not see; arrays of shape (N,) or (F,).

    Attributes:
        scene: logit of every picture; NaN where its fold has no model yet.
        faces: logit of every face, likewise.
    """

    scene: NDArray[np.float64]
    faces: NDArray[np.float64]


def gather(work: Path, table: Table, web: WebFaces) -> OutOfFold:
    """Collect the readings of the folds whose models are trained."""
    scene, faces = np.full(len(table), np.nan), np.full(len(web.rows), np.nan)
    for fold in np.unique(table.folds):
        seen_scene = work / "scene" / f"without{fold}" / "readings.npz"
        seen_faces = work / "expression" / f"without{fold}" / "readings.npz"
        if seen_scene.exists():
            with np.load(seen_scene) as kept:
                scene[kept["rows"]] = kept["logits"]
        if seen_faces.exists():
            rows = table.folds[web.rows] == fold
            faces[rows] = np.load(seen_faces)["web"][rows]
    return OutOfFold(scene, faces)


def terms(table: Table, web: WebFaces, readings: OutOfFold) -> NDArray[np.float64]:
    """Return the evidence of every picture, shape (N, 8)."""
    widths = web.boxes[:, 2] - web.boxes[:, 0]
    areas = widths * (web.boxes[:, 3] - web.boxes[:, 1])
    order = np.argsort(web.rows, kind="stable")
    starts = np.searchsorted(web.rows[order], np.arange(len(table) + 1))
    result = np.empty((len(table), len(TERMS)))
    for row in range(len(table)):
        mine = order[starts[row] : starts[row + 1]]
        faces = Readings(readings.faces[mine], web.scores[mine], areas[mine], web.sides[mine])
        result[row] = evidence(readings.scene[row], faces)
    unread = np.unique(table.folds[web.rows[np.isnan(readings.faces)]])
    # Where no face of a fold was read yet, a picture without a face is no evidence either.
    result[np.ix_(np.isin(table.folds, unread), _FACE_COLUMNS)] = np.nan
    return result


def learn(
    evidence_terms: NDArray[np.float64],
    targets: NDArray[np.float32],
    importance: NDArray[np.float32],
    kept: tuple[str, ...] = TERMS,
) -> NDArray[np.float64]:
    """Return the weights of a ridge logistic regression on soft targets, shape (8,).

    Args:
        evidence_terms: shape (N, 8).
        targets: shape (N,), 0 to 1.
        importance: shape (N,).
        kept: terms that may have a weight, the bias among them; the others get 0.
    """
    chosen = [TERMS.index(name) for name in kept if name != "bias"]
    found, bias = fit_logistic(evidence_terms[:, chosen], targets, ridge=_RIDGE, weights=importance)
    weights = np.zeros(len(TERMS))
    weights[chosen], weights[TERMS.index("bias")] = found, bias
    return weights


def stacked(
    table: Table, evidence_terms: NDArray[np.float64], kept: tuple[str, ...] = TERMS
) -> NDArray[np.float64]:
    """Return logits of the fusion, each fold by weights learned on the other folds, shape (N,).

    Where only one fold has evidence yet, each of its collections by weights learned on the others.
    NaN where there is no evidence.
    """
    targets, importance = table.targets()
    chosen = [TERMS.index(name) for name in kept]
    known = np.isfinite(evidence_terms[:, chosen]).all(axis=1)
    filled = np.where(np.isfinite(evidence_terms), evidence_terms, 0.0)
    result = np.full(len(table), np.nan)
    several = len(np.unique(table.folds[known])) > 1
    units = table.folds if several else np.unique(table.collections, return_inverse=True)[1]
    for unit in np.unique(units[known]):
        train, judged = known & (units != unit), known & (units == unit)
        weights = learn(filled[train], targets[train], importance[train], kept)
        result[judged] = filled[judged] @ weights
    return result


def figures(table: Table, logits: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """Return accuracy and n of the fusion by fold, on raw labels and on agreed ones."""
    right = (logits > 0) == table.labels
    result: dict[str, dict[str, float]] = {}
    for fold in np.unique(table.folds[np.isfinite(logits)]):
        rows = np.isfinite(logits) & (table.folds == fold)
        for name, chosen in (("raw", rows), ("agreed", rows & table.agreed)):
            accuracy = round(float(right[chosen].mean()), 4)
            result[f"fold {fold}, {name}"] = {"accuracy": accuracy, "n": int(chosen.sum())}
    return result
