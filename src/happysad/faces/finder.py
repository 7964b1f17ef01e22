"""Finding faces in a picture with BlazeFace on ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from happysad.bundle.ports import BOXES, SCORES
from happysad.errors import BundleError
from happysad.faces.boxes import anchors, blend, decode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.bundle.runtime import Network

SIDES = (96, 192, 384, 768)
"""Input sizes to look with; each step doubles what the network sees of a small face.

The published size is 192. Faces that fill most of the picture are found at 96 alone: on web
pictures of one person the share with a face rises from 0.63 (192) to 0.91 (96 and 192).
"""
SMALLEST_FACE = 24
MOST_FACES = 64
_SAME_FACE = 0.3

# Where every face found so far is as large as this, the picture shows people and no crowd, and
# what a closer look could add is in the background. The closest look is three quarters of all the
# work. Of 69 web pictures of more than 384 px the rule spares it to 12 of the 47 that show a face
# and loses none; of 31 pictures of 768 px one loses its third face.
_LARGE_FACE = 128


@dataclass(frozen=True, slots=True)
class Place:
    """Where one face is; every number is a share of the picture's width or height.

    Attributes:
        box: left, top, right, bottom, within 0 and 1.
        points: (x, y) of right eye, left eye, nose, mouth, right ear and left ear.
        score: the finder's confidence, 0 to 1.
    """

    box: tuple[float, float, float, float]
    points: tuple[tuple[float, float], ...]
    score: float


class Finder:
    """A loaded face finder.

    Args:
        network: ``pixels`` float32 (N, H, W, 3), RGB 0–255 → ``boxes`` (N, A, 16) and
            ``scores`` (N, A).
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    def find(
        self,
        pixels: NDArray[np.uint8],
        *,
        score: float = 0.4,
        smallest: int = SMALLEST_FACE,
        limit: int = MOST_FACES,
        sides: tuple[int, ...] = SIDES,
    ) -> tuple[Place, ...]:
        """Find faces.

        Args:
            pixels: uint8 RGB of shape (height, width, 3).
            score: least confidence, 0 to 1.
            smallest: least side of a face, in pixels of ``pixels``.
            limit: the most faces to return.
            sides: input sizes to look with, ascending; those above 192 only for pictures as
                large that do not show large faces alone.

        Returns:
            The faces, best score first.
        """
        height, width = pixels.shape[:2]
        places, scores = np.empty((0, 8, 2), np.float32), np.empty(0, np.float32)
        for side in sides:
            if side > max(192, height, width) or (side > 192 and _are_large(places)):
                break
            new_places, new_scores = self._look(pixels, side, score)
            places = np.concatenate([places, new_places])
            scores = np.concatenate([scores, new_scores])
        places, scores = blend(places, scores, threshold=_SAME_FACE, limit=limit)
        large = (places[:, 1] - places[:, 0]).max(axis=1) >= smallest
        size = np.array([width, height], np.float32)
        return tuple(
            _place(place / size, value)
            for place, value in zip(places[large], scores[large], strict=True)
        )

    def _look(
        self, pixels: NDArray[np.uint8], side: int, score: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return candidates in pixels of the picture."""
        framed, scale = _framed(pixels, side)
        raw, logits = self._network.run(framed[None], BOXES, SCORES)
        height, width = framed.shape[:2]
        if raw.shape[1] != logits.shape[1] or logits.shape[1] != len(anchors(height, width)):
            msg = (
                f"The model's face finder gave {raw.shape[1]} boxes and {logits.shape[1]} scores "
                f"for {width} × {height} pixels, not one for each anchor."
            )
            raise BundleError(msg)
        places, scores = decode(raw[0], logits[0], height=height, width=width, score=score)
        return places / np.float32(scale), scores


def _are_large(places: NDArray[np.float32]) -> bool:
    """Tell whether there are faces and all of them are large."""
    extents = (places[:, 1] - places[:, 0]).max(axis=1)
    return len(extents) > 0 and float(extents.min()) >= _LARGE_FACE


def _framed(pixels: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], float]:
    """Shrink or enlarge to a longer side of ``side``; black below and to the right."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    framed = np.zeros((side, side, 3), np.uint8)
    framed[: size[1], : size[0]] = np.asarray(image)
    return framed, scale


def _place(shares: NDArray[np.float32], score: np.float32) -> Place:
    left, top, right, bottom = np.clip(shares[:2], 0, 1).ravel().tolist()
    points = tuple((x, y) for x, y in shares[2:].tolist())
    return Place((left, top, right, bottom), points, float(score))
