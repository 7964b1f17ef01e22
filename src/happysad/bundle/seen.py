"""Recognise a picture that a model was trained on, also when it was renamed or re-encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from happysad.pictures.signature import NEAR_DISTANCE, distances, from_hex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from happysad.bundle.manifest import TrainedPicture


class SeenIndex:
    """The training pictures of a model, to be asked by content.

    Args:
        training: the pictures that shaped the weights.
    """

    def __init__(self, training: Iterable[TrainedPicture]) -> None:
        pictures = tuple(training)
        self._files = [picture.file for picture in pictures]
        self._by_sha256 = {picture.sha256: picture.file for picture in pictures}
        words = [from_hex(picture.signature) for picture in pictures]
        self._signatures = np.array(words, dtype=np.uint64).reshape(-1, 4)

    def match(self, sha256: str, near: NDArray[np.uint64]) -> str | None:
        """Return the training file that a picture copies, or None.

        Args:
            sha256: hex digest of the picture's bytes.
            near: its signature, uint64 of shape (4,).

        Returns:
            The file with the same bytes, else the nearest one within ``NEAR_DISTANCE``.
        """
        if sha256 in self._by_sha256:
            return self._by_sha256[sha256]
        if not self._files:
            return None
        apart = distances(near, self._signatures)
        nearest = int(apart.argmin())
        return self._files[nearest] if apart[nearest] <= NEAR_DISTANCE else None
