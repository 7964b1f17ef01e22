"""What benchmarks take from the models that did not see a fold: bases, and features of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import backbone
import expression
import fuse
import keras
import numpy as np
import package
import views
from scene import STEPS
from web_faces import load_web_faces

from happysad.bundle import archive
from happysad.training.two_view.embedding import Embeddings

if TYPE_CHECKING:
    from pathlib import Path

    from stages import Run

_NOTES = (
    "A base for benchmarks: what the recipe makes without one fold of its pictures. Heads that it "
    "is given on a folder of that fold owe nothing to any other picture of the fold."
)
_BATCH = 256


def folder_name(fold: int | None) -> str:
    """Return the name of the folders that hold what was trained without a fold."""
    return "all" if fold is None else f"without{fold}"


def graphs(run: Run, scene: keras.Model, faces: keras.Model) -> dict[str, bytes]:
    """Return the graphs of a model, by their names in a bundle.

    Args:
        run: with the work folder that the model was trained in.
        scene: from ``trained``.
        faces: likewise.
    """
    front = backbone.front()
    backbone.load_imagenet(front, run.tensors)
    six = keras.models.load_model(run.work / "expression" / "six" / "settled" / "final.keras")
    return {
        "finder": (run.work / "finder.onnx").read_bytes(),
        "scene": package.scene_graph(front, scene, views.JUDGED_SIDE),
        "expression": package.expression_graph(expression.lower(six), faces, expression.SIDE),
    }


def trained(work: Path, fold: int | None) -> tuple[keras.Model, keras.Model]:
    """Return the trained tail of the scene and the upper blocks of the faces.

    Raises:
        FileNotFoundError: one of them is not trained yet.
    """
    name = folder_name(fold)
    files = (
        work / "scene" / name / STEPS[-1].name / "final.keras",
        work / "expression" / name / "final.keras",
    )
    for file in files:
        if not file.exists():
            msg = f"{file} is not there: the stages expression and scene make it."
            raise FileNotFoundError(msg)
    scene, faces = (keras.models.load_model(file) for file in files)
    return scene, faces


def heads(scene: keras.Model, faces: keras.Model) -> dict[str, package.Head]:
    """Return the last layers of both views."""
    return {
        "scene": package.head(scene.get_layer("logit")),
        "faces": package.head(faces.get_layer("face_logits1")),
    }


def base_without(run: Run, fold: int) -> Path:
    """Return the bundle that the recipe makes without a fold; the first call writes it.

    Its fusion is learned on the other folds. It has no threshold: it is there to be given heads.
    """
    target = run.work / "package" / f"{folder_name(fold)}.happysad"
    if not target.exists():
        web = load_web_faces(run.work / "faces")
        evidence = fuse.terms(run.table, web, fuse.gather(run.work, run.table, web))
        known = np.isfinite(evidence).all(axis=1) & (run.table.folds != fold)
        targets, importance = run.table.targets()
        models = trained(run.work, fold)
        reading = package.Reading(
            heads=heads(*models),
            fusion=fuse.learn(evidence[known], targets[known], importance[known]),
        )
        origin = package.Origin(name=folder_name(fold), notes=_NOTES)
        target.parent.mkdir(exist_ok=True)
        archive.write(target, package.make_bundle(graphs(run, *models), reading, origin))
    return target


def features(run: Run, fold: int | None) -> Embeddings:
    """Return what the model without a fold makes of the fold's pictures, in the table's order.

    Args:
        run: with a work folder in which both views are trained.
        fold: the fold, or None for every picture by the model that left nothing out.
    """
    _, faces = trained(run.work, fold)
    rows = run.table.judged_rows(fold)
    with np.load(run.work / "scene" / folder_name(fold) / "readings.npz") as kept:
        scene = kept["features"].astype(np.float32)
    web = load_web_faces(run.work / "faces")
    own = np.flatnonzero(np.isin(web.rows, rows))
    own = own[np.argsort(web.rows[own], kind="stable")]
    pooled = keras.Model(faces.input, faces.get_layer("face_pooled").output)
    seen = run.work / "expression" / "views"
    sides = [np.load(seen / f"{name}.npy", mmap_mode="r") for name in ("plain", "mirrored")]
    boxes = web.boxes[own]
    return Embeddings(
        scene=scene,
        faces=expression.read(pooled, sides, own),
        owners=np.searchsorted(rows, web.rows[own]),
        scores=web.scores[own],
        areas=(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]),
        sides=web.sides[own],
    )
