"""Keras layers as ONNX nodes: one short function each, found by the layer's class name.

Every function takes the graph, the layer, the prefix of its weights' names and its inputs, and
returns its output. What a layer does only while training is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from happysad.errors import UsageError
from happysad.training.onnx_activations import write_activation, write_relu
from happysad.training.onnx_graph import GraphBuilder, Tensor
from happysad.training.weight_layouts import to_onnx

Writer = Callable[[GraphBuilder, Any, str, list[Tensor]], Tensor]


def unsupported(layer: Any, what: str) -> UsageError:
    """Return the error for a layer that cannot be written."""
    return UsageError(
        f"The layer {layer.name!r} ({type(layer).__name__}) cannot be saved: {what}. "
        "Build the network from the layers listed in 'happysad.training.onnx_layers'."
    )


def _weight(graph: GraphBuilder, layer: Any, prefix: str, variable: str) -> str:
    array = np.asarray(getattr(layer, variable).numpy(), np.float32)
    turned = to_onnx(type(layer).__name__, variable, array)
    return graph.weight(f"{prefix}{layer.name}/{variable}", turned)


def _activated(graph: GraphBuilder, layer: Any, tensor: Tensor) -> Tensor:
    return write_activation(graph, layer, layer.activation, tensor)


def _same(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    return inputs[0]


def _rescaling(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    last = graph.channels_last(inputs[0])
    scaled = graph.add("Mul", last.name, graph.constant(layer.scale))
    if np.any(np.asarray(layer.offset) != 0):
        scaled = graph.add("Add", scaled, graph.constant(layer.offset))
    return Tensor(scaled, last.rank)


def _normalization(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    if layer.invert:
        raise unsupported(layer, "it inverts a normalization")
    last = graph.channels_last(inputs[0])
    mean, variance = np.asarray(layer.mean), np.asarray(layer.variance)
    spread = np.maximum(np.sqrt(variance), 1e-7)  # Keras' epsilon
    centred = graph.add("Sub", last.name, graph.constant(mean))
    return Tensor(graph.add("Div", centred, graph.constant(spread)), last.rank)


def _conv(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:
    kernel = _weight(graph, layer, prefix, "kernel")
    return _activated(graph, layer, _convolved(graph, layer, prefix, inputs[0], kernel))


def _depthwise(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:
    kernel = _weight(graph, layer, prefix, "kernel")
    groups = int(layer.kernel.shape[2])
    result = _convolved(graph, layer, prefix, inputs[0], kernel, groups=groups)
    return _activated(graph, layer, result)


def _separable(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:
    depthwise = _weight(graph, layer, prefix, "depthwise_kernel")
    first = graph.channels_first(inputs[0])
    deep = graph.add(
        "Conv",
        first.name,
        depthwise,
        group=int(layer.depthwise_kernel.shape[2]),
        **_window(layer, strides=layer.strides, dilations=layer.dilation_rate),
    )
    names = [deep, _weight(graph, layer, prefix, "pointwise_kernel")]
    if layer.use_bias:
        names.append(_weight(graph, layer, prefix, "bias"))
    return _activated(graph, layer, Tensor(graph.add("Conv", *names), 4, True))


def _convolved(
    graph: GraphBuilder,
    layer: Any,
    prefix: str,
    tensor: Tensor,
    kernel: str,
    *,
    groups: int | None = None,
) -> Tensor:
    names = [graph.channels_first(tensor).name, kernel]
    if layer.use_bias:
        names.append(_weight(graph, layer, prefix, "bias"))
    window = _window(layer, strides=layer.strides, dilations=layer.dilation_rate)
    group = layer.groups if groups is None else groups
    return Tensor(graph.add("Conv", *names, group=group, **window), 4, True)


def _window(layer: Any, **sizes: Any) -> dict[str, Any]:
    """Return the attributes of a sliding window; refuse what ONNX does otherwise."""
    if layer.data_format != "channels_last":
        raise unsupported(layer, f"its data_format is {layer.data_format!r}")
    padding = {"valid": "VALID", "same": "SAME_UPPER"}[layer.padding]
    plain = {name: [int(size) for size in value] for name, value in sizes.items()}
    return {"auto_pad": padding, **plain}


def _max_pool(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    window = _window(layer, kernel_shape=layer.pool_size, strides=layer.strides)
    first = graph.channels_first(inputs[0])
    return Tensor(graph.add("MaxPool", first.name, **window), 4, True)


def _average_pool(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    window = _window(layer, kernel_shape=layer.pool_size, strides=layer.strides)
    first = graph.channels_first(inputs[0])
    # TensorFlow averages over the pixels that are there, not over the padding.
    return Tensor(graph.add("AveragePool", first.name, count_include_pad=0, **window), 4, True)


def _global_pool(operator: str) -> Writer:
    def write(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
        pooled = graph.add(operator, graph.channels_first(inputs[0]).name)
        if layer.keepdims:
            return Tensor(pooled, 4, True)
        return Tensor(graph.add("Flatten", pooled, axis=1), 2)

    return write


def _batch_normalization(
    graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]
) -> Tensor:
    tensor = graph.channels_first(inputs[0])
    axis = layer.axis if isinstance(layer.axis, int) else layer.axis[0]
    if tensor.rank not in {2, 4} or axis not in {-1, tensor.rank - 1}:
        raise unsupported(layer, f"it normalizes axis {axis} of {tensor.rank}")
    size = layer.moving_mean.shape[0]
    scale = _weight(graph, layer, prefix, "gamma") if layer.scale else graph.constant([1.0] * size)
    shift = _weight(graph, layer, prefix, "beta") if layer.center else graph.constant([0.0] * size)
    name = graph.add(
        "BatchNormalization",
        tensor.name,
        scale,
        shift,
        _weight(graph, layer, prefix, "moving_mean"),
        _weight(graph, layer, prefix, "moving_variance"),
        epsilon=float(layer.epsilon),
    )
    return Tensor(name, tensor.rank, tensor.channels_first)


def _dense(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:
    last = graph.channels_last(inputs[0])
    name = graph.add("MatMul", last.name, _weight(graph, layer, prefix, "kernel"))
    if layer.use_bias:
        name = graph.add("Add", name, _weight(graph, layer, prefix, "bias"))
    return _activated(graph, layer, Tensor(name, last.rank))


def _flatten(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    # Keras flattens with the channels last, and the weights that follow expect that order.
    last = graph.channels_last(inputs[0])
    return Tensor(graph.add("Flatten", last.name, axis=1), 2)


def _reshape(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    last = graph.channels_last(inputs[0])
    shape = graph.constant([0, *layer.target_shape], np.int64)
    return Tensor(graph.add("Reshape", last.name, shape), len(layer.target_shape) + 1)


def _zero_padding(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    first = graph.channels_first(inputs[0])
    (top, bottom), (left, right) = layer.padding
    pads = graph.constant([0, 0, top, left, 0, 0, bottom, right], np.int64)
    return Tensor(graph.add("Pad", first.name, pads), 4, True)


def _activation(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    return _activated(graph, layer, inputs[0])


def _relu(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    if layer.threshold:
        raise unsupported(layer, f"its threshold is {layer.threshold}")
    slope = float(layer.negative_slope or 0)
    return write_relu(graph, inputs[0], slope=slope, top=layer.max_value)


def _leaky_relu(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    return write_relu(graph, inputs[0], slope=float(layer.negative_slope))


def _elu(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    tensor = inputs[0]
    name = graph.add("Elu", tensor.name, alpha=float(layer.alpha))
    return Tensor(name, tensor.rank, tensor.channels_first)


def _softmax(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    if layer.axis != -1:
        raise unsupported(layer, f"its axis is {layer.axis}")
    last = graph.channels_last(inputs[0])
    return Tensor(graph.add("Softmax", last.name, axis=-1), last.rank)


def _merge(operator: str) -> Writer:
    def write(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
        aligned = _aligned(graph, inputs)
        name = aligned[0].name
        for other in aligned[1:]:
            name = graph.add(operator, name, other.name)
        if type(layer).__name__ == "Average":
            name = graph.add("Div", name, graph.constant(float(len(aligned))))
        return Tensor(name, max(item.rank for item in aligned), aligned[0].channels_first)

    return write


def _concatenate(graph: GraphBuilder, layer: Any, prefix: str, inputs: list[Tensor]) -> Tensor:  # noqa: ARG001
    if layer.axis not in {-1, inputs[0].rank - 1}:
        raise unsupported(layer, f"its axis is {layer.axis}")
    aligned = _aligned(graph, inputs)
    axis = aligned[0].channel_axis
    name = graph.add("Concat", *(item.name for item in aligned), axis=axis)
    return Tensor(name, aligned[0].rank, aligned[0].channels_first)


def _aligned(graph: GraphBuilder, inputs: list[Tensor]) -> list[Tensor]:
    """Bring tensors that are combined to one layout."""
    if all(item.rank == 4 for item in inputs) and any(item.channels_first for item in inputs):
        return [graph.channels_first(item) for item in inputs]
    return [graph.channels_last(item) for item in inputs]


# Layers that change nothing, or change something only while training.
_PASSED_OVER = """
    ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise Identity
    RandomBrightness RandomContrast RandomErasing RandomFlip RandomGaussianBlur RandomHue
    RandomRotation RandomSaturation RandomShear RandomTranslation RandomZoom SpatialDropout2D
""".split()  # noqa: SIM905 - shorter than one a line

WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        **dict.fromkeys(_PASSED_OVER, _same),
        "Activation": _activation,
        "Add": _merge("Add"),
        "Average": _merge("Add"),
        "AveragePooling2D": _average_pool,
        "BatchNormalization": _batch_normalization,
        "Concatenate": _concatenate,
        "Conv2D": _conv,
        "Dense": _dense,
        "DepthwiseConv2D": _depthwise,
        "ELU": _elu,
        "Flatten": _flatten,
        "GlobalAveragePooling2D": _global_pool("GlobalAveragePool"),
        "GlobalMaxPooling2D": _global_pool("GlobalMaxPool"),
        "LeakyReLU": _leaky_relu,
        "MaxPooling2D": _max_pool,
        "Maximum": _merge("Max"),
        "Minimum": _merge("Min"),
        "Multiply": _merge("Mul"),
        "Normalization": _normalization,
        "ReLU": _relu,
        "Rescaling": _rescaling,
        "Reshape": _reshape,
        "SeparableConv2D": _separable,
        "Softmax": _softmax,
        "Subtract": _merge("Sub"),
        "ZeroPadding2D": _zero_padding,
    }
)
"""Layer class → its writer."""
