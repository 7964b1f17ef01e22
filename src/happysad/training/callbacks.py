"""What happens between the epochs of a fit: remember, save, stop, tell."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.training.checkpoint import Checkpoint, save_checkpoint
from happysad.training.engine import load_keras

if TYPE_CHECKING:
    from pathlib import Path

    from happysad.config import TrainOptions
    from happysad.progress import Progress

Callback: Any = load_keras().callbacks.Callback


class Keeper(Callback):  # type: ignore[misc] # keras has no types
    """Keeps history and best weights, writes the checkpoint, stops early.

    Args:
        options: patience.
        folder: where the checkpoint lies; None writes none.
        fingerprint: goes into the checkpoint.
        saved: the state to go on from; None at the beginning.
    """

    def __init__(
        self,
        options: TrainOptions,
        folder: Path | None,
        fingerprint: Mapping[str, Any],
        saved: Checkpoint | None,
    ) -> None:
        super().__init__()
        self.patience = options.patience
        self.folder = folder
        self.fingerprint = fingerprint
        self.epoch = 0
        self.best_epoch = 0
        self.best: list[Any] = []
        self.history: dict[str, tuple[float, ...]] = {}
        self.started = 0.0
        if saved is not None:
            self.epoch, self.best_epoch = saved.epoch, saved.best_epoch
            self.best = list(saved.best or saved.model)
            self.history = dict(saved.history)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Start the clock."""
        self.started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Take stock of the epoch and make it safe."""
        self.epoch = epoch + 1
        for name, value in {**(logs or {}), "seconds": time.monotonic() - self.started}.items():
            self.history[name] = (*self.history.get(name, ()), round(float(value), 6))
        weights = arrays_of(self.model.variables)
        if self._is_best():
            self.best, self.best_epoch = weights, self.epoch
        stopped = 0 < self.patience <= self.epoch - self.best_epoch
        if stopped:
            self.model.stop_training = True
        if self.folder is not None:
            save_checkpoint(self.folder, self._checkpoint(weights, stopped=stopped))

    def _is_best(self) -> bool:
        losses = np.nan_to_num(self.history["val_loss"], nan=np.inf)
        return self.best_epoch == 0 or losses[-1] < losses[self.best_epoch - 1]

    def _checkpoint(self, weights: list[Any], *, stopped: bool) -> Checkpoint:
        return Checkpoint(
            epoch=self.epoch,
            history=self.history,
            best_epoch=self.best_epoch,
            stopped=stopped,
            fingerprint=self.fingerprint,
            model=weights,
            optimizer=arrays_of(self.model.optimizer.variables),
            best=[] if self.best_epoch == self.epoch else self.best,
        )


class Teller(Callback):  # type: ignore[misc] # keras has no types
    """Passes on how far training is.

    Args:
        progress: whom to tell.
        epochs: epochs in all.
        steps: steps of an epoch.
    """

    def __init__(self, progress: Progress, epochs: int, steps: int) -> None:
        super().__init__()
        self.progress = progress
        self.epochs = epochs
        self.steps = steps
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Remember which epoch it is."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Tell the step and the loss of the epoch so far."""
        done = self.epoch * self.steps + batch + 1
        note = f"epoch {self.epoch + 1} of {self.epochs}, loss {float((logs or {})['loss']):.3f}"
        self.progress("training", done, self.epochs * self.steps, note)

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002
        """Tell that it is over, which may be before the last epoch."""
        total = self.epochs * self.steps
        self.progress("training", total, total, f"{self.epoch + 1} epochs")


def arrays_of(variables: Any) -> list[Any]:
    """Return copies of Keras variables as numpy arrays."""
    return [np.array(variable.numpy()) for variable in variables]
