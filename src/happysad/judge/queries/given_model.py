"""Features and probabilities that are known already, in the shape scikit-activeml asks for.

Its strategies call a classifier on rows of a feature matrix. Here the "features" of a picture are
its row number alone, and the "classifier" looks up what is known of that row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from skactiveml.base import SkactivemlClassifier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.judge.queries.strategy import Situation


class GivenModel(SkactivemlClassifier):  # type: ignore[misc]  # the library has no types
    """Answers from tables.

    Args:
        probabilities: shape (N, C).
        committee: shape (K, N, C), or None.
        features: shape (N, D), or None.
    """

    def __init__(
        self,
        probabilities: NDArray[np.floating],
        committee: NDArray[np.floating] | None = None,
        features: NDArray[np.floating] | None = None,
    ) -> None:
        classes = list(range(probabilities.shape[-1]))
        super().__init__(classes=classes, missing_label=np.nan, cost_matrix=None, random_state=None)
        self.probabilities = probabilities
        self.committee = committee
        self.features = features
        self.classes_ = np.array(classes)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> GivenModel:  # noqa: ARG002, N803
        """Do nothing; everything is known."""
        return self

    def predict_proba(self, X: Any, *, embeddings: bool = False) -> Any:  # noqa: N803
        """Return the probabilities of the rows whose numbers are in ``X``."""
        rows = X[:, 0].astype(np.int64)
        if embeddings and self.features is not None:
            return self.probabilities[rows], self.features[rows]
        return self.probabilities[rows]

    def committee_probabilities(self, X: Any) -> Any:  # noqa: N803
        """Return the committee's probabilities, shape (K, rows, C)."""
        if self.committee is None:
            msg = "A committee was asked, and none was given."
            raise AssertionError(msg)
        return self.committee[:, X[:, 0].astype(np.int64)].copy()


def row_numbers(situation: Situation) -> NDArray[np.float64]:
    """Return the matrix of shape (N, 1) that ``GivenModel`` looks rows up in."""
    return np.arange(len(situation.labels), dtype=np.float64)[:, None]


def known_labels(situation: Situation) -> NDArray[np.float64]:
    """Return the labels with NaN where none is known, shape (N,)."""
    return np.where(situation.labels < 0, np.nan, situation.labels.astype(np.float64))
