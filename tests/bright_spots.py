"""A graph of the face finder's form that takes bright spots for faces."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from happysad.bundle.runtime import Network

SIDE = 12.0


def bright_spots_network() -> Network:
    """Return the graph, ready to run."""
    return Network(bright_spots_graph())


def bright_spots_graph() -> bytes:
    """Return a graph that finds a face of 12 px wherever a cell of 4 px is nearly white."""
    points = [-2.0, -1.0, 2.0, -1.0, 0.0, 0.0, 0.0, 2.0, -4.0, 0.0, 4.0, 0.0]
    stored = {
        "third": np.full((1, 3, 1, 1), 1 / 3, np.float32),
        "limit": np.array(200, np.float32),
        "rows": np.array([0, -1], np.int64),
        "last": np.array([-1], np.int64),
        "box": np.array([0, 0, SIDE, SIDE, *points], np.float32),
        "nothing": np.array(0, np.float32),
    }
    nodes = [
        helper.make_node("Transpose", ["pixels"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "third"], ["grey"]),
        helper.make_node("AveragePool", ["grey"], ["cells"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Sub", ["cells", "limit"], ["above"]),
        helper.make_node("Reshape", ["above", "rows"], ["scores"]),
        helper.make_node("Unsqueeze", ["scores", "last"], ["column"]),
        helper.make_node("Mul", ["column", "nothing"], ["zeros"]),
        helper.make_node("Add", ["zeros", "box"], ["boxes"]),
    ]
    graph = helper.make_graph(
        nodes,
        "bright_spots",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", "h", "w", 3])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["n", "a", 16]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", "a"]),
        ],
        [numpy_helper.from_array(array, name) for name, array in stored.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=9)
    return bytes(model.SerializeToString())


def picture(height: int, width: int, *spots: tuple[int, int, int]) -> np.ndarray:
    """Return a black picture with white squares (left, top, side)."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for left, top, side in spots:
        pixels[top : top + side, left : left + side] = 255
    return pixels
