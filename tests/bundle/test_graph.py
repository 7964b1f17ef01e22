"""A graph is looked into before a runtime sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from happysad.bundle import graph
from happysad.bundle.archive import read
from happysad.errors import BundleError

TINY = Path(__file__).parents[1] / "fixtures" / "v1-tiny.happysad"
onnx = pytest.importorskip("onnx")
helper, Types = onnx.helper, onnx.TensorProto


def model() -> Any:
    """Return the tiny graph as an ONNX object that a test may change."""
    return onnx.load_from_string(read(TINY).graphs["scene"])


def subgraph() -> Any:
    output = helper.make_tensor_value_info("z", Types.FLOAT, [1])
    return helper.make_graph([], "inner", [], [output])


def test_a_harmless_graph() -> None:
    facts = graph.inspect(model().SerializeToString())
    assert facts.inputs == (graph.Port("pixels", "<f4", (None, 32, 32, 3)),)
    assert facts.outputs == (graph.Port("probability", "<f4", (None, 1)),)
    assert facts.operators["Conv"] == 1
    assert facts.opset == 17
    assert facts.parameters == 1 + 4 * 27 + 4 + 4 + 1


def test_weights_are_those_of_onnx() -> None:
    good = model()
    mine = graph.weights(good.SerializeToString())
    theirs = {item.name: onnx.numpy_helper.to_array(item) for item in good.graph.initializer}
    assert list(mine) == list(theirs)
    for name, array in theirs.items():
        assert mine[name].dtype == array.dtype
        np.testing.assert_array_equal(mine[name], array)
        assert not mine[name].flags.writeable


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Types.FLOAT, [1.5, -2.0, 0.0]),
        (Types.DOUBLE, [1.5, -2.0, 1e300]),
        (Types.FLOAT16, [1.5, -2.0, 0.25]),
        (Types.INT64, [-1, 2**40, 0]),
        (Types.INT32, [-5, 7, 300]),
        (Types.INT8, [-128, 127, 0]),
        (Types.UINT8, [0, 255, 128]),
        (Types.BOOL, [True, False, True]),
    ],
)
def test_weights_of_every_type_and_coding(kind: int, values: list[Any], raw: bool) -> None:
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    data = np.array(values, dtype)
    tensor = helper.make_tensor("t", kind, [3, 1], data.tobytes() if raw else values, raw=raw)
    good = model()
    good.graph.initializer.append(tensor)
    found = graph.weights(good.SerializeToString())["t"]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, data.reshape(3, 1))


def test_quantised_networks_pass() -> None:
    good = model()
    for operator in ("QuantizeLinear", "DequantizeLinear", "QLinearConv", "HardSwish", "Softmax"):
        good.graph.node.append(helper.make_node(operator, ["a"], ["b"]))
    assert graph.inspect(good.SerializeToString()).operators["QLinearConv"] == 1


def external(bad: Any) -> None:
    tensor = bad.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = Types.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def marked_external(bad: Any) -> None:
    bad.graph.initializer[0].data_location = Types.EXTERNAL


def foreign_node(bad: Any) -> None:
    bad.graph.node[0].domain = "com.evil"


def foreign_opset(bad: Any) -> None:
    bad.opset_import.append(helper.make_opsetid("com.evil", 1))


def branch(bad: Any) -> None:
    attribute = helper.make_attribute("then_branch", subgraph())
    bad.graph.node[0].attribute.append(attribute)


def branches(bad: Any) -> None:
    bad.graph.node[0].attribute.append(helper.make_attribute("bodies", [subgraph()]))


def function(bad: Any) -> None:
    made = helper.make_function("com.evil", "Relu", ["a"], ["b"], [], [])
    bad.functions.append(made)


def training_info(bad: Any) -> None:
    bad.training_info.add()


def sparse(bad: Any) -> None:
    bad.graph.sparse_initializer.add()


def unknown_operator(bad: Any) -> None:
    bad.graph.node.append(helper.make_node("ImageDecoder", ["a"], ["b"]))


def growing_operator(bad: Any) -> None:
    bad.graph.node.append(helper.make_node("ConstantOfShape", ["a"], ["b"]))


def claimed_size(bad: Any) -> None:
    bad.graph.initializer[1].dims[0] = 1 << 40


def claimed_size_of_typed_data(bad: Any) -> None:
    bad.graph.initializer.append(helper.make_tensor("t", Types.INT64, [2], [1, 2]))
    bad.graph.initializer[-1].dims[0] = 3


def negative_size(bad: Any) -> None:
    bad.graph.initializer[1].dims[0] = -4


def large_constant(bad: Any) -> None:
    tensor = helper.make_tensor("t", Types.FLOAT, [1], [0.0])
    tensor.dims[0] = 1 << 33
    bad.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor))


def text_tensor(bad: Any) -> None:
    bad.graph.initializer.append(helper.make_tensor("t", Types.STRING, [1], [b"x"]))


def wide_padding(bad: Any) -> None:
    bad.graph.node[2].attribute[0].ints[0] = 1 << 20


def wide_pad(bad: Any) -> None:
    pads = helper.make_tensor("p", Types.INT64, [2], [0, 1 << 20])
    bad.graph.initializer.append(pads)
    bad.graph.node.append(helper.make_node("Pad", ["a", "p"], ["b"]))


def computed_pad(bad: Any) -> None:
    bad.graph.node.append(helper.make_node("Pad", ["a", "b"], ["c"]))


def too_many_nodes(bad: Any) -> None:
    node = helper.make_node("Relu", ["a"], ["b"])
    bad.graph.node.extend([node] * (graph.MAX_NODES + 1))


def no_graph(bad: Any) -> None:
    bad.ClearField("graph")


def sequence_port(bad: Any) -> None:
    info = helper.make_tensor_sequence_value_info("s", Types.FLOAT, None)
    bad.graph.input.append(info)


def text_port(bad: Any) -> None:
    bad.graph.input.append(helper.make_tensor_value_info("s", Types.STRING, [1]))


CHANGES: list[Callable[[Any], None]] = [
    external,
    marked_external,
    foreign_node,
    foreign_opset,
    branch,
    branches,
    function,
    training_info,
    sparse,
    unknown_operator,
    growing_operator,
    claimed_size,
    claimed_size_of_typed_data,
    negative_size,
    large_constant,
    text_tensor,
    wide_padding,
    wide_pad,
    computed_pad,
    too_many_nodes,
    no_graph,
    sequence_port,
    text_port,
]


@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
def test_t21_graphs_that_are_refused(change: Callable[[Any], None]) -> None:
    bad = model()
    change(bad)
    with pytest.raises(BundleError):
        graph.inspect(bad.SerializeToString())


def test_narrow_padding_passes() -> None:
    good = model()
    good.graph.initializer.append(helper.make_tensor("p", Types.INT64, [2], [0, 1]))
    good.graph.node.append(helper.make_node("Pad", ["a", "p"], ["b"]))
    assert graph.inspect(good.SerializeToString()).operators["Pad"] == 1


def test_t21_a_field_that_is_set_twice_is_refused() -> None:
    data = model().SerializeToString()
    with pytest.raises(BundleError, match="twice"):
        graph.inspect(data + data)  # parsers would merge the two graphs


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x0b",  # a group
        b"\x38\x01",  # the graph as a number
        b"\x3a\xff\xff\xff\xff\x0f",  # longer than the file
        b"\x08" + b"\xff" * 10,  # a number of 70 bits
        b"\x3a\x02\x0a\x01",
        b"\x12\x01\xff\x3a\x00",  # a name that is no UTF-8
        b"\x42\x02\x10\x11\x3a\x04\x5a\x02\x12\x00",  # a port without a type
        b"\x3a\x02\x08\x01",  # a node as a number
        b"\x00",
    ],
)
def test_t21_bytes_that_are_no_graph(data: bytes) -> None:
    with pytest.raises(BundleError):
        graph.inspect(data)


def test_t21_truncations() -> None:
    data = model().SerializeToString()
    for end in range(len(data)):
        try:
            facts = graph.inspect(data[:end])
        except BundleError:
            continue
        # cut between two fields of the model: what is left is a smaller whole
        assert facts.operators.keys() <= graph.OPERATORS
