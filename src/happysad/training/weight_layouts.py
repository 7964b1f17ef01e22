"""How the weights of a Keras layer lie in an ONNX graph, and back.

A weight is called ``layer/variable`` in the graph, so that a saved model can be trained further:
``restore`` finds it by that name and turns it back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.bundle import graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Turn = Callable[[NDArray[Any]], NDArray[Any]]
    TurnBack = Callable[[NDArray[Any], tuple[int, ...]], NDArray[Any]]


def _to_filters_first(kernel: NDArray[Any]) -> NDArray[Any]:
    """Return (height, width, channels, filters) as (filters, channels, height, width)."""
    return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))


def _to_filters_last(kernel: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    return kernel.transpose(2, 3, 1, 0).reshape(shape)


def _to_grouped(kernel: NDArray[Any]) -> NDArray[Any]:
    """Return a depthwise (height, width, channels, times) as (channels·times, 1, h, w)."""
    height, width, channels, times = kernel.shape
    return kernel.transpose(2, 3, 0, 1).reshape(channels * times, 1, height, width)


def _from_grouped(kernel: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    height, width, channels, times = shape
    return kernel.reshape(channels, times, height, width).transpose(2, 3, 0, 1)


_TURNS: Mapping[tuple[str, str], tuple[Turn, TurnBack]] = {
    ("Conv2D", "kernel"): (_to_filters_first, _to_filters_last),
    ("DepthwiseConv2D", "kernel"): (_to_grouped, _from_grouped),
    ("SeparableConv2D", "depthwise_kernel"): (_to_grouped, _from_grouped),
    ("SeparableConv2D", "pointwise_kernel"): (_to_filters_first, _to_filters_last),
}


HALF = "_half"
"""What the name of a weight that is stored as half floats ends with."""


def weights_by_layer(onnx: bytes) -> dict[str, NDArray[np.generic]]:
    """Return a graph's weights by ``layer/variable``, whatever model the layer is nested in.

    Args:
        onnx: a serialised graph that ``onnx_writer`` wrote.

    Raises:
        BundleError: the graph is damaged.
    """
    return {
        "/".join(name.removesuffix(HALF).split("/")[-2:]): array
        for name, array in graph.weights(onnx).items()
    }


def to_onnx(layer_class: str, variable: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return a layer's weight as the graph holds it."""
    turn = _TURNS.get((layer_class, variable))
    return array if turn is None else turn[0](array)


def from_onnx(
    layer_class: str, variable: str, array: NDArray[Any], shape: tuple[int, ...]
) -> NDArray[Any]:
    """Return a graph's weight as the layer holds it, in the layer's shape.

    Raises:
        ValueError: it does not have the numbers for that shape.
    """
    turn = _TURNS.get((layer_class, variable))
    return array.reshape(shape) if turn is None else turn[1](array, shape)
