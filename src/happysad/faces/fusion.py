"""Two views of a picture become one answer: what the scene says and what the faces say.

A logistic model over a handful of evidence terms. It works with no face, one face and a crowd, and
it is linear in what each view says, so that it can tell how much each view counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle.manifest import FUSION_TERMS

if TYPE_CHECKING:
    from numpy.typing import NDArray

TERMS = FUSION_TERMS
"""What the model weighs, in the order of ``evidence``."""

_FIRST_FACE_TERM = TERMS.index("faces")
_STRONGEST = 6.0
_READABLE = 64.0
_CROWD = 3


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read from the faces of one picture; every array has shape (F,).

    Attributes:
        logits: of the positive class.
        scores: the finder's confidence, 0 to 1.
        areas: the box's share of the picture, 0 to 1.
        sides: the box's longer side in pixels of the picture.
    """

    logits: NDArray[np.float64]
    scores: NDArray[np.float64]
    areas: NDArray[np.float64]
    sides: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shares:
    """The answer, and what each view added to it.

    Attributes:
        logit: of the positive class, both views together.
        scene: the part of ``logit`` that the scene gave.
        faces: the part that the faces gave; 0 without a face.
    """

    logit: float
    scene: float
    faces: float


def evidence(scene: float, faces: Readings) -> NDArray[np.float64]:
    """Return the evidence terms of one picture, shape (8,), in the order of ``TERMS``.

    Args:
        scene: logit of the positive class from the whole picture.
        faces: what was read from its faces; arrays of length 0 where there is none.
    """
    whole = float(np.clip(scene, -_STRONGEST, _STRONGEST))
    if len(faces.logits) == 0:
        return np.array([1.0, 1.0, whole, 0.0, 0.0, 0.0, 0.0, 0.0])
    logits = np.clip(faces.logits, -_STRONGEST, _STRONGEST)
    # A large face found with confidence says more than a small doubtful one.
    weights = faces.scores * np.sqrt(np.maximum(faces.areas, 1e-6))
    mean = float((weights * logits).sum() / weights.sum())
    large = mean * float(np.sqrt(faces.areas.max()))
    sharp = mean * min(1.0, float(faces.sides.max()) / _READABLE)
    crowd = mean * float(len(logits) >= _CROWD)
    return np.array([1.0, 0.0, whole, whole, mean, large, sharp, crowd])


def fuse(terms: NDArray[np.float64], weights: NDArray[np.float64]) -> Shares:
    """Weigh the evidence.

    Args:
        terms: from ``evidence``, shape (8,).
        weights: the learned weights, shape (8,), in the order of ``TERMS``.
    """
    parts = terms * weights
    faces = float(parts[_FIRST_FACE_TERM:].sum())
    logit = float(parts.sum())
    return Shares(logit=logit, scene=logit - faces, faces=faces)
