"""Reading a picture in two views: the whole scene, and every face in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.faces.crops import face_crop
from happysad.faces.fusion import Readings, Shares, evidence, fuse
from happysad.pictures.prepare import prepare
from happysad.records import Face

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from happysad.config import Preprocessing
    from happysad.faces.finder import Finder, Place
    from happysad.records import Picture

_SURE = 1e-6


@dataclass(frozen=True, slots=True)
class TwoViews:
    """What both views say of one picture.

    Attributes:
        probability: of the positive class, both views together, not calibrated.
        scene: of the positive class, from the whole picture alone.
        faces: the faces, best found first, each with its own reading.
        shares: how much each view counted.
        classes: the two class names in label order.
    """

    probability: float
    scene: float
    faces: tuple[Face, ...]
    shares: Shares
    classes: tuple[str, str]

    @property
    def sentence(self) -> str:
        """Say in one sentence what each view saw, e.g. ``scene 0.7 sad, 1 face 0.9 sad``."""
        parts = [f"scene {_said(self.scene, self.classes)}"]
        if self.faces:
            mean = float(np.mean([face.probabilities[self.classes[1]] for face in self.faces]))
            noun = "face" if len(self.faces) == 1 else "faces"
            parts.append(f"{len(self.faces)} {noun} {_said(mean, self.classes)}")
        return ", ".join(parts)


class TwoViewReader:
    """Both views of a model with two classes.

    Args:
        scene: ONNX Runtime session: ``pixels`` uint8 (N, H, W, 3) → ``probability`` (N, 1) of the
            positive class.
        expression: likewise, for upright faces; its input is square.
        finder: where faces are.
        preprocessing: from a picture to the scene's input.
        weights: of the fusion, shape (8,), see ``fusion.TERMS``.
        classes: the two class names in label order; the second is the positive class.
    """

    def __init__(
        self,
        scene: Any,
        expression: Any,
        *,
        finder: Finder,
        preprocessing: Preprocessing,
        weights: NDArray[np.float64],
        classes: tuple[str, str],
    ) -> None:
        self._scene = scene
        self._expression = expression
        self._finder = finder
        self._preprocessing = preprocessing
        self._weights = weights
        self._classes = classes

    def read(self, picture: Picture) -> TwoViews:
        """Read one picture.

        Args:
            picture: of any size; faces are found at the size it has.
        """
        scene = self._probabilities(self._scene, [prepare(picture, self._preprocessing)])[0]
        places = self._finder.find(picture.pixels)
        readings = self._read_faces(picture.pixels, places)
        shares = fuse(evidence(float(_logit(scene)), readings), self._weights)
        return TwoViews(
            probability=float(1 / (1 + np.exp(-shares.logit))),
            scene=float(scene),
            faces=tuple(map(self._face, places, readings.logits)),
            shares=shares,
            classes=self._classes,
        )

    def _read_faces(self, pixels: NDArray[np.uint8], places: Sequence[Place]) -> Readings:
        height, width = pixels.shape[:2]
        boxes = np.array([place.box for place in places], np.float64).reshape(-1, 4)
        shares = boxes[:, 2:] - boxes[:, :2]
        side = int(self._expression.get_inputs()[0].shape[1])
        crops = [face_crop(pixels, place, side=side) for place in places]
        return Readings(
            logits=_logit(self._probabilities(self._expression, crops)),
            scores=np.array([place.score for place in places], np.float64),
            areas=shares.prod(axis=1),
            sides=(shares * [width, height]).max(axis=1),
        )

    def _probabilities(self, session: Any, pixels: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        """Return the probability of the positive class for every array, shape (N,)."""
        if not pixels:
            return np.zeros(0)
        (found,) = session.run(["probability"], {"pixels": np.stack(pixels)})
        return np.asarray(found[:, 0], np.float64)

    def _face(self, place: Place, logit: float) -> Face:
        positive = float(1 / (1 + np.exp(-logit)))
        values = dict(zip(self._classes, (1 - positive, positive), strict=True))
        return Face(box=place.box, score=place.score, probabilities=values)


def _logit(probability: NDArray[np.float64] | float) -> NDArray[np.float64]:
    bounded = np.clip(np.asarray(probability, np.float64), _SURE, 1 - _SURE)
    result: NDArray[np.float64] = np.log(bounded) - np.log1p(-bounded)
    return result


def _said(positive: float, classes: tuple[str, str]) -> str:
    """Return e.g. ``0.7 sad``: the likelier class and its probability."""
    return f"{max(positive, 1 - positive):.1f} {classes[int(positive >= 0.5)]}"
