"""Fine-tuning the scene view: the backbone's tail on features of random crops, with soft labels.

It learns in steps: from ImageNet's weights on the first crops, then more slowly on crops that it
has not met, again and again. Each step ends with the moving average of its weights, and the next
one starts there, its rate back up, as in Izmailov et al., "Averaging weights leads to wider optima
and better generalization", UAI 2018.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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


@dataclass(frozen=True)
class Step:
    """One step of the training.

    Attributes:
        name: of its folder.
        crops: how many crops of every picture it reads, beginning after those of the step before.
        schedule: how long and how fast.
    """

    name: str
    crops: int
    schedule: Schedule


FIRST = Step("first", 3, Schedule(epochs=4, batch=48, peak=4e-4))
STEPS = (
    FIRST,
    Step("second", 2, Schedule(epochs=2, batch=48, peak=2e-4, seed=2)),
    Step("last", 4, Schedule(epochs=4, batch=48, peak=2e-4, seed=3)),
)
_BATCH = 64


def fine_tune(
    material: Material,
    tensors: Mapping[str, NDArray[np.generic]],
    folder: Path,
    steps: Sequence[Step] = STEPS,
) -> keras.Model:
    """Fine-tune a tail in steps, or load it where that is done.

    Args:
        material: features, targets and rows; a step for which no views are left reads all.
        tensors: the backbone's ImageNet weights.
        folder: where a folder for each step holds its model and its log.
        steps: one or more.
    """
    keras.utils.set_random_seed(steps[0].schedule.seed)
    model = tail()
    load_imagenet(model, tensors)
    read = 0
    for step in steps:
        views = material.views[read : read + step.crops] or material.views
        model = _train(model, replace(material, views=views), step.schedule, folder / step.name)
        read += step.crops
    return model


def _train(
    before: keras.Model, material: Material, schedule: Schedule, folder: Path
) -> keras.Model:
    def fresh() -> keras.Model:
        model = tail()
        model.set_weights(before.get_weights())
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
