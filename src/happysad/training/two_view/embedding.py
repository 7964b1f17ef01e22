"""What both views see in many pictures, as numbers; ``faces.views`` has the same of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.faces.fusion import Readings, evidence_of_many

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.faces.views import Embedding

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Several pictures, their faces one below the other.

    Attributes:
        scene: shape (N, D), float32.
        faces: shape (F, E), float32.
        owners: row of the picture that each face is in, ascending, int64 of shape (F,).
        scores: the finder's confidence in each face, 0 to 1, shape (F,).
        areas: each face's share of its picture, 0 to 1, shape (F,).
        sides: the longer side of each face, in pixels, shape (F,).
    """

    scene: NDArray[np.float32]
    faces: NDArray[np.float32]
    owners: NDArray[np.int64]
    scores: NDArray[np.float32]
    areas: NDArray[np.float32]
    sides: NDArray[np.float32]

    @classmethod
    def of(cls, pictures: Sequence[Embedding]) -> Embeddings:
        """Stack one picture or more, all read by the same model."""
        counts = [len(picture.scores) for picture in pictures]
        return cls(
            scene=np.stack([picture.scene for picture in pictures]),
            faces=np.concatenate([picture.faces for picture in pictures]),
            owners=np.repeat(np.arange(len(pictures)), counts),
            scores=np.concatenate([picture.scores for picture in pictures]),
            areas=np.concatenate([picture.areas for picture in pictures]),
            sides=np.concatenate([picture.sides for picture in pictures]),
        )

    def __len__(self) -> int:
        return len(self.scene)

    def rows(self, chosen: Sequence[int] | NDArray[np.int64]) -> Embeddings:
        """Return some of the pictures, in the order asked for."""
        chosen = np.asarray(chosen, np.int64)
        starts = np.searchsorted(self.owners, np.arange(len(self) + 1))
        spans = [np.arange(starts[row], starts[row + 1]) for row in chosen]
        mine = np.concatenate([np.empty(0, np.int64), *spans])
        return Embeddings(
            scene=self.scene[chosen],
            faces=self.faces[mine],
            owners=np.repeat(np.arange(len(chosen)), [len(span) for span in spans]),
            scores=self.scores[mine],
            areas=self.areas[mine],
            sides=self.sides[mine],
        )

    def evidence(self, scene: Array, faces: Array) -> Array:
        """Return what the fusion weighs, shape (N, 8), in the order of ``faces.fusion.TERMS``.

        Args:
            scene: logit of each picture as a whole, shape (N,).
            faces: logit of each face, shape (F,).
        """
        readings = Readings(
            faces,
            self.scores.astype(np.float64),
            self.areas.astype(np.float64),
            self.sides.astype(np.float64),
        )
        return evidence_of_many(scene, readings, self.owners)
