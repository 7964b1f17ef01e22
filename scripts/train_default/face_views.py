"""What the lower blocks of the expression network make of every face, computed once.

A *view* is one random change of every face: turned, scaled, shifted, mirrored, recoloured. An
epoch of any fold trains on one view. Faces are judged as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from expression import SIDE, changed, plain_crop
from numpy.lib.format import open_memmap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import keras
    from expression import Faces
    from numpy.typing import NDArray

VIEWS = 3
_BATCH = 128


@dataclass(frozen=True)
class FaceViews:
    """Features of all faces of all sources, one source after the other.

    Attributes:
        training: ``VIEWS`` arrays (F, 10, 10, 40) float16 of changed faces.
        judged: the same of the faces as they are.
    """

    training: tuple[NDArray[np.float16], ...]
    judged: NDArray[np.float16]


def face_views(sources: list[Faces], lower: keras.Model, folder: Path) -> FaceViews:
    """Compute the views, or open them where that is done.

    Args:
        sources: the faces.
        lower: from ``expression.lower``.
        folder: where the ``.npy`` files lie.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for view in range(VIEWS):

        def look(crop: NDArray[np.uint8], share: float, row: int, view: int = view) -> NDArray:
            return changed(crop, share, SIDE, np.random.default_rng((view, row)))

        _features(sources, lower, folder / f"view{view}.npy", look)
    judged = folder / "judged.npy"
    _features(sources, lower, judged, lambda crop, share, _row: plain_crop(crop, share, SIDE))
    opened = [np.load(folder / f"view{view}.npy", mmap_mode="r") for view in range(VIEWS)]
    return FaceViews(tuple(opened), np.load(judged, mmap_mode="r"))


def _features(
    sources: list[Faces],
    lower: keras.Model,
    target: Path,
    look: Callable[[NDArray[np.uint8], float, int], NDArray[np.uint8]],
) -> None:
    """Write the features of every face as ``look`` changes it; skip what is there."""
    if target.exists():
        return
    places = [(source, row) for source in sources for row in range(len(source.crops))]
    partial, kept = target.with_suffix(".partial.npy"), None
    for start in range(0, len(places), _BATCH):
        chosen = enumerate(places[start : start + _BATCH], start)
        crops = [look(source.crops[row], source.share, number) for number, (source, row) in chosen]
        features = np.asarray(lower.predict_on_batch(np.stack(crops).astype(np.float32)))
        if kept is None:
            kept = open_memmap(partial, "w+", np.float16, (len(places), *features.shape[1:]))
        kept[start : start + len(features)] = features
    partial.rename(target)
