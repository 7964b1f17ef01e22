"""Fine-tuning the scene view: the backbone's tail on features of random crops.

Soft labels and MixUp (Zhang et al., "mixup: Beyond empirical risk minimization", ICLR 2018), done
on the front's features instead of the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np
from backbone import load_imagenet, tail
from trainer import Schedule, train

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from trainer import Batch

SCHEDULE = Schedule(epochs=4, batch=48, peak=4e-4)
_CROP = 12
"""Cells a side of the part of a training view's features that an epoch reads, of 14."""

_MIX_UP = 0.2
"""Alpha of the beta distribution that mixing shares are drawn from."""


@dataclass(frozen=True)
class Material:
    """What the tail is trained on.

    Attributes:
        views: one array (N, 14, 14, 80) float16 a view; an epoch reads one, in turn.
        targets: float32 of shape (N,), 0 to 1.
        weights: float32 of shape (N,).
        rows: the rows that may train.
    """

    views: tuple[NDArray[np.float16], ...]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    rows: NDArray[np.int64]


def fine_tune(
    material: Material,
    tensors: Mapping[str, NDArray[np.generic]],
    folder: Path,
    schedule: Schedule = SCHEDULE,
) -> keras.Model:
    """Fine-tune a tail, or load it where that is done.

    Args:
        material: features, targets and rows.
        tensors: the backbone's ImageNet weights.
        folder: where the model and its log lie.
        schedule: how long and how fast.
    """

    def fresh() -> keras.Model:
        model = tail()
        load_imagenet(model, tensors)
        return model

    return train(
        fresh,
        lambda epoch: mixed_batches(material, schedule, epoch),
        examples=len(material.rows),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        schedule=schedule,
        folder=folder,
    )


def read(
    model: keras.Model, view: NDArray[np.float16]
) -> tuple[NDArray[np.float32], NDArray[np.float16]]:
    """Return the logit of ``sad`` (N,) and the pooled features (N, 1280) of a view's pictures."""
    both = keras.Model(model.input, [model.output, model.get_layer("pooled").output])
    logits, pooled = [], []
    for start in range(0, len(view), 64):
        batch = view[start : start + 64].astype(np.float32)
        found = [np.asarray(part) for part in both.predict_on_batch(batch)]
        logits.append(found[0][:, 0])
        pooled.append(found[1].astype(np.float16))
    return np.concatenate(logits), np.concatenate(pooled)


def mixed_batches(material: Material, schedule: Schedule, epoch: int) -> Iterator[Batch]:
    """Yield the batches of one epoch; the same for the same seed and epoch."""
    generator = np.random.default_rng((schedule.seed, epoch))
    view = material.views[epoch % len(material.views)]
    order = generator.permutation(material.rows)
    for start in range(0, len(order), schedule.batch):
        rows = order[start : start + schedule.batch]
        partner = generator.permutation(len(rows))
        share = np.float32(generator.beta(_MIX_UP, _MIX_UP))
        features, targets = _cut(view, rows, generator), material.targets[rows]
        weights = material.weights[rows]
        yield (
            share * features + (1 - share) * features[partner],
            (share * targets + (1 - share) * targets[partner])[:, None],
            share * weights + (1 - share) * weights[partner],
        )


def _cut(
    view: NDArray[np.float16], rows: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.float32]:
    """Return a random part of every picture's features, float32 (N, _CROP, _CROP, C)."""
    room = max(view.shape[1] - _CROP, 0)
    places = generator.integers(0, room + 1, (len(rows), 2))
    parts = [
        view[row, top : top + _CROP, left : left + _CROP]
        for row, (top, left) in zip(rows, places.tolist(), strict=True)
    ]
    return np.stack(parts).astype(np.float32)
