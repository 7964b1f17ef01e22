"""The training loop that both views share.

AdamW with a warm-up and a cosine schedule; at the end the exponential moving average of the
weights takes their place. A checkpoint is saved after every epoch, and a run that was stopped goes
on from it to the weights that it would have had anyway.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import keras
import numpy as np

from happysad.training.tuning.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]

__all__ = ["Schedule", "train"]


def train(
    fresh: Callable[[], keras.Model],
    batches: Callable[[int], Iterator[Batch]],
    *,
    examples: int,
    loss: keras.losses.Loss,
    schedule: Schedule,
    folder: Path,
) -> keras.Model:
    """Train a model, or load it where that is done.

    Args:
        fresh: returns the untrained model.
        batches: yields inputs, targets and weights of an epoch; the same for the same number.
        examples: how many ``batches`` yields in an epoch.
        loss: from logits.
        schedule: how long and how fast.
        folder: where ``final.keras``, ``checkpoint.keras`` and ``log.jsonl`` lie.
    """
    folder.mkdir(parents=True, exist_ok=True)
    final, checkpoint = folder / "final.keras", folder / "checkpoint.keras"
    if final.exists():
        return keras.models.load_model(final)
    steps = schedule.steps(examples)
    if checkpoint.exists():
        model = keras.models.load_model(checkpoint)
    else:
        keras.utils.set_random_seed(schedule.seed)
        model = fresh()
        model.compile(schedule.optimizer(examples), loss)
    for epoch in range(int(model.optimizer.iterations) // steps, schedule.epochs):
        note = _epoch(model, batches(epoch))
        _save(model, checkpoint)
        with (folder / "log.jsonl").open("a") as file:
            print(json.dumps({"epoch": epoch, **note, **asdict(schedule)}), file=file)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    _save(model, final)
    checkpoint.unlink(missing_ok=True)
    return model


def _epoch(model: keras.Model, batches: Iterator[Batch]) -> dict[str, float]:
    started, losses = time.time(), []
    for inputs, targets, weights in batches:
        loss = model.train_on_batch(inputs, targets, sample_weight=weights)
        losses.append(float(np.asarray(loss)))
    return {"loss": float(np.mean(losses)), "seconds": round(time.time() - started, 1)}


def _save(model: keras.Model, path: Path) -> None:
    """Save beside, then rename: a stop in the middle leaves the old file whole."""
    partial = path.with_name(f"partial-{path.name}")
    model.save(partial)
    partial.rename(path)
