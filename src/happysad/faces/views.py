"""Looking at a picture in two ways: the whole scene, and every face in it.

What is seen is numbers, not yet an answer: ``weighing`` makes one of them. Training and predicting
both see through here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle.ports import BOX_NUMBERS, BOXES, FEATURES, GRID, SCORES
from happysad.bundle.runtime import Network
from happysad.errors import BundleError, UsageError
from happysad.faces.crops import face_crop
from happysad.faces.finder import Finder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from happysad.bundle.archive import Bundle
    from happysad.faces.finder import Place
    from happysad.pictures.prepared import Prepared

# All three graphs keep an arena: the finder's sizes change from run to run, and memory that comes
# and goes in such pieces is not given back (608 MB against 336 MB, 107 ms a picture against 76,
# measured on a folder of 120 pictures).

# Crops a run of the graph: 64 faces at once would take 16 times the memory for no gain in time.
_CROPS = 16


@dataclass(frozen=True, slots=True)
class Embedding:
    """What both views keep of one picture, in numbers.

    Attributes:
        scene: features of the whole picture, float32 of shape (D,).
        faces: features of each face, float32 of shape (F, E); F may be 0.
        scores: the finder's confidence in each face, 0 to 1, shape (F,).
        areas: share of the picture that each face's box takes, 0 to 1, shape (F,).
        sides: longer side of each box, in pixels of the picture that was looked at, shape (F,).
    """

    scene: NDArray[np.float32]
    faces: NDArray[np.float32]
    scores: NDArray[np.float32]
    areas: NDArray[np.float32]
    sides: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture after both views have looked at it.

    Attributes:
        embedding: what they keep.
        places: where the faces are, best found first, in the embedding's order.
        grid: the scene's features cell by cell, float32 of shape (rows, columns, D), where they
            were asked for; their mean over the cells is ``embedding.scene``.
    """

    embedding: Embedding
    places: tuple[Place, ...]
    grid: NDArray[np.float32] | None = None


class ViewReader:
    """The graphs of a model of two views.

    The scene's graph is loaded at once; the finder's and the expression's when they are first
    needed.

    Args:
        bundle: of the kind ``two-view``.

    Raises:
        BundleError: ONNX Runtime does not accept the scene's graph, or the bundle has one view.
    """

    def __init__(self, bundle: Bundle) -> None:
        if bundle.manifest.kind != "two-view":
            msg = f"The model '{bundle.manifest.name}' has one view, of the scene; two are needed."
            raise BundleError(msg)
        self._graphs = {name: bundle.graphs[name] for name in ("expression", "finder")}
        heads = bundle.manifest.heads
        width, self._face_width = (len(heads[name].weights) for name in ("scene", "faces"))
        shapes = {FEATURES: (width,), GRID: (None, None, width)}
        self._scene = Network(bundle.graphs["scene"], arena=True, shapes=shapes)

    @cached_property
    def _finder(self) -> Finder:
        shapes = {BOXES: (None, BOX_NUMBERS), SCORES: (None,)}
        return Finder(Network(self._graphs["finder"], arena=True, shapes=shapes))

    @cached_property
    def _expression(self) -> Network:
        shapes = {FEATURES: (self._face_width,)}
        return Network(self._graphs["expression"], arena=True, shapes=shapes)

    def see(self, pictures: Sequence[Prepared], *, grid: bool = False) -> list[Seen]:
        """Look at some pictures; their crops go through the graph together.

        Args:
            pictures: prepared with the bundle's preprocessing.
            grid: also keep the scene's cells.

        Raises:
            BundleError: a graph cannot be run.
            UsageError: a picture was prepared for a model that looks for no faces.
        """
        if not pictures:
            return []
        outputs = (FEATURES, GRID) if grid else (FEATURES,)
        # One at a time: measured on two cores, 18 ms a picture alone, 31 ms in batches of 8, which
        # no longer fit the processor's cache and take 80 MB more.
        scene = [self._scene.run(item.pixels[None], *outputs) for item in pictures]
        looks = [_look(item) for item in pictures]
        places = [self._finder.find(look) for look in looks]
        faces = self._read_faces(looks, places)
        return [
            Seen(
                _embedding(scene[row][0][0], faces[row], places[row], look),
                places[row],
                scene[row][1][0] if grid else None,
            )
            for row, look in enumerate(looks)
        ]

    def _read_faces(
        self, looks: Sequence[NDArray[np.uint8]], places: Sequence[tuple[Place, ...]]
    ) -> list[NDArray[np.float32]]:
        """Return the features of each picture's faces, one array of shape (F, E) a picture."""
        counts = [len(found) for found in places]
        if not any(counts):
            return [np.zeros((0, self._face_width), np.float32)] * len(looks)
        side = int(self._expression.shape[1])
        crops = [
            face_crop(look, place, side=side)
            for look, found in zip(looks, places, strict=True)
            for place in found
        ]
        parts = [
            self._expression.run(np.stack(crops[start : start + _CROPS]), FEATURES)[0]
            for start in range(0, len(crops), _CROPS)
        ]
        return np.split(np.concatenate(parts), np.cumsum(counts)[:-1])


def _look(item: Prepared) -> NDArray[np.uint8]:
    if item.look is None:
        msg = f"{item.source!r} was prepared for a model that looks for no faces."
        raise UsageError(msg)
    return item.look


def _embedding(
    scene: NDArray[np.float32],
    faces: NDArray[np.float32],
    places: Sequence[Place],
    look: NDArray[np.uint8],
) -> Embedding:
    height, width = look.shape[:2]
    boxes = np.array([place.box for place in places], np.float32).reshape(-1, 4)
    shares = boxes[:, 2:] - boxes[:, :2]
    return Embedding(
        scene=scene,
        faces=faces,
        scores=np.array([place.score for place in places], np.float32),
        areas=shares.prod(axis=1),
        sides=(shares * np.array([width, height], np.float32)).max(axis=1, initial=0),
    )
