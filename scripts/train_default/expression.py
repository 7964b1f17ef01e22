"""The expression view: a small network that reads one face.

The first eleven blocks of EfficientNet-Lite0 and a head of 256 channels. It learns in three steps.
Six expressions of FER2013, with normalisation that follows the batches, since ImageNet's
statistics do not fit faces. The same again at a lower rate, with the statistics that came of it
inside the convolutions. Then happy or sad on web faces and FER2013 together, for each fold anew:
the blocks below ``KEPT`` stay as they are, and what they make of the faces is computed once for
all folds (see ``face_views``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from backbone import (
    FOLLOWING,
    SCALED,
    Convolutions,
    blocks,
    convolution,
    front,
    load_imagenet,
    take_over,
    trunk,
)
from keras import layers
from PIL import Image, ImageEnhance
from trainer import Schedule, train

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from trainer import Batch

EXPRESSIONS = ("happy", "sad", "neutral", "angry", "fear", "surprise")
FIRST_SIDE = 64
SIDE = 80
CUT = 11
KEPT = 5
"""Blocks that learn from FER2013 alone."""

_WIDTH = 256


@dataclass(frozen=True)
class Faces:
    """Faces to train on or to judge.

    Attributes:
        crops: uint8 (F, side, side) grey or (F, side, side, 3) RGB.
        targets: float32 (F,), probability of sad; or (F, 6), of each expression.
        weights: float32 (F,).
        share: the middle part of a crop that is read when judging.
    """

    crops: NDArray[np.uint8]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    share: float


@dataclass(frozen=True)
class Material:
    """What the upper blocks learn happy or sad from.

    Attributes:
        views: one array (F, 10, 10, 40) float16 a view of all faces; an epoch reads one, in turn.
        targets: float32 (F,), probability of sad.
        weights: float32 (F,).
        rows: the faces that may train.
    """

    views: tuple[NDArray[np.float16], ...]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    rows: NDArray[np.int64]


SIX_EXPRESSIONS = Schedule(epochs=3, batch=64, peak=1.5e-3, warm_up=0.25, ema=0.995)
SIX_ONCE_MORE = Schedule(epochs=32, batch=64, peak=6e-4, warm_up=0.25, ema=0.995)
HAPPY_OR_SAD = Schedule(epochs=4, batch=64, peak=4e-4, warm_up=0.25, ema=0.995)


def network(outputs: int, *, make: Convolutions = FOLLOWING) -> keras.Model:
    """Return the untrained network: float32 pixels (N, S, S, 3), 0–255 → logits (N, outputs)."""
    base = front(cut=CUT, make=make)
    return keras.Model(base.input, _headed(base.output, outputs, make), name="expression")


def upper(outputs: int = 1) -> keras.Model:
    """Return the blocks from ``KEPT`` on and the head, to be trained."""
    inputs = keras.Input((None, None, blocks()[KEPT].inputs))
    x = trunk(inputs, KEPT, CUT, SCALED)
    return keras.Model(inputs, _headed(x, outputs, SCALED), name="expression_upper")


def lower(six: keras.Model) -> keras.Model:
    """Return the blocks below ``KEPT`` as the network of six expressions has them."""
    model = front(cut=KEPT, make=SCALED)
    take_over(model, six)
    return model


def _headed(x: Any, outputs: int, make: Convolutions) -> Any:
    x = convolution(x, "face_head", _WIDTH, make)
    x = layers.GlobalAveragePooling2D(name="face_pooled")(x)
    x = layers.Dropout(0.3, name="face_dropout")(x)
    return layers.Dense(outputs, dtype="float32", name=f"face_logits{outputs}")(x)


def learn_expressions(
    faces: Faces,
    tensors: Mapping[str, NDArray[np.generic]],
    folder: Path,
    schedules: tuple[Schedule, Schedule] = (SIX_EXPRESSIONS, SIX_ONCE_MORE),
) -> keras.Model:
    """Train the network on six expressions in two steps, or load it where that is done."""

    def fresh() -> keras.Model:
        model = network(len(EXPRESSIONS))
        load_imagenet(keras.Model(model.input, model.get_layer("face_head.conv").input), tensors)
        return model

    def settled() -> keras.Model:
        model = network(len(EXPRESSIONS), make=SCALED)
        take_over(model, first)
        return model

    if not (folder / "settled" / "final.keras").exists():
        first = _train_six(fresh, faces, schedules[0], folder)
    return _train_six(settled, faces, schedules[1], folder / "settled")


def _train_six(
    fresh: Callable[[], keras.Model], faces: Faces, schedule: Schedule, folder: Path
) -> keras.Model:
    return train(
        fresh,
        lambda epoch: batches([faces], schedule, epoch, FIRST_SIDE),
        examples=len(faces.crops),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        schedule=schedule,
        folder=folder,
    )


def learn_mood(
    material: Material, six: keras.Model, folder: Path, schedule: Schedule = HAPPY_OR_SAD
) -> keras.Model:
    """Train the upper blocks on happy or sad, or load them where that is done."""

    def fresh() -> keras.Model:
        model = upper(len(EXPRESSIONS))
        take_over(model, six)
        new = upper()
        for layer in new.layers:
            if layer.weights and not layer.name.startswith("face_logits"):
                layer.set_weights(model.get_layer(layer.name).get_weights())
        return new

    def one(epoch: int) -> Iterator[Batch]:
        generator = np.random.default_rng((schedule.seed, epoch))
        view = material.views[epoch % len(material.views)]
        order = generator.permutation(material.rows)
        for start in range(0, len(order), schedule.batch):
            rows = np.sort(order[start : start + schedule.batch])
            targets = material.targets[rows][:, None]
            yield view[rows].astype(np.float32), targets, material.weights[rows]

    return train(
        fresh,
        one,
        examples=len(material.rows),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        schedule=schedule,
        folder=folder,
    )


def read(
    model: keras.Model, sides: Sequence[NDArray[np.float16]], rows: NDArray[np.int64] | slice
) -> NDArray[np.float32]:
    """Return the logits of the upper blocks, shape (F, outputs): the mean over both sides.

    Args:
        model: the trained upper blocks.
        sides: features of all faces, as they are and mirrored.
        rows: the faces to read.
    """
    return np.mean([_read(model, side[rows]) for side in sides], axis=0, dtype=np.float32)


def _read(model: keras.Model, features: NDArray[np.float16]) -> NDArray[np.float32]:
    parts = [
        np.asarray(model.predict_on_batch(features[start : start + 256].astype(np.float32)))
        for start in range(0, len(features), 256)
    ]
    return np.concatenate(parts)


def batches(sources: list[Faces], schedule: Schedule, epoch: int, side: int) -> Iterator[Batch]:
    """Yield the batches of one epoch, all sources mixed; the same for the same seed and epoch."""
    generator = np.random.default_rng((schedule.seed, epoch))
    places = [(source, row) for source in sources for row in range(len(source.crops))]
    order = generator.permutation(len(places))
    for start in range(0, len(order), schedule.batch):
        chosen = [places[index] for index in order[start : start + schedule.batch]]
        crops = np.stack(
            [changed(source.crops[row], source.share, side, generator) for source, row in chosen]
        )
        targets = np.stack([np.atleast_1d(source.targets[row]) for source, row in chosen])
        weights = np.array([source.weights[row] for source, row in chosen], np.float32)
        yield crops.astype(np.float32), targets, weights


def plain_crop(crop: NDArray[np.uint8], share: float, side: int) -> NDArray[np.uint8]:
    """Return the middle of a crop as it is read."""
    border = crop.shape[0] * (1 - share) / 2
    far = crop.shape[0] - border
    image = Image.fromarray(crop).convert("RGB")
    return np.asarray(
        image.resize((side, side), Image.Resampling.BILINEAR, box=(border, border, far, far))
    )


def changed(
    crop: NDArray[np.uint8], share: float, side: int, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Return a crop turned, scaled, shifted, mirrored and recoloured at random."""
    whole = crop.shape[0]
    image = Image.fromarray(crop).convert("RGB")
    image = image.rotate(generator.uniform(-15, 15), Image.Resampling.BILINEAR)
    extent = min(whole * share * generator.uniform(0.8, 1.12), whole)
    reach = (whole - extent) / 2
    shift = generator.uniform(-0.07, 0.07, 2) * whole
    left, top = np.clip(reach + shift, 0, whole - extent)
    image = image.resize(
        (side, side), Image.Resampling.BILINEAR, box=(left, top, left + extent, top + extent)
    )
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast):
        image = change(image).enhance(generator.uniform(0.7, 1.3))
    if generator.random() < 0.3:
        image = image.convert("L").convert("RGB")
    pixels = np.array(image)
    if generator.random() < 0.3:
        _erase(pixels, generator)
    return pixels[:, ::-1] if generator.random() < 0.5 else pixels


def _erase(pixels: NDArray[np.uint8], generator: np.random.Generator) -> None:
    """Cover a random rectangle with grey, in place."""
    side = pixels.shape[0]
    width, height = (generator.uniform(0.1, 0.4, 2) * side).astype(int)
    left, top = generator.integers(0, side - width), generator.integers(0, side - height)
    pixels[top : top + height, left : left + width] = 127
