"""The scene's network as a graph, and back to where it can be trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest

from happysad.errors import BundleError
from happysad.training import efficientnet, view_graphs
from happysad.training.weight_layouts import weights_by_layer
from tunable import SIDE, networks
from two_views import base


@pytest.fixture(scope="module")
def models() -> tuple[Any, Any]:
    return networks()


@pytest.fixture(scope="module")
def scene(models: tuple[Any, Any]) -> bytes:
    return view_graphs.scene_graph(*models, SIDE)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (2, SIDE, SIDE, 3), dtype=np.uint8)


def pooled(models: tuple[Any, Any], pixels: np.ndarray) -> np.ndarray:
    front, tail = models
    probe = efficientnet.keras.Model(tail.input, tail.get_layer("pooled").output)
    sides = (pixels.astype(np.float32), pixels[:, :, ::-1].astype(np.float32))
    return np.mean([np.asarray(probe(front(side))) for side in sides], axis=0)


def features(graph: bytes, pixels: np.ndarray) -> np.ndarray:
    return onnxruntime.InferenceSession(graph).run(["features"], {"pixels": pixels})[0]


def test_a_graph_becomes_the_networks_that_it_was_made_of(
    models: tuple[Any, Any], scene: bytes, pixels: np.ndarray
) -> None:
    found = view_graphs.scene_networks(scene)
    expected = features(scene, pixels)
    assert expected.std() > 0.01
    assert pooled(found, pixels) == pytest.approx(expected, abs=1e-3)
    # half floats are off by a little, the networks that they were made of by no more
    assert np.abs(pooled(models, pixels) - expected).mean() < 0.01 * expected.mean()
    again = view_graphs.scene_graph(*found, SIDE)
    assert features(again, pixels) == pytest.approx(expected, abs=1e-3)


def test_kernels_come_back_at_the_size_that_a_rate_is_meant_for(scene: bytes) -> None:
    _, tail = view_graphs.scene_networks(scene)
    for layer in tail.layers:
        if layer.name.endswith(".conv"):
            kernel = np.asarray(layer.kernel)
            assert np.sqrt(np.square(kernel).mean()) == pytest.approx(0.08, rel=1e-3)


def test_a_channel_without_weights_stays_without(models: tuple[Any, Any]) -> None:
    front, tail = networks(seed=9)
    layer = tail.get_layer("head.conv")
    kernel = np.array(layer.kernel)
    kernel[..., 5] = 0
    layer.kernel.assign(kernel)
    _, found = view_graphs.scene_networks(view_graphs.scene_graph(front, tail, SIDE))
    assert not np.asarray(found.get_layer("head.conv").kernel)[..., 5].any()


def test_another_network_is_refused() -> None:
    other = base().graphs["scene"]
    assert "head.conv/kernel" not in weights_by_layer(other)
    with pytest.raises(BundleError, match="EfficientNet-Lite0"):
        view_graphs.scene_networks(other)
