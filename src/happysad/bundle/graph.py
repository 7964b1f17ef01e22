"""Look into an ONNX graph before a runtime sees it, and take its weights out.

A graph is data, but not harmless data: it can name files to read (external data), carry custom
operators, functions and control flow, or claim tensors of any size. ``inspect`` walks the bytes
and lets pass what a network for pictures is made of: one flat list of standard operators and
tensors that are as large as they say. Field numbers are those of onnx.proto3 (ONNX 1.23).

What it cannot rule out is a graph that asks for much work or memory while it runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle.fields import shorten
from happysad.bundle.wire import Value, integers, signed, walk
from happysad.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

MAX_NODES = 20_000
MAX_RANK = 8
MAX_PADDING = 1024
MAX_SCALE = 4

OPERATORS: frozenset[str] = frozenset(
    """
    Abs Add And ArgMax AveragePool BatchNormalization Cast Ceil Clip Concat Constant Conv
    ConvInteger DepthToSpace DequantizeLinear Div DynamicQuantizeLinear Elu Equal Erf Exp Flatten
    Floor Gather Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GroupNormalization HardSigmoid
    HardSwish Identity InstanceNormalization LRN LayerNormalization LeakyRelu Less Log LogSoftmax
    MatMul MatMulInteger Max MaxPool Mean Min Mish Mul Neg Not Or PRelu Pad Pow QLinearConv
    QLinearMatMul QuantizeLinear Reciprocal ReduceL2 ReduceMax ReduceMean ReduceMin ReduceSum Relu
    Reshape Resize Round Selu Shape Sigmoid Sign Slice Softmax Softplus Softsign SpaceToDepth Split
    Sqrt Squeeze Sub Sum Swish Tanh ThresholdedRelu Transpose Unsqueeze Where
    """.split()  # noqa: SIM905 (one name a line would take a hundred lines)
)
"""Operators of the default domain that networks for pictures use. None reads files, holds a
graph of its own, draws random numbers or makes a tensor of a size that its input chooses."""

# TensorProto.DataType → dtype, for the types that such networks use
DTYPES: Mapping[int, str] = {
    1: "<f4",
    2: "|u1",
    3: "|i1",
    4: "<u2",
    5: "<i2",
    6: "<i4",
    7: "<i8",
    9: "|b1",
    10: "<f2",
    11: "<f8",
    12: "<u4",
    13: "<u8",
}

# Fields by message; what is not listed (training info, functions, sparse tensors, subgraphs,
# external data, device placement) is refused.
_MODEL = {1: "ir", 2: "text", 3: "text", 4: "text", 5: "number", 6: "text", 7: "graph"}
_MODEL |= {8: "opset", 14: "metadata"}
_GRAPH = {1: "node", 2: "text", 5: "tensor", 10: "text", 11: "input", 12: "output"}
_GRAPH |= {13: "value_info", 16: "metadata"}
_NODE = {1: "takes", 2: "gives", 3: "text", 4: "op_type", 5: "attribute", 6: "text"}
_NODE |= {7: "domain", 9: "metadata"}
_ATTRIBUTE = {1: "name", 2: "f", 3: "i", 4: "s", 5: "tensor", 7: "floats", 8: "ints"}
_ATTRIBUTE |= {9: "strings", 13: "text", 20: "type"}
_TENSOR = {1: "dims", 2: "data_type", 4: "float_data", 5: "int32_data", 7: "int64_data"}
_TENSOR |= {8: "name", 9: "raw_data", 10: "double_data", 11: "uint64_data", 12: "text"}
_TENSOR |= {14: "data_location"}
_REPEATED = {"opset", "metadata", "node", "tensor", "input", "output", "value_info", "attribute"}
_REPEATED |= {"floats", "ints", "strings", "dims", "dim", "float_data", "int32_data"}
_REPEATED |= {"int64_data", "double_data", "uint64_data", "takes", "gives"}
# the runtime passes these on to Python, which has no strings but those of sound UTF-8
_TEXTS = {"text", "name", "op_type", "domain", "takes", "gives"}
_DATA = {"float_data": 4, "double_data": 8, "int32_data": 0, "int64_data": 0, "uint64_data": 0}


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a graph.

    Attributes:
        name: the tensor's name.
        dtype: numpy name of the element type, e.g. ``<f4``.
        shape: sizes; None where it is free.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """What a harmless graph looks like from outside.

    Attributes:
        inputs: ports that are not initializers.
        outputs: ports.
        operators: operator → number of nodes.
        opset: version of the default operator set.
        parameters: numbers held in initializers of floating type.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    operators: Mapping[str, int]
    opset: int
    parameters: int


@dataclass(slots=True)
class _Tensor:
    name: str
    dtype: str
    shape: tuple[int, ...]
    raw: memoryview | None
    typed: list[tuple[str, Value]] = field(default_factory=list)


def inspect(onnx: bytes) -> GraphFacts:
    """Return what a graph takes and gives, if it is one that may be run.

    Args:
        onnx: a serialised ``ModelProto``.

    Raises:
        BundleError: no well-formed graph; or it has external data, an operator outside
            ``OPERATORS``, a foreign operator domain, functions, subgraphs, sparse tensors,
            tensors whose size is not that of their data, padding above ``MAX_PADDING``, or
            resizing above ``MAX_SCALE`` or by a computed amount.
    """
    model = _read(memoryview(onnx), _MODEL, "model")
    graph = _read(_one(model, "graph"), _GRAPH, "graph")
    opset = _default_opset(model.get("opset", []))
    tensors = {tensor.name: tensor for tensor in map(_tensor, _views(graph, "tensor"))}
    operators: dict[str, int] = {}
    nodes = _views(graph, "node")
    if len(nodes) > MAX_NODES:
        msg = f"the graph has {len(nodes)} nodes, more than {MAX_NODES}"
        raise BundleError(msg)
    for node in nodes:
        operator = _check_node(node, tensors)
        operators[operator] = operators.get(operator, 0) + 1
    ports = [_port(view) for view in _views(graph, "input")]
    return GraphFacts(
        inputs=tuple(port for port in ports if port.name not in tensors),
        outputs=tuple(_port(view) for view in _views(graph, "output")),
        operators=dict(sorted(operators.items())),
        opset=opset,
        parameters=sum(math.prod(t.shape) for t in tensors.values() if "f" in t.dtype),
    )


def weights(onnx: bytes) -> dict[str, NDArray[np.generic]]:
    """Return a graph's initializers.

    Args:
        onnx: a serialised ``ModelProto``.

    Returns:
        Name → array of the shape and dtype that the graph gives it, in file order; read-only.

    Raises:
        BundleError: the graph is damaged, or a tensor's size is not that of its data.
    """
    model = _read(memoryview(onnx), _MODEL, "model")
    graph = _read(_one(model, "graph"), _GRAPH, "graph")
    return {tensor.name: _array(tensor) for tensor in map(_tensor, _views(graph, "tensor"))}


def _read(message: memoryview, known: Mapping[int, str], where: str) -> dict[str, list[Value]]:
    """Sort a message's fields by name; unknown ones, and single ones set twice, are refused."""
    found: dict[str, list[Value]] = {}
    for number, value in walk(message):
        if number not in known:
            msg = f"the graph uses field {number} of a {where}, which is not allowed in a bundle"
            raise BundleError(msg)
        name = known[number]
        values = found.setdefault(name, [])
        # parsers merge a message that is set twice, so what was inspected would not be what runs
        if values and name not in _REPEATED and name != "text":
            msg = f"the graph sets '{name}' of a {where} twice"
            raise BundleError(msg)
        if name in _TEXTS:
            _decoded(value, name)
        values.append(value)
    return found


def _views(fields: Mapping[str, list[Value]], name: str) -> list[memoryview]:
    values = fields.get(name, [])
    views = [value for value in values if isinstance(value, memoryview)]
    if len(views) != len(values):
        msg = f"the graph's field '{name}' has the wrong type"
        raise BundleError(msg)
    return views


def _one(fields: Mapping[str, list[Value]], name: str) -> memoryview:
    views = _views(fields, name)
    if not views:
        msg = f"the graph lacks '{name}'"
        raise BundleError(msg)
    return views[0]


def _text(fields: Mapping[str, list[Value]], name: str) -> str:
    values = fields.get(name, [])
    return _decoded(values[0], name) if values else ""


def _decoded(value: Value, name: str) -> str:
    try:
        return bytes(_as_view(value)).decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"the graph's field '{name}' is no text"
        raise BundleError(msg) from error


def _number(fields: Mapping[str, list[Value]], name: str) -> int:
    value = fields.get(name, [0])[0]
    if not isinstance(value, int):
        msg = f"the graph's field '{name}' has the wrong type"
        raise BundleError(msg)
    return signed(value)


def _all_integers(values: Iterable[Value]) -> list[int]:
    return [number for value in values for number in integers(value)]


def _default_opset(values: Iterable[Value]) -> int:
    version = 0
    for value in values:
        fields = _read(_as_view(value), {1: "domain", 2: "version"}, "operator set")
        _check_domain(_text(fields, "domain"))
        version = _number(fields, "version")
    return version


def _as_view(value: Value) -> memoryview:
    if isinstance(value, int):
        msg = "the graph has a number where a message should be"
        raise BundleError(msg)
    return value


def _check_domain(domain: str) -> None:
    if domain not in {"", "ai.onnx"}:
        msg = f"the graph uses operators of {shorten(domain)}, which are not part of ONNX"
        raise BundleError(msg)


def _check_node(view: memoryview, tensors: Mapping[str, _Tensor]) -> str:
    node = _read(view, _NODE, "node")
    _check_domain(_text(node, "domain"))
    operator = _text(node, "op_type")
    if operator not in OPERATORS:
        msg = f"the graph uses the operator {shorten(operator)}, which is not allowed in a bundle"
        raise BundleError(msg)
    for attribute in _views(node, "attribute"):
        _check_attribute(attribute)
    names = [_decoded(name, "takes") for name in node.get("takes", [])]
    if operator == "Pad":
        _check_padding([tensors[name] for name in names[1:2] if name in tensors])
    if operator == "Resize":
        _check_scales(names, tensors)
    return operator


def _check_attribute(view: memoryview) -> None:
    attribute = _read(view, _ATTRIBUTE, "attribute")
    for tensor in _views(attribute, "tensor"):
        _tensor(tensor)
    if _text(attribute, "name") in {"pads", "output_padding", "kernel_shape"}:
        _check_sizes(_all_integers(attribute.get("ints", [])))


def _check_padding(tensors: list[_Tensor]) -> None:
    if not tensors:
        msg = "the graph pads by an amount that is computed, which is not allowed in a bundle"
        raise BundleError(msg)
    _check_sizes([int(number) for number in _array(tensors[0]).ravel()])


def _check_scales(names: list[str], tensors: Mapping[str, _Tensor]) -> None:
    """Let a resize pass that grows by a few times, as it is written in the graph."""
    if len(names) != 3 or names[2] not in tensors:
        msg = "the graph resizes by an amount that is computed, which is not allowed in a bundle"
        raise BundleError(msg)
    scales = _array(tensors[names[2]]).astype(np.float64)
    if not ((scales > 0) & (scales <= MAX_SCALE)).all():
        msg = f"the graph enlarges by more than {MAX_SCALE} times"
        raise BundleError(msg)


def _check_sizes(sizes: list[int]) -> None:
    if any(abs(size) > MAX_PADDING for size in sizes):
        msg = f"the graph pads or pools by more than {MAX_PADDING}"
        raise BundleError(msg)


def _tensor(view: memoryview) -> _Tensor:
    fields = _read(view, _TENSOR, "tensor")
    name = _text(fields, "name")
    shape = tuple(_all_integers(fields.get("dims", [])))
    kind = _number(fields, "data_type")
    if kind not in DTYPES or len(shape) > MAX_RANK or any(size < 0 for size in shape):
        msg = f"the tensor {shorten(name)} has an unknown type or an impossible shape"
        raise BundleError(msg)
    if _number(fields, "data_location"):
        msg = f"the tensor {shorten(name)} lies in another file"
        raise BundleError(msg)
    raw = _views(fields, "raw_data")
    typed = [(key, value) for key in _DATA for value in fields.get(key, [])]
    tensor = _Tensor(name, DTYPES[kind], shape, raw[0] if raw else None, typed)
    _check_size(tensor)
    return tensor


def _check_size(tensor: _Tensor) -> None:
    count = math.prod(tensor.shape)
    if tensor.raw is not None:
        good = len(tensor.raw) == count * np.dtype(tensor.dtype).itemsize and not tensor.typed
    else:
        good = sum(_length(key, value) for key, value in tensor.typed) == count
    if not good:
        msg = f"the tensor {shorten(tensor.name)} is not as large as its shape says"
        raise BundleError(msg)


def _length(key: str, value: Value) -> int:
    """Count the numbers in one occurrence of a typed data field."""
    if isinstance(value, int):
        return 1
    if _DATA[key]:
        return len(value) // _DATA[key]
    return sum(byte < 0x80 for byte in value)  # the last byte of each varint


def _array(tensor: _Tensor) -> NDArray[np.generic]:
    if tensor.raw is not None:
        return np.frombuffer(tensor.raw, tensor.dtype).reshape(tensor.shape)
    key = tensor.typed[0][0] if tensor.typed else "int64_data"
    if key in {"float_data", "double_data"}:
        joined = b"".join(bytes(_as_view(value)) for _, value in tensor.typed)
        numbers = np.frombuffer(joined, "<f4" if key == "float_data" else "<f8")
    else:
        numbers = np.array(_all_integers(value for _, value in tensor.typed), np.int64)
    if tensor.dtype == "<f2":  # 16-bit floats are kept as their bits in int32_data
        numbers = numbers.astype("<u2").view("<f2")
    array = numbers.astype(tensor.dtype).reshape(tensor.shape)
    array.flags.writeable = False
    return array


def _port(view: memoryview) -> Port:
    value = _read(view, {1: "name", 2: "type", 3: "text", 4: "metadata"}, "port")
    kind = _read(_one(value, "type"), {1: "tensor_type", 6: "text"}, "port's type")
    tensor = _read(_one(kind, "tensor_type"), {1: "element", 2: "shape"}, "port's type")
    element = _number(tensor, "element")
    if element not in DTYPES:
        msg = f"a port of the graph has the unknown element type {element}"
        raise BundleError(msg)
    shape = [_read(view, {1: "dim"}, "shape") for view in _views(tensor, "shape")]
    dims = _dims(view for fields in shape for view in fields.get("dim", []))
    return Port(_text(value, "name"), DTYPES[element], dims)


def _dims(values: Iterable[Value]) -> tuple[int | None, ...]:
    sizes: list[int | None] = []
    for value in values:
        dim = _read(_as_view(value), {1: "value", 2: "text", 3: "text"}, "shape")
        sizes.append(_number(dim, "value") if "value" in dim else None)
    return tuple(sizes)
