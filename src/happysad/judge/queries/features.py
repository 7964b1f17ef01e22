"""From embeddings to what distances are measured in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSIONS = 64
"""Enough to tell web pictures apart, and few enough for distances of ten thousand of them."""


def condensed(
    embeddings: NDArray[np.floating], *, dimensions: int = DIMENSIONS
) -> NDArray[np.float64]:
    """Return unit vectors along the directions in which the embeddings vary most.

    Principal components, cut to ``dimensions`` and scaled to length 1, so that distances compare
    directions, as the authors of TypiClust and ProbCover do.

    Args:
        embeddings: shape (N, D), N ≥ 1.
        dimensions: at most so many columns.

    Returns:
        Shape (N, min(dimensions, N, D)); an embedding that is the mean of all stays at 0.
    """
    centred = np.asarray(embeddings, np.float64)
    centred = centred - centred.mean(axis=0)
    few = len(centred) < centred.shape[1]
    spread, vectors = np.linalg.eigh(centred @ centred.T if few else centred.T @ centred)
    kept = slice(None, -min(dimensions, len(spread)) - 1, -1)
    vectors = vectors[:, kept]
    places = vectors * np.sqrt(np.maximum(spread[kept], 0)) if few else centred @ vectors
    lengths = np.linalg.norm(places, axis=1, keepdims=True)
    result: NDArray[np.float64] = places / np.where(lengths > 0, lengths, 1.0)
    return result
