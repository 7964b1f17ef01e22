"""Examples as the batches of a Keras data pipeline.

What a training step sees is a function of its number: step → epoch → order of that epoch and
seed of its augmentation. So there is no random state to save, and a training that is resumed at
epoch 7 meets the same batches as one that never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.records import Batch
from happysad.training.engine import load_keras

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.training.augment import Augmenter
    from happysad.training.examples import Examples
    from happysad.training.networks import Network

PyDataset: Any = load_keras().utils.PyDataset

# Separates the random numbers of the order from those of the augmentation.
_ORDER, _AUGMENT = 1, 2


class TrainingBatches(PyDataset):  # type: ignore[misc] # keras has no types
    """An endless series of shuffled, augmented batches: ``batches[step]``.

    Args:
        examples: the training part.
        network: decides the form of the targets.
        batch_size: pictures a batch; the last of an epoch may be smaller.
        augmenter: changes each batch.
        seed: of order and augmentation.
        class_weights: weight of each class in the loss, None for equal ones.

    Attributes:
        first_step: number of the step that ``batches[0]`` is; a resumed training sets it.
    """

    def __init__(
        self,
        examples: Examples,
        network: Network,
        *,
        batch_size: int,
        augmenter: Augmenter,
        seed: int,
        class_weights: NDArray[np.float32] | None = None,
    ) -> None:
        super().__init__()
        self.examples = examples
        self.network = network
        self.batch_size = batch_size
        self.augmenter = augmenter
        self.seed = seed
        self.class_weights = class_weights
        self.first_step = 0

    @property
    def num_batches(self) -> None:
        """None: the series has no end; an epoch has ``steps_per_epoch`` of them."""
        return

    @property
    def steps_per_epoch(self) -> int:
        """Batches that show every picture once."""
        return math.ceil(len(self.examples) / self.batch_size)

    def batch(self, step: int) -> Batch:
        """Return the pictures of a step before augmentation, as something to look at."""
        rows = self._rows(step)
        return Batch(
            pixels=self.examples.pixels[rows],
            labels=self.examples.labels[rows],
            ids=tuple(self.examples.entries[row].sha256 for row in rows),
            classes=self.examples.classes,
        )

    def __getitem__(self, index: int) -> tuple[NDArray[Any], ...]:
        """Return pixels (N, height, width, 3), targets (N, K) and weights (N,) of a step."""
        step = self.first_step + index
        rows = self._rows(step)
        targets = targets_of(self.examples.labels[rows], self.network, self.examples.classes)
        words = np.random.SeedSequence([self.seed, _AUGMENT, step]).generate_state(1)
        pixels, targets = self.augmenter(self.examples.pixels[rows], targets, seed=int(words[0]))
        return pixels, targets, self._weights(targets)

    def _rows(self, step: int) -> NDArray[np.int64]:
        epoch, place = divmod(step, self.steps_per_epoch)
        generator = np.random.default_rng([self.seed, _ORDER, epoch])
        order = generator.permutation(len(self.examples))
        return order[place * self.batch_size : (place + 1) * self.batch_size]

    def _weights(self, targets: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.class_weights is None:
            return np.ones(len(targets), np.float32)
        shares = targets if targets.shape[1] > 1 else np.hstack([1 - targets, targets])
        return (shares @ self.class_weights).astype(np.float32)


class OrderedBatches(PyDataset):  # type: ignore[misc] # keras has no types
    """Examples in their own order, each once, unchanged: for validation.

    Args:
        examples: the validation part.
        network: decides the form of the targets.
        batch_size: pictures a batch.
    """

    def __init__(self, examples: Examples, network: Network, *, batch_size: int) -> None:
        super().__init__()
        self.examples = examples
        self.network = network
        self.batch_size = batch_size

    def __len__(self) -> int:
        return math.ceil(len(self.examples) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Return pixels (N, height, width, 3) and targets (N, K) of a batch."""
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        targets = targets_of(self.examples.labels[rows], self.network, self.examples.classes)
        return self.examples.pixels[rows].astype(np.float32), targets


def targets_of(
    labels: NDArray[np.int64], network: Network, classes: tuple[str, ...]
) -> NDArray[np.float32]:
    """Return float32 targets: (N, 1) of 0 and 1 for a sigmoid, one-hot (N, C) for a softmax."""
    if network.output == "sigmoid":
        return labels[:, None].astype(np.float32)
    return np.eye(len(classes), dtype=np.float32)[labels]


def balanced_weights(labels: NDArray[np.int64], classes: tuple[str, ...]) -> NDArray[np.float32]:
    """Return a weight for each class: the inverse of its share, 1 on average over pictures."""
    counts: Mapping[int, int] = dict(zip(*np.unique(labels, return_counts=True), strict=True))
    shares = [counts.get(number, 1) * len(classes) / len(labels) for number in range(len(classes))]
    return (1 / np.array(shares)).astype(np.float32)
