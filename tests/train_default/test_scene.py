"""Batches of the scene view, and its readings."""

from dataclasses import replace

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the recipe needs the extra 'train'")

import scene  # noqa: E402
from backbone import CUT_CHANNELS  # noqa: E402

ROWS = np.array([0, 2, 3, 5, 6])


@pytest.fixture
def material() -> scene.Material:
    """Return two views of eight pictures; a feature is the row's number, plus 100 in view 1."""
    view = np.broadcast_to(
        np.arange(8, dtype=np.float16)[:, None, None, None], (8, 2, 2, CUT_CHANNELS)
    )
    targets = np.arange(8, dtype=np.float32) / 10
    return scene.Material((view, view + np.float16(100)), targets, targets + 1, ROWS)


def test_features_targets_and_weights_are_mixed_alike(material):
    seen = 0
    for features, targets, weights in scene.mixed_batches(material, scene.FIRST.schedule, 0):
        assert features.dtype == np.float32
        assert targets.shape == (len(features), 1)
        np.testing.assert_allclose(features[:, 0, 0, 0] / 10, targets[:, 0], atol=1e-3)
        np.testing.assert_allclose(weights, targets[:, 0] + 1, atol=1e-5)
        seen += len(features)
    assert seen == len(ROWS)


def test_an_epoch_reads_its_own_view_and_comes_out_the_same_again(material):
    first, again = (next(scene.mixed_batches(material, scene.FIRST.schedule, 1)) for _ in range(2))
    assert first[0].min() >= 100
    np.testing.assert_array_equal(first[0], again[0])
    (third,) = scene.mixed_batches(material, scene.FIRST.schedule, 2)
    assert third[0].max() < 100


def test_both_sides_of_every_picture_are_read_in_order(material):
    inputs = keras.Input((2, 2, CUT_CHANNELS))
    mean = keras.layers.GlobalAveragePooling2D(name="pooled")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="ones")(mean))
    side = np.repeat(material.views[0], 20, axis=0)
    rows = np.arange(1, len(side))
    expected = np.repeat(np.arange(8), 20)[1:] + 1.5
    logits, features = scene.read(model, (side, side + 3), rows)
    assert logits == pytest.approx(expected * CUT_CHANNELS, rel=1e-3)
    assert features == pytest.approx(np.repeat(expected[:, None], CUT_CHANNELS, axis=1), rel=1e-3)


def test_a_part_of_the_features_is_cut_at_random(material):
    grid = np.arange(14 * 14, dtype=np.float16).reshape(14, 14)
    view = np.broadcast_to(grid[None, :, :, None], (8, 14, 14, CUT_CHANNELS))
    wide = scene.Material((view,), material.targets, material.weights, ROWS)
    schedule = replace(scene.FIRST.schedule, batch=1)  # alone, so that nothing is mixed
    corners = set()
    for features, _, _ in scene.mixed_batches(wide, schedule, 0):
        assert features.shape == (1, 12, 12, CUT_CHANNELS)
        top, left = divmod(int(features[0, 0, 0, 0]), 14)
        assert features[0, :, :, 0] == pytest.approx(grid[top : top + 12, left : left + 12])
        corners.add((top, left))
    assert len(corners) > 1
