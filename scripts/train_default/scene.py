"""Fine-tuning the scene view: the backbone's tail on features of random crops, with soft labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from backbone import load_imagenet, tail
from trainer import Schedule, train

from happysad.training.tuning.mixing import Material, mixed_batches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SCHEDULE = Schedule(epochs=4, batch=48, peak=4e-4)
_BATCH = 64


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
    model: keras.Model, sides: Sequence[NDArray[np.float16]], rows: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float16]]:
    """Return the logit of ``sad`` (N,) and the pooled features (N, 1280): means over both sides.

    Args:
        model: the trained tail.
        sides: what the front makes of every picture, as it is and mirrored.
        rows: the pictures to read.
    """
    both = keras.Model(model.input, [model.output, model.get_layer("pooled").output])
    logits, pooled = [], []
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        found = [both.predict_on_batch(side[batch].astype(np.float32)) for side in sides]
        answer, features = (np.mean(part, axis=0) for part in zip(*found, strict=True))
        logits.append(answer[:, 0])
        pooled.append(features.astype(np.float16))
    return np.concatenate(logits), np.concatenate(pooled)
