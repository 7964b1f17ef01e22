"""Fine-tuning the scene view: the backbone's tail on features of random crops, with soft labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from backbone import load_imagenet, tail
from trainer import Schedule, train

from happysad.training.tuning.mixing import Material, mixed_batches

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

SCHEDULE = Schedule(epochs=4, batch=48, peak=4e-4)


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
