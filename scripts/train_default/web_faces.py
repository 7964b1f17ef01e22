"""Finding and cutting out the faces of the training pictures, once for every later stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.faces.crops import MARGIN, face_crop
from happysad.pictures.decode import decode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from happysad.faces.finder import Finder

KEPT_SIDE = 128
READ_MARGIN = MARGIN
KEPT_MARGIN = 1.7
"""Wider than what a network reads, so that training can shift, turn and scale."""
MOST_KEPT = 8
_SIDES = (96, 192)


@dataclass(frozen=True)
class WebFaces:
    """The faces of the training pictures; every array has shape (F, …).

    Attributes:
        crops: uint8 (F, 128, 128, 3) RGB, upright.
        rows: int64, the picture's row in the table.
        boxes: float32 (F, 4), left, top, right, bottom as shares of the picture.
        scores: float32, the finder's confidence.
        sides: float32, longer side of the box in pixels of the stored picture.
    """

    crops: NDArray[np.uint8]
    rows: NDArray[np.int64]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    sides: NDArray[np.float32]


def find_web_faces(files: Sequence[Path], finder: Finder, folder: Path) -> WebFaces:
    """Return the faces of every picture, from ``folder`` where they were found before."""
    if not (folder / "places.npz").exists():
        _find(files, finder, folder)
    return load_web_faces(folder)


def load_web_faces(folder: Path) -> WebFaces:
    """Return the faces that were found before."""
    crops = np.load(folder / "crops.npy", mmap_mode="r")
    with np.load(folder / "places.npz") as kept:
        return WebFaces(crops, kept["rows"], kept["boxes"], kept["scores"], kept["sides"])


def _find(files: Sequence[Path], finder: Finder, folder: Path) -> None:
    crops, rows, boxes, scores, sides = [], [], [], [], []
    for row, file in enumerate(files):
        pixels = decode(file.read_bytes(), source=str(file)).pixels
        height, width = pixels.shape[:2]
        for place in finder.find(pixels, sides=_SIDES, score=0.35, limit=MOST_KEPT):
            left, top, right, bottom = place.box
            crops.append(face_crop(pixels, place, side=KEPT_SIDE, margin=KEPT_MARGIN))
            rows.append(row)
            boxes.append(place.box)
            scores.append(place.score)
            sides.append(max((right - left) * width, (bottom - top) * height))
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "crops.npy", np.stack(crops))
    np.savez(
        folder / "places.npz",
        rows=np.array(rows, np.int64),
        boxes=np.array(boxes, np.float32),
        scores=np.array(scores, np.float32),
        sides=np.array(sides, np.float32),
    )
