"""What learns from the answers, as a replay sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from happysad.records import Entry

    Array = NDArray[np.floating]
    Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a model says of all N pictures after learning from some.

    Attributes:
        probabilities: of each class, shape (N, C), not calibrated.
        committee: likewise by K models that learned from parts of the labels, shape (K, N, C);
            None where it was not asked for.
        features: what the model itself makes of the pictures, shape (N, D); None where that is
            the same for every model.
    """

    probabilities: Array
    committee: Array | None = None
    features: Array | None = None


class Learner(Protocol):
    """Something that learns from some pictures and answers for all."""

    @property
    def summary(self) -> str:
        """What it is, in a few words."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The file behind each row."""

    @property
    def labels(self) -> Rows:
        """The class index of each picture, shape (N,)."""

    @property
    def features(self) -> Array:
        """What distances between pictures are measured in, shape (N, D)."""

    def learn(self, rows: Rows, *, seed: int, committee: bool = False) -> Learned:
        """Learn from some pictures, of both classes.

        Args:
            rows: which ones.
            seed: for what is left to chance.
            committee: also learn several models from parts of them.
        """
