"""The rebuilt backbone against a plain numpy one, block by block."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the recipe needs the extra 'train'")

from backbone import CUT, FOLLOWING, blocks, front, load_imagenet, plain, tail  # noqa: E402

SIDE = 36  # odd sizes on the way: 18, 9, 5, 3


def convolution(x: np.ndarray, kernel: np.ndarray, stride: int, groups: int) -> np.ndarray:
    """Convolve (C, H, W) with (O, C / groups, k, k), padded as TensorFlow does for SAME."""
    size, count = kernel.shape[-1], -(-x.shape[1] // stride)
    missing = max((count - 1) * stride + size - x.shape[1], 0)
    edge = (missing // 2, missing - missing // 2)
    padded = np.pad(x, ((0, 0), edge, edge))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    if groups == 1:
        return np.einsum("chwij,ocij->ohw", windows, kernel, optimize=True)
    return np.einsum("chwij,cij->chw", windows, kernel[:, 0], optimize=True)


def reference(pixels: np.ndarray, tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what every part gives for one picture, in double precision, as (H, W, C)."""

    def layer(x, weights, norm, stride=1, groups=1, *, activate=True):
        x = convolution(x, tensors[f"{weights}.weight"].astype(float), stride, groups)
        scale = tensors[f"{norm}.weight"] / np.sqrt(tensors[f"{norm}.running_var"] + 1e-3)
        x = (x - tensors[f"{norm}.running_mean"][:, None, None]) * scale[:, None, None]
        x = x + tensors[f"{norm}.bias"][:, None, None]
        return np.clip(x, 0, 6) if activate else x

    x = layer((pixels.transpose(2, 0, 1) - 127) / 128, "_conv_stem", "_bn0", 2)
    result = {"stem.relu6": x}
    for block in blocks():
        name, y = f"_blocks.{block.index}", x
        if block.expansion > 1:
            y = layer(y, f"{name}._expand_conv", f"{name}._bn0")
        y = layer(y, f"{name}._depthwise_conv", f"{name}._bn1", block.stride, len(y))
        y = layer(y, f"{name}._project_conv", f"{name}._bn2", activate=False)
        added = block.stride == 1 and block.inputs == block.outputs
        x = x + y if added else y
        last = "bn" if block.index < CUT else "conv"  # the tail's convolutions hold their norm
        result[f"block{block.index}.{'add' if added else f'project.{last}'}"] = x
    result["grid"] = layer(x, "_conv_head", "_bn1")
    return {name: value.transpose(1, 2, 0) for name, value in result.items()}


def test_every_block_gives_what_the_published_network_gives(tensors):
    before, after = front(SIDE), tail()
    load_imagenet(before, tensors)
    load_imagenet(after, tensors)
    pixels = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.float32)
    expected = reference(pixels, tensors)
    x = pixels[None]
    for model in (before, after):
        names = [layer.name for layer in model.layers if layer.name in expected]
        probe = keras.Model(model.input, [model.get_layer(name).output for name in names])
        for name, value in zip(names, probe(x), strict=True):
            assert np.asarray(value)[0] == pytest.approx(expected.pop(name), abs=2e-3, rel=1e-3)
        x = model(x)
    assert not expected  # nothing was left out


@pytest.fixture(scope="module")
def features():
    """Return what a tail may be given for two pictures."""
    values = np.random.default_rng(1).normal(size=(2, 5, 5, blocks()[CUT].inputs))
    return values.astype(np.float32)


@pytest.fixture(scope="module")
def before(tensors):
    model = tail()
    load_imagenet(model, tensors)
    return model


@pytest.fixture(scope="module")
def trained(before, features):
    """Return the same tail after one step of training."""
    model = tail()
    model.set_weights(before.get_weights())
    model.compile("sgd", "mse")
    model.train_on_batch(features, np.ones((2, 1), np.float32))
    return model


def test_a_plain_tail_gives_what_the_trained_one_gives(trained, features):
    ordinary = plain(trained)
    assert {type(layer) for layer in ordinary.layers} >= {keras.layers.Conv2D}
    assert not any("Scaled" in type(layer).__name__ for layer in ordinary.layers)
    expected = np.asarray(trained(features))
    assert np.asarray(ordinary(features)) == pytest.approx(expected, abs=1e-4)


def test_training_moves_kernels_and_offsets_and_no_scale(before, trained):
    weights = zip(before.weights, trained.weights, strict=True)
    moved = {now.name for then, now in weights if not np.array_equal(then, now)}
    assert moved == {"kernel", "bias"}


def test_a_saved_tail_is_the_same_when_it_is_loaded(before, features, tmp_path):
    before.save(tmp_path / "tail.keras")
    loaded = keras.models.load_model(tmp_path / "tail.keras")
    expected = np.asarray(before(features))
    assert np.asarray(loaded(features)) == pytest.approx(expected, abs=1e-6)


def test_front_and_tail_meet_at_the_cut():
    assert front(64).output.shape[-1] == tail().input.shape[-1] == blocks()[CUT].inputs


def test_a_front_that_is_not_frozen_follows_its_batches(tensors):
    model = front(SIDE, cut=1, make=FOLLOWING)
    load_imagenet(model, tensors)
    pixels = np.random.default_rng(1).integers(0, 256, (2, SIDE, SIDE, 3)).astype(np.float32)
    trained, judged = model(pixels, training=True), model(pixels, training=False)
    assert np.abs(np.asarray(trained) - np.asarray(judged)).max() > 1e-2
