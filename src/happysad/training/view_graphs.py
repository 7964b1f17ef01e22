"""The graphs of a model with two views, from Keras networks and back; needs ``onnx``.

A graph's large weights are stored as half floats. They keep the names of their layers, so that a
scene that was saved can be trained further.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.bundle.ports import FEATURES, GRID
from happysad.errors import BundleError
from happysad.training.efficientnet import SCALED, front, keras, plain, tail
from happysad.training.engine import load_onnx
from happysad.training.onnx_writer import write_onnx
from happysad.training.weight_layouts import HALF, from_onnx, weights_by_layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_WORTH_HALVING = 256
"""Tensors with fewer values stay as they are: biases and constants."""

_USUAL_SIZE = 0.08
"""Root mean square of a kernel's weights as ImageNet leaves them: 0.05 to 0.16 in every layer."""


def scene_graph(front: Any, tail: Any, side: int) -> bytes:
    """Return ``pixels`` uint8 (N, side, side, 3) → ``features`` (N, D), ``grid`` (N, h, w, D).

    The grid is the mean of those of the picture as it is and mirrored, turned back.
    """
    both = _edited(_joined(front, _until(tail, "grid"), side), _read_both_sides)
    return halved(_edited(both, _pool_grid))


def expression_graph(lower: Any, upper: Any, side: int) -> bytes:
    """Return ``pixels`` uint8 (F, side, side, 3) → ``features`` (F, E).

    The features are the mean of those of the face as it is and mirrored.
    """
    pooled = _until(upper, "face_pooled")
    both = _edited(_joined(plain(lower), pooled, side), _read_both_sides)
    return halved(_edited(both, lambda written: _rename_output(written, FEATURES)))


def scene_networks(scene: bytes) -> tuple[Any, Any]:
    """Return the front and the tail that ``scene_graph`` made a graph of.

    The tail's last layer, which is not in the graph, is new.

    Raises:
        BundleError: the graph holds another network.
    """
    known = weights_by_layer(scene)
    lower, upper = front(), tail()
    try:
        for model in (lower, upper):
            for layer in model.layers:
                if layer.weights and layer.name != "logit":
                    _fill(layer, known)
    except (KeyError, ValueError) as error:
        msg = (
            "The scene's graph does not hold the network that happysad fine-tunes, "
            f"EfficientNet-Lite0: {error}."
        )
        raise BundleError(msg) from error
    return lower, upper


def halved(given: bytes) -> bytes:
    """Return a graph with its large weights stored as half floats, cast when it is loaded."""
    onnx = load_onnx()
    model = onnx.load_from_string(given)
    casts, kept = [], []
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _WORTH_HALVING:
            kept.append(tensor)
            continue
        name = f"{tensor.name}{HALF}"
        kept.append(onnx.numpy_helper.from_array(values.astype(np.float16), name))
        to = onnx.TensorProto.FLOAT
        casts.append(onnx.helper.make_node("Cast", [name], [tensor.name], to=to))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _fill(layer: Any, known: dict[str, NDArray[np.generic]]) -> None:
    """Give a layer the weights that bear its name."""
    scaled = type(layer) in {SCALED.ordinary, SCALED.channelwise}
    kind = type(layer).__name__.removeprefix("Scaled")
    for variable in layer.weights:
        if variable.name == "scale":
            continue
        array: NDArray[Any] = np.asarray(known[f"{layer.name}/{variable.name}"], np.float32)
        array = from_onnx(kind, variable.name, array, tuple(variable.shape))
        if scaled and variable.name == "kernel":
            channels = (0, 1, 3) if kind == "DepthwiseConv2D" else (0, 1, 2)
            # The steps of AdamW have one size for all weights, whatever theirs is.
            scale = np.sqrt(np.square(array).mean(axis=channels)) / _USUAL_SIZE
            scale = np.where(scale > 0, scale, 1).reshape(layer.scale.shape)
            layer.scale.assign(scale)
            array = array / scale
        variable.assign(array)


def _until(model: Any, layer: str) -> Any:
    """Return a network up to a layer, with ordinary convolutions."""
    # A part of it is not compiled: Keras would want to copy the metrics, too.
    return plain(keras.Model(model.input, model.get_layer(layer).output, name=model.name))


def _joined(first: Any, second: Any, side: int) -> bytes:
    inputs = keras.Input((side, side, 3))
    return write_onnx(keras.Model(inputs, second(first(inputs))))


def _edited(given: bytes, edit: Callable[[Any], None]) -> bytes:
    """Return a graph with other outputs; the network's architecture is not kept with it."""
    model = load_onnx().load_from_string(given)
    del model.metadata_props[:]
    edit(model.graph)
    data: bytes = model.SerializeToString()
    return data


def _read_both_sides(written: Any) -> None:
    """Run mirrored pictures behind the given ones; the output becomes the mean of both.

    An output with rows and columns is that of the picture as it is: the mirrored one's is turned
    back before.
    """
    onnx = load_onnx()
    node, name = onnx.helper.make_node, written.input[0].name
    for reader in written.node:
        reader.input[:] = ["sides" if used == name else used for used in reader.input]
    shape = [size.dim_value for size in written.output[0].type.tensor_type.shape.dim[1:]]
    numbers = {
        "first": [0],
        "last": [-1],
        "before_first": [np.iinfo(np.int64).min],
        "columns": [2],
        "paired": [2, -1, *shape],
    }
    last = written.node[-1]
    output, last.output[0] = last.output[0], "one_after_another"
    nodes = [
        node("Slice", [name, "last", "before_first", "columns", "last"], ["mirrored"]),
        node("Concat", [name, "mirrored"], ["sides"], axis=0),
        *written.node,
        node("Reshape", ["one_after_another", "paired"], ["pair"]),
    ]
    if len(shape) == 3:
        numbers |= {"second": [1], "behind_second": [2], "columns_of_pair": [3]}
        turned = ["mirrored_side", "last", "before_first", "columns_of_pair", "last"]
        nodes += [
            node("Slice", ["pair", "first", "second", "first"], ["side_as_it_is"]),
            node("Slice", ["pair", "second", "behind_second", "first"], ["mirrored_side"]),
            node("Slice", turned, ["turned_back"]),
            node("Concat", ["side_as_it_is", "turned_back"], ["turned_pair"], axis=0),
        ]
    nodes.append(node("ReduceMean", [nodes[-1].output[0], "first"], [output], keepdims=0))
    written.initializer.extend(
        onnx.numpy_helper.from_array(np.array(values, np.int64), key)
        for key, values in numbers.items()
    )
    del written.node[:]
    written.node.extend(nodes)


def _pool_grid(written: Any) -> None:
    """Call the one output ``grid`` and add its mean over the cells as ``features``."""
    onnx = load_onnx()
    _rename_output(written, GRID)
    width = written.output[0].type.tensor_type.shape.dim[3].dim_value
    written.initializer.append(onnx.numpy_helper.from_array(np.array([1, 2], np.int64), "cells"))
    written.node.append(
        onnx.helper.make_node("ReduceMean", [GRID, "cells"], [FEATURES], keepdims=0)
    )
    shape = ["pictures", width]
    kind = onnx.TensorProto.FLOAT
    written.output.append(onnx.helper.make_tensor_value_info(FEATURES, kind, shape))


def _rename_output(written: Any, name: str) -> None:
    written.node[-1].output[0] = written.output[0].name = name
