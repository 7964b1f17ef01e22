"""What strategies look at that ask about pictures: one space for both views, and a committee in it.

Members are linear, and learned from labels drawn with replacement: cheap enough to be asked after
every few labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from happysad.faces.weighing import sigmoid
from happysad.judge.queries.features import condensed
from happysad.training.two_view.logistic import Basis, fit_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.training.two_view.embedding import Embeddings

    Array = NDArray[np.float64]
    Rows = NDArray[np.int64]

_MEMBERS = 8
# For features of length 1; see training.two_view.grouped.STRENGTHS.
_MEMBER_RIDGE = 0.1


def one_space(seen: Embeddings) -> Array:
    """Return both views of N pictures as vectors of length 1, shape (N, ≤ 64)."""
    return condensed(_both_views(seen))


def committee(features: Array, rows: Rows, labels: Rows, *, seed: int) -> Array:
    """Return what models say that each learned from as many labels drawn with replacement.

    Args:
        features: of N pictures, from ``one_space``.
        rows: those with a label.
        labels: 0 or 1 for each of ``rows``; both occur.
        seed: of the drawing.

    Returns:
        Probabilities of both classes, shape (8, N, 2).
    """
    chance = np.random.default_rng(seed)
    drawn = chance.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), _MEMBERS)
    fits = fit_columns(
        Basis.of(features[rows]),
        labels.astype(np.float64),
        ridges=np.full(_MEMBERS, _MEMBER_RIDGE),
        weights=drawn.T.astype(np.float64),
        priors=np.zeros((features.shape[1], _MEMBERS)),
    )
    positive = sigmoid(features @ fits.weights + fits.intercepts).T
    return np.stack([1 - positive, positive], axis=2)


def _both_views(seen: Embeddings) -> NDArray[np.float32]:
    """Return scene and mean face side by side, as long as each other; no face is the mean one."""
    count = np.bincount(seen.owners, minlength=len(seen))
    faces = np.zeros((len(seen), seen.faces.shape[1]), np.float32)
    np.add.at(faces, seen.owners, seen.faces)
    faces /= np.maximum(count, 1)[:, None]
    some = count > 0
    if some.any():
        faces[some] -= faces[some].mean(axis=0)
    return np.hstack([_of_mean_length_1(seen.scene), _of_mean_length_1(faces)])


def _of_mean_length_1(features: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = features - features.mean(axis=0)
    length = float(np.sqrt(np.square(centred).sum(axis=1).mean()))
    result: NDArray[np.float32] = centred / (length or 1.0)
    return result
