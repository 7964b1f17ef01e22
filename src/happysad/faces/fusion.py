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
    owners = np.zeros(len(faces.logits), np.int64)
    first: NDArray[np.float64] = evidence_of_many(np.array([scene]), faces, owners)[0]
    return first


def evidence_of_many(
    scene: NDArray[np.float64], faces: Readings, owners: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the evidence terms of N pictures, shape (N, 8), in the order of ``TERMS``.

    Args:
        scene: logit of the positive class from each picture as a whole, shape (N,).
        faces: what was read from the F faces of all of them.
        owners: row of the picture that each face is in, shape (F,).
    """
    count = len(scene)
    whole = np.clip(scene, -_STRONGEST, _STRONGEST)
    logits = np.clip(faces.logits, -_STRONGEST, _STRONGEST)
    # A large face found with confidence says more than a small doubtful one.
    weights = faces.scores * np.sqrt(np.maximum(faces.areas, 1e-6))
    found = np.bincount(owners, minlength=count)
    some = (found > 0).astype(np.float64)
    total = np.bincount(owners, weights=weights, minlength=count)
    mean = np.bincount(owners, weights=weights * logits, minlength=count)
    mean = np.divide(mean, total, out=np.zeros(count), where=total > 0)
    area, side = np.zeros(count), np.zeros(count)
    np.maximum.at(area, owners, faces.areas)
    np.maximum.at(side, owners, faces.sides)
    large = mean * np.sqrt(area)
    sharp = mean * np.minimum(1.0, side / _READABLE)
    crowd = mean * (found >= _CROWD)
    columns = [np.ones(count), 1 - some, whole, whole * some, mean, large, sharp, crowd]
    return np.stack(columns, axis=1)


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
