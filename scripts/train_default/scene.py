"""Fine-tuning the scene view: the backbone's tail on features of random crops, with soft labels.

It learns in two steps: from ImageNet's weights on the first crops, then more slowly on crops that
it has not met.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import keras
import numpy as np
from backbone import load_imagenet, tail
from trainer import Schedule, train

from happysad.training.tuning.mixing import Material, mixed_batches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

FIRST_CROPS = 3
SCHEDULE = Schedule(epochs=4, batch=48, peak=4e-4)
SCHEDULE_ONCE_MORE = Schedule(epochs=2, batch=48, peak=2e-4, seed=2)
_BATCH = 64


def fine_tune(
    material: Material,
    tensors: Mapping[str, NDArray[np.generic]],
    folder: Path,
    schedules: tuple[Schedule, Schedule] = (SCHEDULE, SCHEDULE_ONCE_MORE),
) -> keras.Model:
    """Fine-tune a tail in both steps, or load it where that is done.

    Args:
        material: features, targets and rows; ``FIRST_CROPS`` of the views are for the first step,
            the others for the second, which reads all where there are no others.
        tensors: the backbone's ImageNet weights.
        folder: where the models and their logs lie.
        schedules: how long and how fast each step goes.
    """

    def fresh() -> keras.Model:
        model = tail()
        load_imagenet(model, tensors)
        return model

    def settled() -> keras.Model:
        model = tail()
        model.set_weights(first.get_weights())
        return model

    crops = material.views
    if not (folder / "settled" / "final.keras").exists():
        first = _train(fresh, replace(material, views=crops[:FIRST_CROPS]), schedules[0], folder)
    others = replace(material, views=crops[FIRST_CROPS:] or crops)
    return _train(settled, others, schedules[1], folder / "settled")


def _train(
    fresh: Callable[[], keras.Model], material: Material, schedule: Schedule, folder: Path
) -> keras.Model:
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
