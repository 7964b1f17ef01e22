"""Learning heads on the views of a base model, a hundred times in a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from happysad.faces.weighing import sigmoid
from happysad.training.replay.learner import Learned
from happysad.training.two_view.committee import committee as committee_of
from happysad.training.two_view.committee import one_space
from happysad.training.two_view.heads import learn_heads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.bundle.manifest import Manifest
    from happysad.records import Entry
    from happysad.training.two_view.embed import Embedded

    Array = NDArray[np.float64]
    Rows = NDArray[np.int64]


class TwoViewLearner:
    """Heads and their fusion, as ``train`` learns them.

    Args:
        embedded: the pictures.
        base: manifest of the model whose views saw them.
    """

    def __init__(self, embedded: Embedded, *, base: Manifest) -> None:
        self.summary = f"heads on the views of {base.name}"
        self.entries: tuple[Entry, ...] = embedded.entries
        self.labels: Rows = embedded.labels
        self._embeddings = embedded.stacked()
        self.features: Array = one_space(self._embeddings)
        self._groups = np.array(embedded.groups, object)
        self._classes = embedded.classes
        self._base = base

    def learn(self, rows: Rows, *, seed: int, committee: bool = False) -> Learned:
        """Fit the heads with cross-validated ridges; a committee is fitted to bootstraps."""
        labels = self.labels[rows]
        heads = learn_heads(
            self._embeddings.rows(rows),
            labels,
            self._groups[rows].tolist(),
            classes=self._classes,
            base=self._base,
            seed=seed,
        )
        positive = sigmoid(heads.logits(self._embeddings))
        members = committee_of(self.features, rows, labels, seed=seed) if committee else None
        return Learned(np.stack([1 - positive, positive], axis=1), members)
