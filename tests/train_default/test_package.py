"""The shipped graphs answer as the trained networks do."""

import json

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the recipe needs the extra 'train'")

import onnxruntime  # noqa: E402
import package  # noqa: E402

from happysad.faces.fusion import TERMS  # noqa: E402

SIDE = 24


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """Return a small network with the layers of the real ones."""
    keras.utils.set_random_seed(2)
    layers = keras.layers
    inputs = keras.Input((None, None, 3))
    x = layers.Rescaling(1 / 128, -127 / 128)(inputs)
    x = layers.Conv2D(16, 3, 2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x, training=False)
    y = layers.DepthwiseConv2D(5, padding="same", use_bias=False)(layers.ReLU(6.0)(x))
    x = layers.Add()([x, y])
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(1)(x))


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (4, SIDE, SIDE, 3), dtype=np.uint8)


def answers(graph: bytes, pixels: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(graph)
    return session.run(["probability"], {"pixels": pixels})[0]


def sigmoid(logits) -> np.ndarray:
    return 1 / (1 + np.exp(-np.asarray(logits)))


def test_the_expression_graph_answers_as_the_network(network, pixels):
    expected = sigmoid(network(pixels.astype(np.float32)))
    assert answers(package.expression_graph(network, SIDE), pixels) == pytest.approx(
        expected, abs=2e-3
    )


def test_the_scene_graph_is_front_and_tail_in_one(network, pixels):
    front = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(3, 1)])
    expected = sigmoid(network(front(pixels.astype(np.float32))))
    found = answers(package.scene_graph(front, network, SIDE), pixels)
    assert found == pytest.approx(expected, abs=5e-3)


def test_weights_are_stored_as_half_floats(network):
    from onnx import load_from_string

    graph = load_from_string(package.expression_graph(network, SIDE))
    kinds = {tensor.name: tensor.data_type for tensor in graph.graph.initializer}
    assert any(name.endswith("_half") and kind == 10 for name, kind in kinds.items())


def test_the_package_lists_graphs_fusion_and_figures(tmp_path):
    package.write(tmp_path, {"scene": b"abc"}, np.arange(len(TERMS)) / 10, {"accuracy": 0.9})
    listed = json.loads((tmp_path / "package.json").read_text())
    assert (tmp_path / "scene.onnx").read_bytes() == b"abc"
    assert listed["graphs"]["scene"]["bytes"] == 3
    assert listed["fusion"]["no_face"] == 0.1
    assert listed["figures"] == {"accuracy": 0.9}
