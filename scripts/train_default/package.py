"""From trained views to the graphs that are shipped, with weights as half floats."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from happysad.faces.fusion import TERMS
from happysad.training.onnx_writer import write_onnx

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_WORTH_HALVING = 256
"""Tensors with fewer values stay as they are: biases and constants."""


def scene_graph(front: keras.Model, tail: keras.Model, side: int) -> bytes:
    """Return the scene view: ``pixels`` uint8 (N, side, side, 3) → ``probability`` (N, 1)."""
    inputs = keras.Input((side, side, 3))
    return _graph(inputs, tail(front(inputs)))


def expression_graph(model: keras.Model, side: int) -> bytes:
    """Return the expression view: ``pixels`` uint8 (N, side, side, 3) → ``probability`` (N, 1)."""
    inputs = keras.Input((side, side, 3))
    return _graph(inputs, model(inputs))


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


def write(
    folder: Path, graphs: dict[str, bytes], weights: NDArray[np.float64], figures: dict[str, Any]
) -> None:
    """Write the graphs, and ``package.json`` with their hashes, the fusion and its figures."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = {}
    for name, graph in graphs.items():
        (folder / f"{name}.onnx").write_bytes(graph)
        listed[name] = {"sha256": hashlib.sha256(graph).hexdigest(), "bytes": len(graph)}
    fusion = dict(zip(TERMS, weights.round(6).tolist(), strict=True))
    text = json.dumps({"graphs": listed, "fusion": fusion, "figures": figures}, indent=1)
    (folder / "package.json").write_text(text + "\n", encoding="utf-8")


def _graph(inputs: Any, logits: Any) -> bytes:
    outputs = keras.layers.Activation("sigmoid", name="probability")(logits)
    return halved(write_onnx(keras.Model(inputs, outputs)))
