"""From a Keras network to the ONNX graph that predicts; needs ``onnx`` and no converter.

The graph takes ``pixels`` (N, height, width, 3), 0 to 255, RGB, and gives ``probability``. Its
weights keep the names of their layers, and its metadata the network's architecture, so that
``restore`` can turn it back into a Keras model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from happysad.bundle.ports import INPUT, OUTPUT
from happysad.errors import UsageError
from happysad.training.onnx_graph import GraphBuilder, Tensor
from happysad.training.onnx_layers import WRITERS, unsupported


def write_onnx(model: Any, *, input_dtype: Literal["uint8", "float32"] = "uint8") -> bytes:
    """Return a network as a serialised ONNX model.

    Args:
        model: a built ``keras.Model``, functional or sequential, with one input and one output.
        input_dtype: type of ``pixels``.

    Raises:
        UsageError: the network has a layer, or an option of one, that cannot be written.
        MissingExtraError: onnx is not installed.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        msg = (
            f"A network with one input and one output can be saved. Got {len(model.inputs)} "
            f"and {len(model.outputs)}."
        )
        raise UsageError(msg)
    graph = GraphBuilder()
    shape = list(model.inputs[0].shape)
    name = graph.add("Cast", INPUT, to=1) if input_dtype == "uint8" else INPUT
    result = _write_model(graph, model, "", Tensor(name, len(shape)))
    graph.add("Identity", graph.channels_last(result).name, output=OUTPUT)
    return graph.serialize(
        (INPUT, input_dtype, ["pictures", *shape[1:]]),
        (OUTPUT, ["pictures", *model.outputs[0].shape[1:]]),
        _architecture(model),
    )


def _architecture(model: Any) -> str:
    """Return the network's architecture as JSON, without how it was compiled."""
    tree = json.loads(model.to_json())
    tree.pop("compile_config", None)
    return json.dumps(tree, sort_keys=True)


def weighted_layers(model: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (prefix of its weights' names, layer) for every layer, nested models opened."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from weighted_layers(layer, f"{prefix}{layer.name}/")
        else:
            yield prefix, layer


def _write_model(graph: GraphBuilder, model: Any, prefix: str, tensor: Tensor) -> Tensor:
    known = {id(model.inputs[0]): tensor}
    for layer, inputs, output in _calls(model):
        if type(layer).__name__ == "InputLayer":
            continue
        given = [known[id(item)] for item in inputs]
        known[id(output)] = _write_layer(graph, layer, prefix, given)
    return known[id(model.outputs[0])]


def _write_layer(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:
    if hasattr(layer, "layers"):
        return _write_model(graph, layer, f"{prefix}{layer.name}/", inputs[0])
    kind = type(layer)
    # A subclass or a custom layer of a known name may compute something else.
    if not kind.__module__.startswith("keras.") or kind.__name__ not in WRITERS:
        raise unsupported(layer, "there is no writer for it")
    return WRITERS[kind.__name__](graph, layer, prefix, inputs)


def _calls(model: Any) -> Iterator[tuple[Any, list[Any], Any]]:
    """Yield (layer, input tensors, output tensor) of every call, in an order that works."""
    # A sequential model keeps the graph of its calls in a functional one. Keras has no public
    # way to walk that graph; this is the one its own exporters take.
    functional = getattr(model, "_functional", None) or model
    for depth in sorted(functional._nodes_by_depth, reverse=True):
        for node in functional._nodes_by_depth[depth]:
            yield node.operation, list(node.arguments.keras_tensors), node.outputs[0]
