"""What the front of the scene's network makes of pictures, computed once for all epochs.

A *view* is one random crop, flip and colour change of every picture; an epoch trains on one view.
Pictures are judged as a whole, at a larger side: crops make things appear larger in training, and
the side makes up for that (Touvron et al., "Fixing the train-test resolution discrepancy", NeurIPS
2019).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.pictures.changed import randomly_changed
from happysad.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from happysad.config import Preprocessing

VIEWS = 3
_BATCH = 32
_PACKED, _TRAINED = 9 / 8, 7 / 8
"""Sides that pictures are decoded to, and crops are read at, as parts of the one in predicting."""


def packed_size(preprocessing: Preprocessing) -> Preprocessing:
    """Return how to decode pictures that crops are taken of, given how those for predicting are."""
    width, height = (round(side * _PACKED) for side in (preprocessing.width, preprocessing.height))
    return replace(preprocessing, width=width, height=height, look=0)


def training_views(
    front: Any,
    pixels: NDArray[np.uint8],
    *,
    side: int,
    seed: int,
    progress: Progress = silent,
) -> tuple[NDArray[np.float16], ...]:
    """Return ``VIEWS`` arrays (N, h, w, C): features of one random crop of every picture.

    Args:
        front: from ``view_graphs.scene_networks``.
        pixels: shape (N, S, S, 3), RGB, of ``packed_size``.
        side: of the pictures in predicting.
        seed: of the changes.
        progress: told after each batch.
    """
    total = VIEWS * len(pixels)

    def view(number: int) -> NDArray[np.float16]:
        def changed(row: int) -> NDArray[np.uint8]:
            generator = np.random.default_rng((seed, number, row))
            return randomly_changed(pixels[row], round(side * _TRAINED), generator)

        def told(done: int) -> None:
            progress("looking at crops", number * len(pixels) + done, total)

        return _features(front, len(pixels), changed, told)

    return tuple(view(number) for number in range(VIEWS))


def whole_views(front: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Return features (N, h, w, C) of whole pictures as they are prepared for predicting."""
    return _features(front, len(pixels), lambda row: pixels[row], lambda _done: None)


def _features(
    front: Any,
    count: int,
    look: Callable[[int], NDArray[np.uint8]],
    told: Callable[[int], None],
) -> NDArray[np.float16]:
    parts = []
    for start in range(0, count, _BATCH):
        rows = range(start, min(start + _BATCH, count))
        batch = np.stack([look(row) for row in rows]).astype(np.float32)
        parts.append(np.asarray(front.predict_on_batch(batch)).astype(np.float16))
        told(rows.stop)
    return np.concatenate(parts)
