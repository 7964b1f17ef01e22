"""The expression view: a small network that reads happy or sad from one upright face.

The first eleven blocks of EfficientNet-Lite0 and a head of our own. It learns the six expressions
of FER2013 first (Goodfellow et al., "Challenges in representation learning", 2013; 48 px grey,
labels right in about two of three cases by human readers), then happy or sad on web faces and
FER2013 together. The first part is the same for every fold and done once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np
from backbone import front, load_imagenet
from keras import layers
from PIL import Image, ImageEnhance
from trainer import Schedule, train

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from trainer import Batch

EXPRESSIONS = ("happy", "sad", "neutral", "angry", "fear", "surprise")
FIRST_SIDE = 64
SIDE = 80
CUT = 11
_WIDTH = 256
READ_SHARE = 1.35 / 1.7
"""The part of a kept web crop that is read; the rest is room for augmentation."""


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


SIX_EXPRESSIONS = Schedule(epochs=3, batch=64, peak=1.5e-3, warm_up=0.25, ema=0.995)
HAPPY_OR_SAD = Schedule(epochs=2, batch=64, peak=5e-4, warm_up=0.25, ema=0.995)


def network(outputs: int) -> keras.Model:
    """Return the untrained network: float32 pixels (N, S, S, 3), 0–255 → logits (N, outputs)."""
    base = front(cut=CUT, frozen=False)
    x = layers.Conv2D(_WIDTH, 1, use_bias=False, name="face_head.conv")(base.output)
    x = layers.BatchNormalization(name="face_head.bn")(x)
    x = layers.ReLU(6.0, name="face_head.relu6")(x)
    x = layers.GlobalAveragePooling2D(name="face_pooled")(x)
    x = layers.Dropout(0.3, name="face_dropout")(x)
    x = layers.Dense(outputs, dtype="float32", name=f"face_logits{outputs}")(x)
    return keras.Model(base.input, x, name="expression")


def learn_expressions(
    faces: Faces, tensors: Mapping[str, NDArray[np.generic]], folder: Path, schedule: Schedule
) -> keras.Model:
    """Train the network on six expressions, or load it where that is done."""

    def fresh() -> keras.Model:
        model = network(len(EXPRESSIONS))
        load_imagenet(keras.Model(model.input, model.get_layer("face_head.conv").input), tensors)
        return model

    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    return _train(fresh, [faces], loss=loss, schedule=schedule, side=FIRST_SIDE, folder=folder)


def learn_mood(
    faces: list[Faces], start: keras.Model, folder: Path, schedule: Schedule
) -> keras.Model:
    """Train happy or sad from the six-expression network, or load it where that is done."""

    def fresh() -> keras.Model:
        model = network(1)
        for layer in model.layers:
            if layer.weights and not layer.name.startswith("face_logits"):
                layer.set_weights(start.get_layer(layer.name).get_weights())
        return model

    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return _train(fresh, faces, loss=loss, schedule=schedule, side=SIDE, folder=folder)


def read(model: keras.Model, faces: Faces, side: int) -> NDArray[np.float32]:
    """Return logits of shape (F, outputs), averaged over each face and its mirror image."""
    parts = []
    for start in range(0, len(faces.crops), 64):
        batch = np.stack([
            _plain(crop, faces.share, side) for crop in faces.crops[start : start + 64]
        ]).astype(np.float32)  # fmt: skip
        both = [model.predict_on_batch(batch), model.predict_on_batch(batch[:, :, ::-1])]
        parts.append(np.mean([np.asarray(logits) for logits in both], axis=0))
    return np.concatenate(parts)


def _train(
    fresh: Callable[[], keras.Model],
    sources: list[Faces],
    *,
    loss: keras.losses.Loss,
    schedule: Schedule,
    side: int,
    folder: Path,
) -> keras.Model:
    return train(
        fresh,
        lambda epoch: batches(sources, schedule, epoch, side),
        examples=sum(len(source.crops) for source in sources),
        loss=loss,
        schedule=schedule,
        folder=folder,
    )


def batches(sources: list[Faces], schedule: Schedule, epoch: int, side: int) -> Iterator[Batch]:
    """Yield the batches of one epoch, all sources mixed; the same for the same seed and epoch."""
    generator = np.random.default_rng((schedule.seed, epoch))
    places = [(source, row) for source in sources for row in range(len(source.crops))]
    order = generator.permutation(len(places))
    for start in range(0, len(order), schedule.batch):
        chosen = [places[index] for index in order[start : start + schedule.batch]]
        crops = np.stack(
            [_changed(source.crops[row], source.share, side, generator) for source, row in chosen]
        )
        targets = np.stack([np.atleast_1d(source.targets[row]) for source, row in chosen])
        weights = np.array([source.weights[row] for source, row in chosen], np.float32)
        yield crops.astype(np.float32), targets, weights


def _plain(crop: NDArray[np.uint8], share: float, side: int) -> NDArray[np.uint8]:
    """Return the middle of a crop as it is read."""
    border = crop.shape[0] * (1 - share) / 2
    far = crop.shape[0] - border
    image = Image.fromarray(crop).convert("RGB")
    return np.asarray(
        image.resize((side, side), Image.Resampling.BILINEAR, box=(border, border, far, far))
    )


def _changed(
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
