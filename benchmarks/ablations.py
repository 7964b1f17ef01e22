"""What each part of the two-view model is worth: the same model without it.

    python benchmarks/ablations.py --data ../shared/data --work scratch/train_default \
        --train hard-labels one-crop --out docs/results-ablations.md

Leaving out a term of the fusion, or the mirrored reading of a face, takes seconds: the recipe's
work folder has what is needed. A part of the training is left out by training again without fold
1; of the scene's training its first step, on which the others build. Eight minutes each on two
cores for the scene, four for the faces; what was trained before is read from ``WORK/ablations``.
Differences are paired, with 95% intervals (normal approximation over pictures): below half a point
they are noise here.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts" / "train_default"))

import fuse
from table import FOLDS, Table
from web_faces import load_web_faces

from happysad.judge.intervals import Z

if TYPE_CHECKING:
    from collections.abc import Sequence

    from face_views import FaceViews
    from numpy.typing import NDArray
    from stages import Run

FOLD = 1
"""The fold on which parts of the training are left out."""

WHOLE = "first-step"
SCENE_VARIANTS = {
    "hard-labels": "the folders' labels in place of softened ones",
    "every-picture": "also the pictures that reading and folder tell apart, and all face crops",
    "one-crop": "one random crop of every picture in place of three",
    "last-weights": "the last weights in place of their moving average",
}
FACE_VARIANTS = {"no-fer2013": "web faces alone, once the six expressions are learned"}
_PARTS_OF_FUSION = {
    "without the scene": ("scene",),
    "without any face": ("no_face", "faces", "large_face", "sharp_face", "crowd"),
    "without knowing that there is no face": ("no_face",),
    "without counting large faces more": ("large_face",),
    "without counting sharp faces more": ("sharp_face",),
    "without knowing a crowd": ("crowd",),
}


def main() -> None:
    """Train the variants that are asked for, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("scratch/train_default"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--train", nargs="*", choices=[*SCENE_VARIANTS, *FACE_VARIANTS], default=[])
    options = parser.parse_args()
    from stages import Run

    run = Run.open(options.data, options.work, folds=(FOLD,), smoke=False)
    for name in options.train:
        folder = run.work / "ablations" / name
        if (folder / "readings.npz").exists():
            continue
        if name in SCENE_VARIANTS:
            _train_scene(run, WHOLE, run.work / "ablations" / WHOLE)
            _train_scene(run, name, folder)
        else:
            _train_without_fer2013(run, folder)
    text = "\n".join(
        (
            "# What each part is worth\n",
            "`python benchmarks/ablations.py --data DATA --work WORK --train …`\n",
            "Accuracy by the folders' labels, and where a sure reading agrees with them, on "
            "collections that were left out; below it the paired difference to the whole model.\n",
            *_of_the_fusion(run),
            "",
            *_of_the_training(run),
            "",
        )
    )
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


def _of_the_fusion(run: Run) -> list[str]:
    """Return the table of terms left out, on folds 0–3."""
    table, web = run.table, load_web_faces(run.work / "faces")
    evidence = fuse.terms(table, web, fuse.gather(run.work, table, web))
    whole = fuse.stacked(table, evidence)
    rows = table.folds < FOLDS[-1]
    lines = [f"## The fusion, folds 0–3\n\n{_HEAD}", _line("whole", table, rows, whole)]
    for name, left_out in _PARTS_OF_FUSION.items():
        kept = tuple(term for term in fuse.TERMS if term not in left_out)
        lines.append(_line(name, table, rows, fuse.stacked(table, evidence, kept), whole))
    return lines


def _of_the_training(run: Run) -> list[str]:
    """Return the tables of variants trained without fold 1: each view alone."""
    import keras

    table, web = run.table, load_web_faces(run.work / "faces")
    usual = fuse.gather(run.work, table, web)
    rows = table.folds == FOLD
    lines = [f"## The scene's training, fold {FOLD}, the scene alone\n\n{_HEAD}"]
    lines.append(_line("all steps", table, rows, usual.scene))
    first = run.work / "ablations" / WHOLE / "readings.npz"
    if first.exists():
        whole = _scattered(len(table), first)
        lines.append(_line("the first step", table, rows, whole, usual.scene))
        for name, text in SCENE_VARIANTS.items():
            kept = run.work / "ablations" / name / "readings.npz"
            if kept.exists():
                found = _scattered(len(table), kept)
                lines.append(_line(f"the first step, {text}", table, rows, found, whole))
    faces = np.bincount(web.rows, minlength=len(table)) > 0
    rows = rows & faces
    whole = _mean_of_faces(usual.faces, web.rows, len(table))
    lines.append(f"\n## The faces' training, fold {FOLD}, mean of a picture's faces\n\n{_HEAD}")
    lines.append(_line("whole", table, rows, whole))
    for name, text in FACE_VARIANTS.items():
        kept = run.work / "ablations" / name / "readings.npz"
        if kept.exists():
            found = _mean_of_faces(np.load(kept)["logits"], web.rows, len(table))
            lines.append(_line(text, table, rows, found, whole))
    model = keras.models.load_model(run.work / "expression" / f"without{FOLD}" / "final.keras")
    _, seen = _known_faces(run)
    plain = _read_faces(run, web.rows, model, seen.judged[:1])
    found = _mean_of_faces(plain, web.rows, len(table))
    lines.append(_line("read as they are, not mirrored, too", table, rows, found, whole))
    return lines


_HEAD = "| | raw | agreed |\n|---|---|---|"


def _line(
    name: str,
    table: Table,
    rows: NDArray[np.bool_],
    logits: NDArray[np.float64],
    whole: NDArray[np.float64] | None = None,
) -> str:
    cells = [_cell(table, chosen, logits, whole) for chosen in (rows, rows & table.agreed)]
    return f"| {name} | {' | '.join(cells)} |"


def _cell(
    table: Table,
    rows: NDArray[np.bool_],
    logits: NDArray[np.float64],
    whole: NDArray[np.float64] | None,
) -> str:
    right = ((logits > 0) == table.labels)[rows]
    if whole is None:
        return f"{right.mean():.3f} (n = {len(right)})"
    change = right.astype(float) - ((whole > 0) == table.labels)[rows]
    margin = Z * change.std() / np.sqrt(len(change))
    return (
        f"{right.mean():.3f} ({change.mean():+.3f} "
        f"[{change.mean() - margin:+.3f}, {change.mean() + margin:+.3f}])"
    )


def _scattered(count: int, kept: Path) -> NDArray[np.float64]:
    logits = np.full(count, np.nan)
    with np.load(kept) as readings:
        logits[readings["rows"]] = readings["logits"]
    return logits


def _mean_of_faces(
    logits: NDArray[np.float64], owners: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    known = np.isfinite(logits)
    total = np.bincount(owners[known], logits[known], minlength=count)
    return total / np.maximum(1, np.bincount(owners[known], minlength=count))


def _train_scene(run: Run, name: str, folder: Path) -> None:
    import scene
    from views import judged_sides

    if (folder / "readings.npz").exists():
        return
    views, step = run.work / "views", scene.FIRST
    count = 1 if name == "one-crop" else step.crops
    crops = tuple(np.load(views / f"view{view}.npy", mmap_mode="r") for view in range(count))
    targets, weights = run.table.targets()
    rows = run.table.scene_rows(FOLD)
    if name == "hard-labels":
        targets, weights = run.table.labels.astype(np.float32), np.ones_like(weights)
    if name == "every-picture":
        rows = run.table.training_rows(FOLD)
    if name == "last-weights":
        step = replace(step, schedule=replace(step.schedule, ema=0.0))
    material = scene.Material(crops, targets, weights, rows)
    model = scene.fine_tune(material, run.tensors, folder, [step])
    judged = run.table.judged_rows(FOLD)
    logits, _ = scene.read(model, judged_sides(views), judged)
    np.savez(folder / "readings.npz", rows=judged, logits=logits)


def _train_without_fer2013(run: Run, folder: Path) -> None:
    import expression
    import stages

    web = run.faces()
    faces = stages.labelled_faces(run.table, web)
    six, seen = _known_faces(run)
    rows = np.flatnonzero(np.isin(web.rows, run.table.training_rows(FOLD)))
    material = expression.Material(seen.training, faces.targets, faces.weights, rows)
    model = expression.learn_mood(material, six, folder)
    np.savez(folder / "readings.npz", logits=_read_faces(run, web.rows, model, seen.judged))


def _known_faces(run: Run) -> tuple[Any, FaceViews]:
    """Return the network of six expressions, and what its lower blocks make of every face."""
    import expression
    import keras
    from face_views import face_views

    folder = run.work / "expression"
    six = keras.models.load_model(folder / "six" / "settled" / "final.keras")
    return six, face_views([], expression.lower(six), folder / "views")  # opens what is there


def _read_faces(
    run: Run,
    owners: NDArray[np.int64],
    model: Any,
    sides: Sequence[NDArray[np.float16]],
) -> NDArray[np.float32]:
    import expression

    own = np.flatnonzero(np.isin(owners, run.table.judged_rows(FOLD)))
    logits = np.full(len(owners), np.nan, np.float32)
    logits[own] = expression.read(model, sides, own)[:, 0]
    return logits


if __name__ == "__main__":
    main()
