"""Both views of a picture, with graphs that call bright pixels sad."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from bright_spots import bright_spots_session, picture
from happysad.config import Preprocessing
from happysad.faces.finder import Finder
from happysad.faces.fusion import TERMS
from happysad.faces.two_view import TwoViewReader
from happysad.pictures.decode import from_array

WEIGHTS = np.array([0.0, 0.0, 1.0, 0.0, 0.5, 0.0, 0.0, 0.0])


def brightness(side: int) -> onnxruntime.InferenceSession:
    """Return a graph whose probability is the mean of the pixels over 255."""
    stored = {
        "most": np.array(255, np.float32),
        "axes": np.array([1, 2, 3], np.int64),
        "last": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["pixels"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["values", "most"], ["shares"]),
        helper.make_node("ReduceMean", ["shares", "axes"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "last"], ["probability"]),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", side, side, 3])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n", 1])],
        [numpy_helper.from_array(array, name) for name, array in stored.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return onnxruntime.InferenceSession(model.SerializeToString())


@pytest.fixture(scope="module")
def reader() -> TwoViewReader:
    return TwoViewReader(
        brightness(32),
        brightness(16),
        finder=Finder(bright_spots_session()),
        preprocessing=Preprocessing(width=32, height=32),
        weights=WEIGHTS,
        classes=("happy", "sad"),
    )


def test_without_a_face_the_scene_decides(reader):
    pixels = np.full((120, 100, 3), 51, np.uint8)  # 0.2 of the brightest
    views = reader.read(from_array(pixels))
    assert views.scene == pytest.approx(0.2, abs=0.01)
    assert views.probability == pytest.approx(views.scene)
    assert views.faces == ()
    assert views.sentence == "scene 0.8 happy"


def test_a_face_is_read_and_counts(reader):
    pixels = np.maximum(picture(192, 192, (96, 64, 8)), 51)
    views = reader.read(from_array(pixels))
    (face,) = views.faces
    assert views.scene < face.probabilities["sad"] < 0.5  # the bright spot fills more of the face
    assert sum(face.probabilities.values()) == pytest.approx(1)
    assert face.box[0] < 100 / 192 < face.box[2]
    logit = np.log(face.probabilities["sad"] / face.probabilities["happy"])
    assert views.shares.faces == pytest.approx(WEIGHTS[TERMS.index("faces")] * logit, rel=1e-3)
    assert views.shares.logit == pytest.approx(views.shares.scene + views.shares.faces)
    assert views.probability < views.scene
    assert views.sentence == "scene 0.8 happy, 1 face 0.7 happy"


def test_several_faces_share_a_sentence(reader):
    pixels = picture(192, 192, (24, 24, 8), (120, 24, 8), (64, 120, 8))
    views = reader.read(from_array(pixels))
    assert ", 3 faces " in views.sentence
