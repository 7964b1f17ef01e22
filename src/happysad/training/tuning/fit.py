"""Epochs of fine-tuning: train the tail, judge its moving average, remember the best.

The weights that are judged, and kept, are an exponential moving average of those that are
trained. A checkpoint after every epoch lets a run that was stopped go on to the weights that it
would have had anyway.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.errors import RunError
from happysad.progress import Progress, silent
from happysad.training.callbacks import arrays_of
from happysad.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    refuse_changes,
    save_checkpoint,
)
from happysad.training.efficientnet import keras
from happysad.training.fit import assign
from happysad.training.tuning.mixing import Material, mixed_batches

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from happysad.training.tuning.schedule import Schedule

    History = Mapping[str, tuple[float, ...]]

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Whole:
    """Whole pictures that choose the epoch.

    Attributes:
        features: the front's, float16 of shape (N, h, w, C).
        labels: 0 or 1, shape (N,).
    """

    features: NDArray[np.float16]
    labels: NDArray[np.integer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saves:
    """Where the state after each epoch is kept.

    Attributes:
        folder: where the checkpoint lies; None writes none.
        fingerprint: identity of data and options; a resume needs the same one.
        resume: go on from the checkpoint, if there is one.
    """

    folder: Path | None = None
    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    resume: bool = False

    def load(self) -> Checkpoint | None:
        """Return the checkpoint to go on from.

        Raises:
            RunError: it belongs to other data or options, or is damaged.
        """
        saved = load_checkpoint(self.folder) if self.folder is not None and self.resume else None
        if saved is not None:
            refuse_changes(saved.fingerprint, self.fingerprint)
        return saved

    def save(self, state: _State, model: Any) -> None:
        """Write the checkpoint.

        Raises:
            RunError: it cannot be written; the former one is intact.
        """
        if self.folder is not None:
            save_checkpoint(self.folder, state.checkpoint(model, self.fingerprint))


@dataclass(frozen=True, slots=True)
class Tuned:
    """A fine-tuned tail.

    Attributes:
        model: the ``keras.Model`` that was given, with the weights of the best epoch.
        history: measure → its value after each epoch.
        best_epoch: the epoch, from 1, with the lowest validation loss.
    """

    model: Any
    history: History
    best_epoch: int


def fine_tune(
    model: Any,
    material: Material,
    validation: Whole,
    *,
    schedule: Schedule,
    patience: int = 0,
    saves: Saves = Saves(),
    progress: Progress = silent,
) -> Tuned:
    """Train a tail on the training part and stop at the epoch that does best on the validation.

    Args:
        model: the tail to start from; it is changed.
        material: what it learns from.
        validation: what chooses the epoch.
        schedule: how long and how fast.
        patience: epochs without a better validation loss before stopping; 0 never stops early.
        saves: where the state after each epoch is kept; by default it is not.
        progress: told after each step.

    Raises:
        RunError: the checkpoint belongs to other data or options, is damaged, or cannot be saved;
            or the loss is no number any more.
    """
    saved = saves.load()
    _compile(model, schedule, len(material.rows))
    state = _State.of(model, saved)
    steps = schedule.steps(len(material.rows))
    while state.epoch < schedule.epochs and not state.stopped:
        teller = _Teller(progress, state.epoch, schedule.epochs, steps)
        started = time.monotonic()
        loss, accuracy = _epoch(model, material, schedule, state.epoch, teller)
        judged, averaged = _judge_average(model, validation)
        measures = {"loss": loss, "accuracy": accuracy, **judged}
        state.note({**measures, "seconds": time.monotonic() - started}, averaged, patience)
        saves.save(state, model)
    if not np.isfinite(state.history["val_loss"][state.best_epoch - 1]):
        msg = (
            "Fine-tuning went astray: its loss is no number any more. Start a new run with a "
            f"learning_rate below {schedule.peak:g}."
        )
        raise RunError(msg)
    assign(model.variables, state.best)
    return Tuned(model, state.history, state.best_epoch)


@dataclass(slots=True)
class _State:
    """What is remembered from epoch to epoch."""

    epoch: int = 0
    history: dict[str, tuple[float, ...]] = field(default_factory=dict)
    best_epoch: int = 0
    best: Sequence[NDArray[Any]] = ()
    stopped: bool = False

    @classmethod
    def of(cls, model: Any, saved: Checkpoint | None) -> _State:
        """Return the beginning; or what was saved, its weights put into the model."""
        if saved is None:
            return cls()
        assign(model.variables, saved.model)
        assign(model.optimizer.variables, saved.optimizer)
        history = dict(saved.history)
        return cls(saved.epoch, history, saved.best_epoch, saved.best, saved.stopped)

    def note(
        self, measures: Mapping[str, float], averaged: Sequence[NDArray[Any]], patience: int
    ) -> None:
        """Take stock of an epoch."""
        self.epoch += 1
        for name, value in measures.items():
            self.history[name] = (*self.history.get(name, ()), round(float(value), 6))
        losses = np.nan_to_num(self.history["val_loss"], nan=np.inf)
        if self.best_epoch == 0 or losses[-1] < losses[self.best_epoch - 1]:
            self.best, self.best_epoch = averaged, self.epoch
        self.stopped = 0 < patience <= self.epoch - self.best_epoch

    def checkpoint(self, model: Any, fingerprint: Mapping[str, Any]) -> Checkpoint:
        return Checkpoint(
            epoch=self.epoch,
            history=self.history,
            best_epoch=self.best_epoch,
            stopped=self.stopped,
            fingerprint=fingerprint,
            model=arrays_of(model.variables),
            optimizer=arrays_of(model.optimizer.variables),
            best=self.best,
        )


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells how far the epochs are."""

    progress: Progress
    epoch: int
    epochs: int
    steps: int

    def __call__(self, step: int, loss: float) -> None:
        note = f"epoch {self.epoch + 1} of {self.epochs}, loss {loss:.3f}"
        self.progress("training", self.epoch * self.steps + step, self.epochs * self.steps, note)


def _compile(model: Any, schedule: Schedule, examples: int) -> None:
    optimizer = schedule.optimizer(examples)
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.MeanMetricWrapper(_same_side, name="accuracy")],
        jit_compile=False,  # XLA compiles for each size of batch, which few epochs do not repay
    )
    optimizer.build(model.trainable_variables)


def _same_side(targets: Any, logits: Any) -> Any:
    """Accuracy that also makes sense for the blended targets of MixUp."""
    ops = keras.ops
    return ops.mean(ops.cast(ops.equal(targets > 0.5, logits > 0), "float32"), axis=-1)


def _epoch(
    model: Any, material: Material, schedule: Schedule, epoch: int, told: _Teller
) -> tuple[float, float]:
    """Train on one view; return loss and accuracy over its batches."""
    model.reset_metrics()
    loss = accuracy = 0.0
    batches = mixed_batches(material, schedule, epoch)
    for step, (inputs, targets, weights) in enumerate(batches, start=1):
        # Keras gives the means over all batches since the reset.
        found = model.train_on_batch(inputs, targets, sample_weight=weights)
        loss, accuracy = (float(np.asarray(value)) for value in found)
        told(step, loss)
    return loss, accuracy


def _judge_average(model: Any, validation: Whole) -> tuple[dict[str, float], list[NDArray[Any]]]:
    """Return how the moving average of the weights does, and the variables that hold it."""
    trained = arrays_of(model.trainable_variables)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    averaged = arrays_of(model.variables)
    logits, labels = read_logits(model, validation.features), validation.labels
    assign(model.trainable_variables, trained)
    losses = np.logaddexp(0, logits) - labels * logits
    right = (logits > 0) == (labels > 0)
    return {"val_loss": float(losses.mean()), "val_accuracy": float(right.mean())}, averaged


def read_logits(model: Any, features: NDArray[np.float16]) -> NDArray[np.float64]:
    """Return a tail's logit of the second class for each picture, shape (N,)."""
    starts = range(0, len(features), _BATCH)
    parts = [
        np.asarray(model.predict_on_batch(features[start : start + _BATCH].astype(np.float32)))
        for start in starts
    ]
    return np.concatenate(parts)[:, 0].astype(np.float64)
