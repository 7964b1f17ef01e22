"""FER2013: small grey faces with one of six expressions, as noisy as its collectors say.

Goodfellow et al., "Challenges in representation learning", ICONIP 2013.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from expression import EXPRESSIONS, Faces

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_WEIGHT = 0.5
"""What a face counts beside a web face: it is smaller and its label noisier."""


def read(data: Path, *, thin: int = 1) -> tuple[Faces, Faces, Faces]:
    """Return the training part by expression, its happy and sad faces, and those to judge.

    Args:
        data: folder of the training material.
        thin: every how manieth face trains.
    """
    with np.load(data / "faces" / "fer2013.npz") as kept:
        images, labels, split = kept["images"], kept["labels"].astype(int), kept["split"]
        names = [str(name) for name in kept["names"]]
    numbers = np.array([EXPRESSIONS.index(name) for name in names])[labels]
    train = np.flatnonzero(split == 0)[::thin]
    six = np.eye(len(EXPRESSIONS), dtype=np.float32)[numbers[train]]
    judged = np.flatnonzero((split == 1) & (numbers < 2))
    return (
        Faces(images[train], six, np.ones(len(train), np.float32), 1.0),
        _happy_or_sad(images, numbers, train[numbers[train] < 2]),
        _happy_or_sad(images, numbers, judged),
    )


def _happy_or_sad(
    images: NDArray[np.uint8], numbers: NDArray[np.int64], rows: NDArray[np.int64]
) -> Faces:
    weights = np.full(len(rows), _WEIGHT, np.float32)
    return Faces(images[rows], numbers[rows].astype(np.float32), weights, 1.0)
