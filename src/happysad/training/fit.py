"""Epochs: train, validate, remember the best, write a checkpoint, tell how it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.errors import RunError
from happysad.progress import Progress, silent
from happysad.training.augment import Augmenter
from happysad.training.batches import OrderedBatches, TrainingBatches, balanced_weights
from happysad.training.callbacks import Keeper, Teller
from happysad.training.checkpoint import Checkpoint, load_checkpoint, refuse_changes
from happysad.training.engine import load_keras, require_library

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from happysad.config import TrainOptions
    from happysad.training.examples import Examples
    from happysad.training.networks import Network

History = Mapping[str, tuple[float, ...]]
"""Measure → its value after each epoch; validation measures start with ``val_``."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained network.

    Attributes:
        model: ``keras.Model`` with the weights to use.
        history: how loss and accuracy went.
        best_epoch: the epoch, from 1, with the lowest validation loss.
        weights_of: the epoch that ``model`` has the weights of.
    """

    model: Any
    history: History
    best_epoch: int
    weights_of: int


def fit(
    network: Network,
    training: Examples,
    validation: Examples,
    *,
    options: TrainOptions,
    folder: Path | None = None,
    fingerprint: Mapping[str, Any] | None = None,
    resume: bool = False,
    progress: Progress = silent,
) -> Fitted:
    """Train a network.

    Args:
        network: what to train.
        training: the pictures that shape the weights.
        validation: the pictures that choose the epoch.
        options: epochs, batches, seed and so on.
        folder: where the checkpoint lies; None writes none.
        fingerprint: identity of data and options; a resume needs the same one.
        resume: go on from the checkpoint, if there is one.
        progress: told after each step.

    Raises:
        RunError: the checkpoint belongs to other data or options, is damaged, or cannot be saved.
        UsageError: the network cannot tell these classes apart.
        MissingExtraError: TensorBoard is asked for and not installed.
    """
    saved = load_checkpoint(folder) if folder is not None and resume else None
    if saved is not None:
        refuse_changes(saved.fingerprint, fingerprint or {})
    model = compiled_model(network, training.classes, options)
    first = 0
    if saved is not None:
        first = saved.epoch
        _restore(model, saved)
    keeper = Keeper(options, folder, fingerprint or {}, saved)
    if saved is None or not (saved.stopped or saved.epoch >= options.epochs):
        batches = _batches(network, training, options, first_epoch=first)
        model.fit(
            batches,
            steps_per_epoch=batches.steps_per_epoch,
            validation_data=OrderedBatches(validation, network, batch_size=options.batch_size),
            initial_epoch=first,
            epochs=options.epochs,
            callbacks=[keeper, *_tellers(options, folder, batches.steps_per_epoch, progress)],
            shuffle=False,  # the batches come shuffled
            verbose=0,
        )
    if options.keep_best:
        assign(model.variables, keeper.best)
    weights_of = keeper.best_epoch if options.keep_best else keeper.epoch
    return Fitted(model, keeper.history, keeper.best_epoch, weights_of)


def compiled_model(network: Network, classes: tuple[str, ...], options: TrainOptions) -> Any:
    """Return an untrained ``keras.Model``, ready to fit, with an optimizer that has its state.

    Raises:
        UsageError: the network cannot tell these classes apart.
    """
    keras = load_keras()
    model = network.build(classes, seed=options.seed)
    optimizer = keras.optimizers.Adam(options.learning_rate or network.learning_rate)
    binary = network.output == "sigmoid"
    model.compile(
        optimizer=optimizer,
        loss="binary_crossentropy" if binary else "categorical_crossentropy",
        metrics=[keras.metrics.MeanMetricWrapper(_same_side, name="accuracy")]
        if binary
        else [keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    optimizer.build(model.trainable_variables)
    return model


def predict_raw(model: Any, examples: Examples, *, batch_size: int = 32) -> NDArray[np.float64]:
    """Return uncalibrated float64 probabilities of shape (N, C), rows adding up to 1."""
    rows = range(0, len(examples), batch_size)
    found = [
        np.asarray(
            model.predict_on_batch(examples.pixels[row : row + batch_size].astype(np.float32)),
            np.float64,
        )
        for row in rows
    ]
    values = np.concatenate(found)
    return np.hstack([1 - values, values]) if values.shape[1] == 1 else values


def _same_side(targets: Any, outputs: Any) -> Any:
    """Accuracy of a sigmoid that also makes sense for the blended targets of MixUp."""
    ops = load_keras().ops
    return ops.mean(ops.cast(ops.equal(targets > 0.5, outputs > 0.5), "float32"), axis=-1)


def _batches(
    network: Network, training: Examples, options: TrainOptions, *, first_epoch: int
) -> TrainingBatches:
    weights = None
    if options.class_weights:
        weights = balanced_weights(training.labels, training.classes)
    batches = TrainingBatches(
        training,
        network,
        batch_size=options.batch_size,
        augmenter=Augmenter(options.augment),
        seed=options.seed,
        class_weights=weights,
    )
    batches.first_step = first_epoch * batches.steps_per_epoch
    return batches


def _tellers(
    options: TrainOptions, folder: Path | None, steps: int, progress: Progress
) -> list[Any]:
    tellers: list[Any] = [Teller(progress, options.epochs, steps)]
    if options.tensorboard and folder is not None:
        require_library("tensorboard", "tensorboard")
        tellers.append(load_keras().callbacks.TensorBoard(str(folder / "tensorboard")))
    return tellers


def _restore(model: Any, saved: Checkpoint) -> None:
    assign(model.variables, saved.model)
    assign(model.optimizer.variables, saved.optimizer)


def assign(variables: Any, arrays: Any) -> None:
    """Put saved arrays into Keras variables.

    Raises:
        RunError: they are not of these variables' shapes.
    """
    if [tuple(item.shape) for item in variables] != [item.shape for item in arrays]:
        msg = (
            "The checkpoint does not fit this version of the network. "
            "Resume with the version of happysad that wrote it, or start a new run."
        )
        raise RunError(msg)
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
