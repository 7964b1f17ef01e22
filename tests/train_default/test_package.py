"""The shipped graphs give what the trained networks give, and the bundle reads them."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the recipe needs the extra 'train'")

import backbone  # noqa: E402
import expression  # noqa: E402
import finder_onnx  # noqa: E402, F401 - a part of the chain that must be importable with it
import onnxruntime  # noqa: E402
import package  # noqa: E402

SIDE = 64


@pytest.fixture(scope="module")
def views(tensors) -> tuple[keras.Model, keras.Model]:
    front, tail = backbone.front(), backbone.tail()
    backbone.load_imagenet(front, tensors)
    backbone.load_imagenet(tail, tensors)
    return front, tail


@pytest.fixture(scope="module")
def scene(views) -> bytes:
    return package.scene_graph(*views, SIDE)


@pytest.fixture(scope="module")
def faces(tensors) -> tuple[keras.Model, keras.Model]:
    keras.utils.set_random_seed(2)
    six = expression.network(6)
    known = keras.Model(six.input, six.get_layer("face_head.conv").input)
    backbone.load_imagenet(known, tensors)
    head = six.get_layer("face_logits6")
    head.set_weights([100 * weights for weights in head.get_weights()])
    upper = expression.upper(6)
    backbone.take_over(upper, six)
    return expression.lower(six), upper


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (4, SIDE, SIDE, 3), dtype=np.uint8)


def sides(pixels: np.ndarray) -> list[np.ndarray]:
    """Return the pixels as a network takes them, as they are and mirrored."""
    return [pixels.astype(np.float32), pixels[:, :, ::-1].astype(np.float32)]


def outputs(graph: bytes, pixels: np.ndarray, *names: str) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(graph)
    return session.run(list(names), {"pixels": pixels})


def test_the_scene_graph_is_front_and_tail_in_one(views, scene, pixels):
    front, tail = views
    features, grid = outputs(scene, pixels, "features", "grid")
    read = keras.Model(tail.input, tail.get_layer("grid").output)
    plain, mirrored = (np.asarray(read(front(side))) for side in sides(pixels))
    expected = (plain + mirrored[:, :, ::-1]) / 2
    # half floats: each of the 1280 is off by a little of its own
    assert np.abs(grid - expected).mean() < 0.01 * expected.mean()
    assert np.abs(grid - plain).mean() > 0.1 * expected.mean()
    assert grid.mean(axis=(1, 2)) == pytest.approx(features, abs=1e-5)


def test_a_mirrored_picture_has_the_same_features_and_a_mirrored_grid(scene, pixels):
    features, grid = outputs(scene, pixels, "features", "grid")
    others, turned = outputs(scene, np.ascontiguousarray(pixels[:, :, ::-1]), "features", "grid")
    assert others == pytest.approx(features, abs=1e-3)
    assert turned[:, :, ::-1] == pytest.approx(grid, abs=1e-3)


def test_a_head_reads_the_features_as_the_last_layer_did(views, scene, pixels):
    front, tail = views
    (features,) = outputs(scene, pixels, "features")
    read = package.head(tail.get_layer("logit"))
    expected = np.mean([np.asarray(tail(front(side)))[:, 0] for side in sides(pixels)], axis=0)
    assert features @ read.weights + read.bias == pytest.approx(expected, abs=0.06)


def test_the_expression_graph_and_a_difference_of_two_outputs(faces, pixels):
    lower, upper = faces
    (features,) = outputs(package.expression_graph(lower, upper, SIDE), pixels, "features")
    plain, mirrored = (np.asarray(upper(lower(side), training=False)) for side in sides(pixels))
    logits = (plain + mirrored) / 2
    read = package.head(upper.get_layer("face_logits6"), 1, less=0)
    found = features @ read.weights + read.bias
    assert found == pytest.approx(logits[:, 1] - logits[:, 0], rel=0.02)
    assert found != pytest.approx(plain[:, 1] - plain[:, 0], rel=0.02)


def test_weights_are_stored_as_half_floats(scene):
    from onnx import load_from_string

    kinds = {item.name: item.data_type for item in load_from_string(scene).graph.initializer}
    halves = [name for name, kind in kinds.items() if kind == 10]
    assert len(halves) > 30
    assert all(name.endswith("_half") for name in halves)
    assert len(scene) < 2.2 * 3_500_000  # bytes: the weights below 1280 × 1000 of the classifier
