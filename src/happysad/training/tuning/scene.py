"""Fine-tuning the scene of a model with two views on labelled pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.bundle.manifest import Head
from happysad.faces.weighing import sigmoid
from happysad.judge.calibration import fit_temperature
from happysad.progress import Progress, silent
from happysad.training.batches import balanced_weights
from happysad.training.efficientnet import keras
from happysad.training.examples import DecodeOptions, Examples, decode_examples
from happysad.training.tuning.fit import Saves, Tuned, Whole, fine_tune, read_logits
from happysad.training.tuning.mixing import Material
from happysad.training.tuning.schedule import Schedule
from happysad.training.tuning.views import packed_size, training_views, whole_views
from happysad.training.view_graphs import scene_graph, scene_networks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from happysad.bundle.archive import Bundle
    from happysad.config import TrainOptions
    from happysad.records import Entry

_PEAK = 1e-4
"""A quarter of the rate at which the shipped scene left ImageNet: a folder changes it less."""

_AVERAGED = 0.1
"""Share of all steps that the moving average reaches back over."""

_LONGEST_AVERAGE = 0.997


@dataclass(frozen=True, slots=True)
class TunedScene:
    """A fine-tuned scene.

    Attributes:
        graph: takes the place of the one it was made of.
        head: what reads its features, at the scale that suits the validation part.
        history: measure → its value after each epoch.
        best_epoch: the epoch, from 1, that the weights are of.
    """

    graph: bytes
    head: Head
    history: Mapping[str, tuple[float, ...]]
    best_epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Which pictures to learn from.

    Attributes:
        root: the collection's folder.
        training: the entries that shape the weights.
        validation: the entries that choose the epoch.
        classes: the two class names in label order.
    """

    root: Path
    training: Sequence[Entry]
    validation: Sequence[Entry]
    classes: tuple[str, ...]


def tune_scene(
    start: Bundle,
    pictures: Pictures,
    *,
    options: TrainOptions,
    saves: Saves,
    progress: Progress = silent,
) -> TunedScene:
    """Train the upper blocks of a scene on from where they are.

    The last layer starts as the model's own head: a network whose last layer starts anywhere
    else loses, in its first steps, some of what it knew (Kumar et al., "Fine-Tuning can Distort
    Pretrained Features and Underperform Out-of-Distribution", ICLR 2022).

    Args:
        start: a model of two views whose head was learned on the training part.
        pictures: what to learn from.
        options: epochs, batches, rate, patience, seed and so on.
        saves: where the state after each epoch is kept.
        progress: told after each step.

    Raises:
        BundleError: its scene is another network than the one that can be fine-tuned.
        RunError: the checkpoint cannot be used or saved; there is no room for the pictures.
        MissingExtraError: onnx is not installed.
    """
    keras.utils.set_random_seed(options.seed)  # of the dropout
    front, tail = scene_networks(start.graphs["scene"])
    tail.get_layer("logit").set_weights(_as_layer(start.manifest.heads["scene"]))
    size = replace(start.manifest.preprocessing, look=0)
    decode = DecodeOptions(
        preprocessing=size,
        limits=options.check.limits,
        workers=options.check.workers,
        cache_mib=options.cache_mib,
        cache_folder=saves.folder,
    )
    packed = replace(decode, preprocessing=packed_size(size))
    training = _decoded(pictures, pictures.training, packed, progress)
    material = _material(front, training, options, side=size.width, progress=progress)
    del training  # nobody asks for its pixels again
    validation = _decoded(pictures, pictures.validation, decode, progress)
    whole = Whole(whole_views(front, validation.pixels), validation.labels)
    tuned = fine_tune(
        tail,
        material,
        whole,
        schedule=_schedule(options, len(material.rows)),
        patience=options.patience,
        saves=saves,
        progress=progress,
    )
    return TunedScene(
        graph=scene_graph(front, tuned.model, size.width),
        head=_head(tuned, whole),
        history=tuned.history,
        best_epoch=tuned.best_epoch,
    )


def _decoded(
    pictures: Pictures, entries: Sequence[Entry], options: DecodeOptions, progress: Progress
) -> Examples:
    root, classes = pictures.root, pictures.classes
    return decode_examples(root, entries, classes, options=options, progress=progress)


def _material(
    front: Any, training: Examples, options: TrainOptions, *, side: int, progress: Progress
) -> Material:
    views = training_views(front, training.pixels, side=side, seed=options.seed, progress=progress)
    weights = np.ones(len(training), np.float32)
    if options.class_weights:
        weights = balanced_weights(training.labels, training.classes)[training.labels]
    return Material(views, training.labels.astype(np.float32), weights, np.arange(len(training)))


def _schedule(options: TrainOptions, examples: int) -> Schedule:
    steps = options.epochs * -(-examples // options.batch_size)
    return Schedule(
        epochs=options.epochs,
        batch=options.batch_size,
        peak=options.learning_rate or _PEAK,
        ema=min(max(0.0, 1 - 1 / (_AVERAGED * steps)), _LONGEST_AVERAGE),
        seed=options.seed,
    )


def _head(tuned: Tuned, whole: Whole) -> Head:
    """Return the last layer, divided by the temperature that its answers need."""
    positive = sigmoid(read_logits(tuned.model, whole.features))
    temperature = fit_temperature(np.stack([1 - positive, positive], axis=1), whole.labels)
    kernel, bias = (
        np.asarray(part, np.float64) / temperature
        for part in tuned.model.get_layer("logit").get_weights()
    )
    return Head(tuple(kernel[:, 0].tolist()), float(bias[0]))


def _as_layer(head: Head) -> list[Any]:
    return [np.array(head.weights, np.float32)[:, None], np.array([head.bias], np.float32)]
