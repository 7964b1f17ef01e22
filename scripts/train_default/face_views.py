"""What the lower blocks of the expression network make of every face, computed once.

A *view* is one random change of every face: turned, scaled, shifted, mirrored, recoloured. An
epoch of any fold trains on one view. A face is judged as it is and mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from expression import SIDE, changed, plain_crop
from views import write_features

if TYPE_CHECKING:
    from pathlib import Path

    import keras
    from expression import Faces
    from numpy.typing import NDArray

VIEWS = 3


@dataclass(frozen=True)
class FaceViews:
    """Features of all faces of all sources, one source after the other.

    Attributes:
        training: ``VIEWS`` arrays (F, 10, 10, 40) float16 of changed faces.
        judged: the same of the faces as they are, and mirrored: two arrays.
    """

    training: tuple[NDArray[np.float16], ...]
    judged: tuple[NDArray[np.float16], NDArray[np.float16]]


def face_views(sources: list[Faces], lower: keras.Model, folder: Path) -> FaceViews:
    """Compute the views, or open them where that is done.

    Args:
        sources: the faces.
        lower: from ``expression.lower``.
        folder: where the ``.npy`` files lie.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places = [(source, row) for source in sources for row in range(len(source.crops))]

    def plain(number: int) -> NDArray[np.uint8]:
        source, row = places[number]
        return plain_crop(source.crops[row], source.share, SIDE)

    for view in range(VIEWS):

        def look(number: int, view: int = view) -> NDArray[np.uint8]:
            source, row = places[number]
            generator = np.random.default_rng((view, number))
            return changed(source.crops[row], source.share, SIDE, generator)

        write_features(lower, len(places), look, folder / f"view{view}.npy")
    write_features(lower, len(places), plain, folder / "plain.npy")
    write_features(lower, len(places), lambda face: plain(face)[:, ::-1], folder / "mirrored.npy")

    def opened(name: str) -> NDArray[np.float16]:
        kept: NDArray[np.float16] = np.load(folder / f"{name}.npy", mmap_mode="r")
        return kept

    training = tuple(opened(f"view{view}") for view in range(VIEWS))
    return FaceViews(training, (opened("plain"), opened("mirrored")))
