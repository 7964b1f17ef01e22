"""From trained views to the bundle that is shipped, with weights as half floats."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from happysad.bundle.archive import Bundle
from happysad.bundle.manifest import FUSION_TERMS, Head, Manifest
from happysad.config import Preprocessing
from happysad.training.origin import library_versions
from happysad.training.run_folder import now
from happysad.training.view_graphs import expression_graph, scene_graph

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras
    from numpy.typing import NDArray

    from happysad.bundle.manifest import TrainedPicture

LOOK = 768
"""Longer side of the picture in which faces are looked for."""

NOTES = (
    "Says what expression or mood a picture displays, which is not what anybody in it feels. Not "
    "for decisions about people. Its scores are those of models of the same recipe on whole "
    "collections that they had not seen. See MODEL_CARD.md."
)
__all__ = ["Origin", "Reading", "expression_graph", "head", "make_bundle", "scene_graph"]

_LIBRARIES = ("happysad", "keras", "numpy", "onnx", "onnxruntime", "pillow")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is read from the views' features.

    Attributes:
        heads: ``scene``, ``faces`` and perhaps ``off_topic``.
        fusion: the weights that join the views, in the order of ``FUSION_TERMS``.
        temperature: divides the fused logit.
        unsure_below: least probability of an answer.
        off_topic_above: probability of ``off_topic`` above which there is no answer.
    """

    heads: Mapping[str, Head]
    fusion: NDArray[np.float64]
    temperature: float = 1.0
    unsure_below: float = 0.0
    off_topic_above: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What the bundle says of where it comes from.

    Attributes:
        name: the bundle's name.
        notes: a few sentences.
        training: the pictures that shaped the weights.
        options: the recipe's options as plain values.
    """

    name: str
    notes: str
    training: tuple[TrainedPicture, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


def head(layer: keras.layers.Dense, column: int = 0, less: int | None = None) -> Head:
    """Return one output of a dense layer; ``less`` subtracts another one of a softmax."""
    kernel, bias = (np.asarray(part, np.float64) for part in layer.get_weights())
    if less is not None:
        kernel, bias = kernel - kernel[:, [less]], bias - bias[less]
    return Head(tuple(kernel[:, column].tolist()), float(bias[column]))


def make_bundle(graphs: Mapping[str, bytes], reading: Reading, origin: Origin) -> Bundle:
    """Put graphs and readings into a bundle of the kind ``two-view``."""
    side = onnx.load_from_string(graphs["scene"]).graph.input[0].type.tensor_type.shape.dim[1]
    manifest = Manifest(
        name=origin.name,
        created=now(),
        preset="two-view",
        kind="two-view",
        classes=("happy", "sad"),
        preprocessing=Preprocessing(width=side.dim_value, height=side.dim_value, look=LOOK),
        output="sigmoid",
        temperature=reading.temperature,
        unsure_below=reading.unsure_below,
        off_topic_above=reading.off_topic_above,
        heads={name: _rounded(item) for name, item in reading.heads.items()},
        fusion=dict(zip(FUSION_TERMS, reading.fusion.round(6).tolist(), strict=True)),
        training=origin.training,
        options=origin.options,
        versions=library_versions(_LIBRARIES),
        licence="Apache-2.0",
        notes=origin.notes,
    )
    return Bundle(manifest, dict(graphs))


def _rounded(given: Head) -> Head:
    """Return a head with six digits a weight: far below what half floats keep of the features."""
    return replace(given, weights=tuple(float(f"{weight:.6g}") for weight in given.weights))
