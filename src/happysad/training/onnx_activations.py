"""Keras activations as ONNX nodes."""

from __future__ import annotations

from typing import Any

from happysad.errors import UsageError
from happysad.training.onnx_graph import GraphBuilder, Tensor

# Activation → operator and attributes, where one node does the same.
_ONE_NODE: dict[str, tuple[str, dict[str, Any]]] = {
    "elu": ("Elu", {"alpha": 1.0}),
    "exponential": ("Exp", {}),
    "gelu": ("Gelu", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard_silu": ("HardSwish", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "mish": ("Mish", {}),
    "relu": ("Relu", {}),
    "selu": ("Selu", {}),
    "sigmoid": ("Sigmoid", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "tanh": ("Tanh", {}),
}


def write_activation(graph: GraphBuilder, layer: Any, activation: Any, tensor: Tensor) -> Tensor:
    """Add an activation function to the graph.

    Args:
        graph: to add to.
        layer: whose activation it is, for the error.
        activation: the function as Keras holds it.
        tensor: its input.

    Raises:
        UsageError: the function is not a known one.
    """
    name = getattr(activation, "__name__", type(activation).__name__)
    if name == "linear":
        return tensor
    if name == "softmax":
        last = graph.channels_last(tensor)
        return Tensor(graph.add("Softmax", last.name, axis=-1), last.rank)
    if name == "relu6":
        return write_relu(graph, tensor, top=6.0)
    if name == "silu":
        gate = graph.add("Sigmoid", tensor.name)
        return _like(tensor, graph.add("Mul", tensor.name, gate))
    if name not in _ONE_NODE:
        msg = (
            f"The activation {name!r} of layer {layer.name!r} cannot be saved. "
            f"Use one of: linear, relu6, silu, softmax, {', '.join(sorted(_ONE_NODE))}."
        )
        raise UsageError(msg)
    operator, attributes = _ONE_NODE[name]
    return _like(tensor, graph.add(operator, tensor.name, **attributes))


def write_relu(
    graph: GraphBuilder, tensor: Tensor, *, slope: float = 0.0, top: float | None = None
) -> Tensor:
    """Add max(x, slope·x), cut off at ``top``."""
    if slope:
        name = graph.add("LeakyRelu", tensor.name, alpha=slope)
    else:
        name = graph.add("Relu", tensor.name)
    if top is not None:
        name = graph.add("Min", name, graph.constant(float(top)))
    return _like(tensor, name)


def _like(tensor: Tensor, name: str) -> Tensor:
    return Tensor(name, tensor.rank, tensor.channels_first)
