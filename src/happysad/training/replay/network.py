"""A network that is trained anew after every round of questions, as in the write-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.config import TrainOptions
from happysad.judge.queries.features import condensed
from happysad.training.engine import load_keras
from happysad.training.fit import fit
from happysad.training.replay.learner import Learned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.records import Entry
    from happysad.training.examples import Examples
    from happysad.training.networks import Network

    Array = NDArray[np.float64]
    Rows = NDArray[np.int64]

# One label in so many chooses the epoch and teaches nothing; it is paid for like the others.
_VALIDATION = 5
_CELLS = 16
_BATCH = 32


class NetworkLearner:
    """A network with its own preprocessing and augmentation.

    Before a network has learned anything, pictures are compared by their colours in a coarse
    grid; afterwards by what its last layer but one makes of them.

    Args:
        examples: the decoded pictures.
        network: what to train.
        epochs: for each training.
    """

    def __init__(self, examples: Examples, *, network: Network, epochs: int) -> None:
        self.summary = f"the network {network.name}, trained for {epochs} epochs each time"
        self.entries: tuple[Entry, ...] = examples.entries
        self.labels: Rows = examples.labels
        self.features: Array = condensed(_coarse(examples.pixels))
        self._examples = examples
        self._network = network
        self._epochs = epochs

    def learn(self, rows: Rows, *, seed: int, committee: bool = False) -> Learned:
        """Train from scratch; the epoch with the lowest validation loss counts."""
        if committee:
            msg = "A committee of networks was asked for; see ActiveOptions."
            raise AssertionError(msg)
        load_keras().utils.clear_session()  # every training leaves a graph behind
        training, validation = self._parts(rows, seed)
        options = TrainOptions(preset=self._network.name, epochs=self._epochs, seed=seed)
        model = fit(
            self._network,
            self._examples.rows(training),
            self._examples.rows(validation),
            options=options,
        ).model
        probabilities, features = _answers(model, self._examples)
        return Learned(probabilities, features=condensed(features))

    def _parts(self, rows: Rows, seed: int) -> tuple[list[int], list[int]]:
        """Deal labels to training and validation, class by class; both get one of each class."""
        chance = np.random.default_rng(seed)
        training: list[int] = []
        validation: list[int] = []
        for label in np.unique(self.labels[rows]):
            mine = chance.permutation(rows[self.labels[rows] == label])
            held = max(1, len(mine) // _VALIDATION)
            validation += mine[:held].tolist()
            # Where there is a single one it has to do for both.
            training += mine[held:].tolist() or mine.tolist()
        return training, validation


def _coarse(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Return the mean colours of a grid of cells, shape (N, cells · 3)."""
    count, height, width, _ = pixels.shape
    rows, columns = height // _CELLS, width // _CELLS
    cut = pixels[:, : rows * _CELLS, : columns * _CELLS]
    cells = cut.reshape(count, _CELLS, rows, _CELLS, columns, 3).mean(axis=(2, 4))
    colours: NDArray[np.float32] = cells.reshape(count, -1).astype(np.float32)
    return colours


def _answers(model: Any, examples: Examples) -> tuple[Array, Array]:
    """Return probabilities of both classes, and what the last layer but one gives, in one pass."""
    both = load_keras().Model(model.inputs, [model.outputs[0], model.layers[-2].output])
    found = [
        both.predict_on_batch(examples.pixels[start : start + _BATCH].astype(np.float32))
        for start in range(0, len(examples), _BATCH)
    ]
    values, features = (
        np.concatenate(parts).astype(np.float64) for parts in zip(*found, strict=True)
    )
    if values.shape[1] == 1:
        values = np.hstack([1 - values, values])
    return values, features
