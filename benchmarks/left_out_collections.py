"""How well the views and their fusion do on whole collections that were left out.

    python benchmarks/left_out_collections.py --data ../shared/data --work scratch/train_default \
        --out docs/results-collections.md

Takes about 5 s. Reads what ``scripts/train_default/run.py`` left in its work folder: every picture
is judged by models that saw neither its collection nor a copy of the picture. A system without
readings for a fold has a dash there. (The name is not ``collections.py``: a script's own folder
comes first on Python's path, and that file would hide the standard library's module from every
benchmark here.)
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts" / "train_default"))

import fuse
from judged import STATED_ERROR, calibrated_apart
from table import CLASSES, FOLDS, KINDS, Table, read_table
from web_faces import load_web_faces

from happysad.judge.calibration import calibration_error, reliability
from happysad.judge.intervals import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FACE_TERMS = ("bias", "no_face", "faces", "large_face", "sharp_face", "crowd")


@dataclass(frozen=True)
class System:
    """One way of answering; ``logits`` of shape (N,), NaN where it has no model yet."""

    name: str
    logits: NDArray[np.float64]

    def right(self, table: Table) -> NDArray[np.float64]:
        """Return 1 for right, 0 for wrong, NaN for unknown, shape (N,)."""
        known = np.isfinite(self.logits)
        return np.where(known, (self.logits > 0) == table.labels, np.nan)


def systems(table: Table, work: Path) -> list[System]:
    """Return what can be judged from the work folder, simplest first."""
    found = [
        System(name, np.load(path)["logits"])
        for name, path in (
            ("seed", work / "peers" / "seed.npz"),
            ("fer on our faces", work / "peers" / "fer.npz"),
        )
        if path.exists()
    ]
    if (work / "features.npy").exists():
        found.append(System("backbone + logistic regression", _logistic(table, work)))
    web = load_web_faces(work / "faces")
    evidence = fuse.terms(table, web, fuse.gather(work, table, web))
    found.append(System("faces alone", fuse.stacked(table, evidence, _FACE_TERMS)))
    found.append(System("scene alone", evidence[:, fuse.TERMS.index("scene")]))
    found.append(System("two-view", fuse.stacked(table, evidence)))
    return found


def by_fold(table: Table, found: list[System]) -> str:
    """Return accuracy on raw labels by fold."""
    groups = {f"fold {fold}": table.folds == fold for fold in FOLDS}
    groups["folds 0–3"] = table.folds < FOLDS[-1]
    return _grid(table, found, groups)


def by_kind(table: Table, found: list[System]) -> str:
    """Return accuracy by kind of picture, where label and reading agree."""
    agreed = table.agreed & (table.folds < FOLDS[-1])
    groups = {kind: agreed & (table.kinds == kind) for kind in KINDS}
    groups["all"] = agreed
    groups["all but text"] = agreed & (table.kinds != "text")
    groups["all of fold 4"] = table.agreed & (table.folds == FOLDS[-1])
    return _grid(table, found, groups)


def sureness(table: Table, system: System) -> str:
    """Return calibration and abstention, each fold by what the others say."""
    calibrated, limits = calibrated_apart(table, system.logits)
    known = np.isfinite(limits)
    if not known.any():
        return "Needs two folds with models; not measured yet.\n"
    confidence = calibrated.max(axis=1)
    right = calibrated.argmax(axis=1) == table.labels
    error, _ = calibration_error(reliability(confidence[known], right[known]))
    answered = known & (confidence >= limits)
    aside = known & ~table.sure & np.isin(table.kinds, ["other", "text"])
    lines = [
        f"- Calibration error: {error:.3f} (n = {known.sum()}).",
        f"- Answered at a stated error of {STATED_ERROR:.0%}: {_share(answered[known])}.",
        f"- Wrong among the answered: {_share(~right[answered])}.",
        f"- Wrong among the answered, label and reading agreed: "
        f"{_share(~right[answered & table.agreed])}.",
        f"- Neither mood (kind other or text, reading not sure), answered `unsure`: "
        f"{_share(~answered[aside])}.",
    ]
    return "\n".join(lines) + "\n"


def page(table: Table, found: list[System], command: str) -> str:
    """Return the results as Markdown."""
    majority = max(np.mean(table.labels == number) for number in range(len(CLASSES)))
    reading = np.mean(table.moods == table.labels)
    return (
        "# Collections left out\n\n"
        f"`{command}`\n\n"
        "Accuracy with its 95% Wilson interval and n. Folds are whole collections; a picture that "
        "a left-out collection also holds leaves the training side with it. Fold 4 trains for "
        "folds 0–3; it is itself judged by models of folds 0–3. The fusion of a fold is learned on "
        "the other folds, on answers of models that had seen the fold while they answered for "
        "others; or, while only one fold has models, on its other collections. "
        f"Majority class: {majority:.3f}. The blind reading agrees with the folder on "
        f"{reading:.3f}.\n\n"
        f"## By fold, raw labels\n\n{by_fold(table, found)}\n"
        f"## By kind, folds 0–3, where label and reading agree\n\n{by_kind(table, found)}\n"
        f"## Calibration and abstention of the fusion\n\n{sureness(table, found[-1])}"
    )


def main() -> None:
    """Print the page, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("scratch/train_default"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    table = read_table(options.data)
    text = page(
        table,
        systems(table, options.work),
        "python benchmarks/left_out_collections.py --data DATA --work WORK",
    )
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


def _logistic(table: Table, work: Path) -> NDArray[np.float64]:
    """Return logits of a logistic regression on the backbone's ImageNet features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features = np.load(work / "features.npy").astype(np.float32)
    logits = np.empty(len(table))
    for fold in FOLDS:
        rows, own = table.training_rows(fold), table.folds == fold
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.003, max_iter=300))
        model.fit(features[rows], table.labels[rows])
        logits[own] = model.decision_function(features[own])
    return logits


def _grid(table: Table, found: list[System], groups: dict[str, NDArray[np.bool_]]) -> str:
    head = "| | " + " | ".join(system.name for system in found) + " |\n"
    rule = "|---" * (len(found) + 1) + "|\n"
    rows = []
    for name, rows_of in groups.items():
        cells = [_cell(system.right(table)[rows_of]) for system in found]
        rows.append(f"| {name} | " + " | ".join(cells) + " |\n")
    return head + rule + "".join(rows)


def _cell(right: NDArray[np.float64]) -> str:
    """Return the accuracy; in brackets where only some pictures have been judged so far."""
    if len(right) == 0 or np.isnan(right).any():
        known = right[np.isfinite(right)]
        return f"({_share(known)})" if len(known) else "–"
    return _share(right)


def _share(values: NDArray[np.generic]) -> str:
    """Return e.g. ``0.873 [0.854, 0.890] n = 1302``."""
    if len(values) == 0:
        return "–"
    mean = float(np.mean(values))
    low, high = wilson(mean, len(values))
    return f"{mean:.3f} [{low:.3f}, {high:.3f}] n = {len(values)}"


if __name__ == "__main__":
    main()
