"""The finder on a small graph of the same form, which takes bright spots for faces."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from happysad.errors import BundleError
from happysad.faces.finder import Finder

SIDE = 12.0


@pytest.fixture(scope="module")
def bright_spots() -> bytes:
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
    return onnx.helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()


def picture(height: int, width: int, *spots: tuple[int, int, int]) -> np.ndarray:
    """Return a black picture with white squares (left, top, side)."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for left, top, side in spots:
        pixels[top : top + side, left : left + side] = 255
    return pixels


def test_places_are_shares_of_the_picture_whatever_its_size(bright_spots):
    finder = Finder(bright_spots)
    # The picture is seen at half its size: a cell of 4 px is 8 px here, a face 24.
    (place,) = finder.find(picture(192, 384, (96, 64, 8)), sides=(192,))
    left, top, right, bottom = place.box
    assert ((left + right) / 2 * 384, (top + bottom) / 2 * 192) == pytest.approx((100, 68))
    assert ((right - left) * 384, (bottom - top) * 192) == pytest.approx((24, 24))
    assert place.points[0] == pytest.approx(((100 - 4) / 384, (68 - 2) / 192))
    assert 0.9 < place.score <= 1


def test_boxes_at_the_edge_end_with_the_picture(bright_spots):
    (place,) = Finder(bright_spots).find(picture(192, 192, (0, 0, 4)), sides=(192,), smallest=4)
    assert place.box[:2] == (0, 0)


def test_a_black_picture_has_no_face(bright_spots):
    assert Finder(bright_spots).find(picture(100, 150)) == ()


def test_small_faces_are_dropped_and_large_pictures_are_looked_at_more_closely(bright_spots):
    finder = Finder(bright_spots)
    pixels = picture(768, 768, (400, 400, 4))
    # Seen at 192 the spot of 4 px is a single grey pixel; at 768 it fills a cell.
    assert finder.find(pixels, sides=(192,), smallest=8) == ()
    (place,) = finder.find(pixels, smallest=8)
    assert (place.box[2] - place.box[0]) * 768 == pytest.approx(SIDE)
    assert finder.find(pixels, smallest=24) == ()


def test_at_most_so_many_faces(bright_spots):
    spots = [(40 * column, 40 * row, 4) for column in range(4) for row in range(4)]
    finder, pixels = Finder(bright_spots), picture(192, 192, *spots)
    assert len(finder.find(pixels, sides=(192,), smallest=4)) == 16
    assert len(finder.find(pixels, sides=(192,), smallest=4, limit=5)) == 5


def test_a_damaged_graph_is_a_bundle_error():
    with pytest.raises(BundleError, match="face finder cannot be loaded"):
        Finder(b"no graph at all")
