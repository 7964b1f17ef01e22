"""A second witness for labels: pictures that look alike should be called alike.

Kernel ridge regression on both views at once (Rasmussen & Williams, *Gaussian Processes for
Machine Learning*, 2006, §2.2), through a random sample of the pictures as landmarks (Nyström:
Williams & Seeger, *NIPS* 13, 2001). It bends where the linear heads cannot, and hears scene and
face together; it is too large to ship, so it doubts labels and answers nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.training.two_view.embedding import Embeddings

    Array = NDArray[np.float64]

LANDMARKS = 1200
"""Pictures that stand for all others; with 3,000, twice the time gained nothing on 10,000."""

RIDGES = (0.3, 1.0, 3.0)
"""Strengths to choose from; the kernel of a picture with itself is 1."""

_NO_FACE = 0.5
_SMALLEST = 1e-6


def both_views(embeddings: Embeddings) -> NDArray[np.float32]:
    """Return one vector a picture, shape (N, D + E + 1): scene, faces, and whether it has any.

    Faces count by how large they are and how surely they were found, as in the fusion. Scenes and
    faces each have a mean squared length of 1.
    """
    count, owners = len(embeddings), embeddings.owners
    weights = embeddings.scores * np.sqrt(np.maximum(embeddings.areas, _SMALLEST))
    totals = np.bincount(owners, weights, minlength=count)
    faces = np.zeros((count, embeddings.faces.shape[1]))
    np.add.at(faces, owners, embeddings.faces * weights[:, None])
    has_face = totals > 0
    faces[has_face] /= totals[has_face, None]
    faces[has_face] = _unit(faces[has_face])
    none = np.where(has_face, 0.0, _NO_FACE)
    return np.concatenate([_unit(embeddings.scene), faces, none[:, None]], 1).astype(np.float32)


def landmark_features(views: NDArray[np.float32], *, seed: int) -> NDArray[np.float32]:
    """Return features of shape (N, M), M ≤ ``LANDMARKS``, whose products are a Gaussian kernel.

    Its width is the median distance of two pictures.

    Args:
        views: from ``both_views``, shape (N, D).
        seed: for the choice of the landmarks.
    """
    count = len(views)
    chosen = np.random.default_rng(seed).permutation(count)[:LANDMARKS]
    lengths = np.einsum("nd,nd->n", views, views)
    apart = lengths[:, None] + lengths[chosen] - 2 * (views @ views[chosen].T)
    np.maximum(apart, 0, out=apart)
    kernel = np.exp(-apart / max(float(np.median(apart[chosen])), _SMALLEST))
    spread, vectors = np.linalg.eigh(kernel[chosen].astype(np.float64))
    kept = spread > _SMALLEST * spread[-1]
    features: NDArray[np.float32] = kernel @ (vectors[:, kept] / np.sqrt(spread[kept])).astype(
        np.float32
    )
    return features


def out_of_fold_scores(
    features: NDArray[np.float32],
    labels: NDArray[np.integer],
    folds: NDArray[np.int64],
) -> Array:
    """Return a score of every picture by the pictures of the other folds, shape (N,).

    Around -1 for class 0, around 1 for class 1; the ridge is the one with the least squared error.

    Args:
        features: from ``landmark_features``, shape (N, M).
        labels: 0 or 1, shape (N,).
        folds: fold of each picture, shape (N,).
    """
    targets = 2.0 * np.asarray(labels) - 1
    wide = np.concatenate([features, np.ones((len(features), 1), np.float32)], axis=1)
    mine = [folds == fold for fold in range(int(folds.max()) + 1)]
    squares = [(wide[rows].T @ wide[rows]).astype(np.float64) for rows in mine]
    sums = [wide[rows].T.astype(np.float64) @ targets[rows] for rows in mine]
    square, total = np.sum(squares, axis=0), np.sum(sums, axis=0)
    scores = np.empty((len(RIDGES), len(wide)))
    for rows, own_square, own_sum in zip(mine, squares, sums, strict=True):
        for row, ridge in enumerate(RIDGES):
            eased = square - own_square + ridge * np.eye(len(square))
            scores[row, rows] = wide[rows] @ np.linalg.solve(eased, total - own_sum)
    errors = ((scores - targets) ** 2).sum(axis=1)
    best: Array = scores[errors.argmin()]
    return best


def _unit(x: NDArray[np.floating]) -> Array:
    """Return rows around their mean, scaled to a mean squared length of 1."""
    if len(x) == 0:
        return np.asarray(x, np.float64)
    centred = x - x.mean(axis=0, dtype=np.float64)
    length = float(np.sqrt(np.einsum("nd,nd->n", centred, centred).mean()))
    scaled: Array = centred / max(length, _SMALLEST)
    return scaled
