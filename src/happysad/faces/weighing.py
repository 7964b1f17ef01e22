"""What both views saw becomes one answer, and a sentence about it; numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle.manifest import OFF_TOPIC
from happysad.faces.fusion import TERMS, Readings, evidence, fuse
from happysad.records import Face, Views

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from happysad.bundle.manifest import Head, Manifest
    from happysad.faces.finder import Place
    from happysad.faces.fusion import Shares
    from happysad.faces.views import Embedding

_STEEPEST = 60.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """The answer about one picture, and what it is made of.

    Attributes:
        shares: the logit of the positive class, and what each view added to it.
        scene: logit of the positive class from the scene alone.
        faces: logit of the positive class of each face, shape (F,).
        off_topic: probability that the picture is neither; None without such a head.
    """

    shares: Shares
    scene: float
    faces: NDArray[np.float64]
    off_topic: float | None


class Weigher:
    """The heads of a model of two views, and the weights that join them.

    Args:
        manifest: of the kind ``two-view``.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._heads = {name: _Line.of(head) for name, head in manifest.heads.items()}
        self._fusion = np.array([manifest.fusion[term] for term in TERMS])
        self._classes = manifest.classes

    def weigh(self, embedding: Embedding) -> Weighed:
        """Weigh what was seen in one picture."""
        scene = float(self._heads["scene"].logits(embedding.scene))
        readings = Readings(
            logits=self._heads["faces"].logits(embedding.faces),
            scores=embedding.scores.astype(np.float64),
            areas=embedding.areas.astype(np.float64),
            sides=embedding.sides.astype(np.float64),
        )
        off_topic = None
        if OFF_TOPIC in self._heads:
            off_topic = float(sigmoid(self._heads[OFF_TOPIC].logits(embedding.scene)))
        shares = fuse(evidence(scene, readings), self._fusion)
        return Weighed(shares=shares, scene=scene, faces=readings.logits, off_topic=off_topic)

    def probabilities(self, embeddings: Iterable[Embedding]) -> NDArray[np.float64]:
        """Return uncalibrated probabilities of the two classes, shape (N, 2)."""
        return rows_of([self.weigh(embedding) for embedding in embeddings])

    def faces(self, weighed: Weighed, places: Sequence[Place]) -> tuple[Face, ...]:
        """Return the faces of a picture, each with its own reading."""
        return tuple(
            Face(box=place.box, score=place.score, probabilities=self._named(float(positive)))
            for place, positive in zip(places, sigmoid(weighed.faces), strict=True)
        )

    def views(self, weighed: Weighed) -> Views:
        """Return what each view said and how much it counted."""
        scene = float(sigmoid(weighed.scene))
        share = _faces_share(weighed)
        return Views(
            scene=scene,
            scene_share=1 - share,
            faces_share=share,
            sentence=_sentence(scene, sigmoid(weighed.faces), self._classes),
        )

    def scene_map(self, grid: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the scene's logit cell by cell: a class-activation map.

        The head is linear and the features are the mean of the cells, so the mean of this map is
        the scene's logit (Zhou et al., "Learning Deep Features for Discriminative Localization",
        CVPR 2016).

        Args:
            grid: features of the cells, shape (rows, columns, D).

        Returns:
            Shape (rows, columns); above 0 speaks for the second class, below for the first.
        """
        return self._heads["scene"].logits(grid)

    def _named(self, positive: float) -> dict[str, float]:
        return dict(zip(self._classes, (1 - positive, positive), strict=True))


@dataclass(frozen=True, slots=True)
class _Line:
    """A head as arrays."""

    weights: NDArray[np.float64]
    bias: float

    @classmethod
    def of(cls, head: Head) -> _Line:
        return cls(np.array(head.weights, np.float64), head.bias)

    def logits(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = features.astype(np.float64) @ self.weights + self.bias
        return result


def rows_of(weighed: Sequence[Weighed]) -> NDArray[np.float64]:
    """Return uncalibrated probabilities of the two classes, shape (N, 2)."""
    positive = sigmoid(np.array([item.shares.logit for item in weighed], np.float64))
    return np.stack([1 - positive, positive], axis=1)


def sigmoid(logits: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return probabilities of logits, without overflow."""
    result: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(logits, -_STEEPEST, _STEEPEST)))
    return result


def _faces_share(weighed: Weighed) -> float:
    """Return how much the faces moved the answer, of all that moved it."""
    if len(weighed.faces) == 0:
        return 0.0
    scene, faces = abs(weighed.shares.scene), abs(weighed.shares.faces)
    return 0.5 if scene + faces == 0 else faces / (scene + faces)


def _sentence(scene: float, faces: NDArray[np.float64], classes: tuple[str, ...]) -> str:
    """Say what each view saw, e.g. ``scene 0.7 sad, 3 faces 0.9 sad on average``."""
    said = f"scene {_said(scene, classes)}"
    if len(faces) == 0:
        return f"{said}, no face"
    if len(faces) == 1:
        return f"{said}, 1 face {_said(float(faces[0]), classes)}"
    return f"{said}, {len(faces)} faces {_said(float(faces.mean()), classes)} on average"


def _said(positive: float, classes: tuple[str, ...]) -> str:
    """Return e.g. ``0.7 sad``: the likelier class and its probability."""
    return f"{max(positive, 1 - positive):.1f} {classes[int(positive >= 0.5)]}"
