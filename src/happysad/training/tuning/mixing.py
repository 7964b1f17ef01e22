"""Batches of the front's features: random parts of random crops, mixed in pairs.

MixUp (Zhang et al., "mixup: Beyond empirical risk minimization", ICLR 2018) is done on features
instead of pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from happysad.training.tuning.schedule import Schedule

    Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]

_READ = 12 / 14
"""Share of the cells a side of a view's features that an epoch reads."""

_MIX_UP = 0.2
"""Alpha of the beta distribution that mixing shares are drawn from."""


@dataclass(frozen=True)
class Material:
    """What the tail is trained on.

    Attributes:
        views: one array (N, 14, 14, 80) float16 a view; an epoch reads one, in turn.
        targets: float32 of shape (N,), 0 to 1.
        weights: float32 of shape (N,).
        rows: the rows that may train.
    """

    views: tuple[NDArray[np.float16], ...]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    rows: NDArray[np.int64]


def mixed_batches(material: Material, schedule: Schedule, epoch: int) -> Iterator[Batch]:
    """Yield inputs, targets (N, 1) and weights of one epoch.

    They are the same for the same seed and epoch.
    """
    generator = np.random.default_rng((schedule.seed, epoch))
    view = material.views[epoch % len(material.views)]
    order = generator.permutation(material.rows)
    for start in range(0, len(order), schedule.batch):
        rows = order[start : start + schedule.batch]
        partner = generator.permutation(len(rows))
        share = np.float32(generator.beta(_MIX_UP, _MIX_UP))
        features, targets = _cut(view, rows, generator), material.targets[rows]
        weights = material.weights[rows]
        yield (
            share * features + (1 - share) * features[partner],
            (share * targets + (1 - share) * targets[partner])[:, None],
            share * weights + (1 - share) * weights[partner],
        )


def _cut(
    view: NDArray[np.float16], rows: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.float32]:
    """Return a random part of every picture's features, float32 (N, h, w, C)."""
    side = round(view.shape[1] * _READ)
    places = generator.integers(0, view.shape[1] - side + 1, (len(rows), 2))
    parts = [
        view[row, top : top + side, left : left + side]
        for row, (top, left) in zip(rows, places.tolist(), strict=True)
    ]
    return np.stack(parts).astype(np.float32)
