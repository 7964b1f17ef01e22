"""From trained views to the bundle that is shipped, with weights as half floats."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import onnx
from backbone import plain
from onnx import TensorProto, helper, numpy_helper

from happysad.bundle.archive import Bundle
from happysad.bundle.manifest import FUSION_TERMS, Head, Manifest
from happysad.config import Preprocessing
from happysad.training.onnx_writer import write_onnx
from happysad.training.origin import library_versions
from happysad.training.run_folder import now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from happysad.bundle.manifest import TrainedPicture

LOOK = 768
"""Longer side of the picture in which faces are looked for."""

NOTES = (
    "Says what expression or mood a picture displays, which is not what anybody in it feels. Not "
    "for decisions about people. Its scores are those of models of the same recipe on whole "
    "collections that they had not seen. See MODEL_CARD.md."
)
_LIBRARIES = ("happysad", "keras", "numpy", "onnx", "onnxruntime", "pillow")
_WORTH_HALVING = 256
"""Tensors with fewer values stay as they are: biases and constants."""


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


def scene_graph(front: keras.Model, tail: keras.Model, side: int) -> bytes:
    """Return ``pixels`` uint8 (N, side, side, 3) → ``features`` (N, D), ``grid`` (N, h, w, D)."""
    grid = _until(plain(tail), "grid")
    return halved(_edited(_joined(front, grid, side), _pool_grid))


def expression_graph(lower: keras.Model, upper: keras.Model, side: int) -> bytes:
    """Return ``pixels`` uint8 (F, side, side, 3) → ``features`` (F, E)."""
    pooled = _until(plain(upper), "face_pooled")
    return halved(_edited(_joined(plain(lower), pooled, side), _name_features))


def _until(model: keras.Model, layer: str) -> keras.Model:
    return keras.Model(model.input, model.get_layer(layer).output)


def _joined(first: keras.Model, second: keras.Model, side: int) -> bytes:
    inputs = keras.Input((side, side, 3))
    return write_onnx(keras.Model(inputs, second(first(inputs))))


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


def halved(graph: bytes) -> bytes:
    """Return a graph with its large weights stored as half floats, cast when it is loaded."""
    model = onnx.load_from_string(graph)
    casts, kept = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _WORTH_HALVING:
            kept.append(tensor)
            continue
        name = f"{tensor.name}_half"
        kept.append(numpy_helper.from_array(values.astype(np.float16), name))
        casts.append(helper.make_node("Cast", [name], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def _edited(graph: bytes, edit: Callable[[onnx.GraphProto], None]) -> bytes:
    """Return a graph with other outputs; the network's architecture is not kept with it."""
    model = onnx.load_from_string(graph)
    del model.metadata_props[:]
    edit(model.graph)
    return model.SerializeToString()


def _name_features(graph: onnx.GraphProto) -> None:
    """Call the one output ``features``."""
    _rename_output(graph, "features")


def _pool_grid(graph: onnx.GraphProto) -> None:
    """Call the one output ``grid`` and add its mean over the cells as ``features``."""
    _rename_output(graph, "grid")
    width = graph.output[0].type.tensor_type.shape.dim[3].dim_value
    axes = numpy_helper.from_array(np.array([1, 2], np.int64), "cells")
    graph.initializer.append(axes)
    graph.node.append(helper.make_node("ReduceMean", ["grid", "cells"], ["features"], keepdims=0))
    shape = ["pictures", width]
    graph.output.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, shape))


def _rename_output(graph: onnx.GraphProto, name: str) -> None:
    graph.node[-1].output[0] = graph.output[0].name = name


def _rounded(given: Head) -> Head:
    """Return a head with six digits a weight: far below what half floats keep of the features."""
    return replace(given, weights=tuple(float(f"{weight:.6g}") for weight in given.weights))
