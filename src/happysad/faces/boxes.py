"""From what the face network says of its anchors to a few distinct faces; numpy only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRIDE = 4
"""Pixels between two anchors of the network's input."""

_FARTHEST = 16


def anchors(height: int, width: int) -> NDArray[np.float32]:
    """Return the anchors' centres for an input size, shape (H/4 · W/4, 2), (x, y) in pixels."""
    y, x = np.mgrid[: height // STRIDE, : width // STRIDE].astype(np.float32)
    return np.stack([x.ravel(), y.ravel()], axis=1) * STRIDE + np.float32(STRIDE / 2)


def decode(
    raw: NDArray[np.float32], logits: NDArray[np.float32], *, height: int, width: int, score: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Turn the network's output for one input into candidates.

    Args:
        raw: shape (A, 16): centre, size and six points, in pixels relative to the anchor.
        logits: shape (A,).
        height: of the network's input.
        width: likewise.
        score: candidates below this probability are dropped.

    Returns:
        places of shape (K, 8, 2) in pixels of the input, (x, y): upper left, lower right, then the
        points right eye, left eye, nose, mouth, right ear, left ear; and scores of shape (K,).
    """
    scores = (1 / (1 + np.exp(-np.clip(logits, -80, 80)))).astype(np.float32)
    kept = np.flatnonzero(scores >= score)
    places = raw[kept].reshape(-1, 8, 2).copy()
    half = places[:, 1] / 2
    centres = anchors(height, width)[kept]
    places[:, 2:] += centres[:, None]
    middle = places[:, 0] + centres
    places[:, 0], places[:, 1] = middle - half, middle + half
    # A damaged network can put a face miles away; areas of such boxes would overflow.
    near = np.abs(places) <= _FARTHEST * max(height, width)
    sound = (half > 0).all(axis=1) & near.all(axis=(1, 2))
    return places[sound], scores[kept][sound]


def overlap(place: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return intersection over union of one place's box with those of others, shape (K,)."""
    upper = np.maximum(place[0], others[:, 0])
    lower = np.minimum(place[1], others[:, 1])
    shared = np.clip(lower - upper, 0, None).prod(axis=1)
    areas = (others[:, 1] - others[:, 0]).prod(axis=1)
    union = (place[1] - place[0]).prod() + areas - shared
    result: NDArray[np.float32] = shared / np.maximum(union, 1e-9)
    return result


def blend(
    places: NDArray[np.float32], scores: NDArray[np.float32], *, threshold: float, limit: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Merge candidates of the same face: the mean of overlapping ones, weighted by score.

    Blending instead of suppressing steadies the boxes (Bazarevsky et al. 2019, section 3.3).

    Args:
        places: shape (K, 8, 2).
        scores: shape (K,).
        threshold: overlap from which two candidates are the same face.
        limit: the most faces to return.

    Returns:
        places and scores of at most ``limit`` faces, best score first.
    """
    order = np.argsort(-scores, kind="stable")
    places, scores = places[order], scores[order]
    faces: list[NDArray[np.float32]] = []
    values: list[np.float32] = []
    while len(places) and len(faces) < limit:
        same = overlap(places[0], places) >= threshold
        same[0] = True
        weights = scores[same] / scores[same].sum()
        faces.append((places[same] * weights[:, None, None]).sum(axis=0))
        values.append(scores[0])
        places, scores = places[~same], scores[~same]
    shape = (len(faces), 8, 2)
    return np.asarray(faces, np.float32).reshape(shape), np.asarray(values, np.float32)
