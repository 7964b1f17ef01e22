"""Faces as the expression view reads them."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the recipe needs the extra 'train'")

import expression  # noqa: E402
from trainer import Schedule  # noqa: E402

SCHEDULE = Schedule(epochs=1, batch=4, peak=1e-3)


def marked(count: int, side: int, *, colour: bool) -> np.ndarray:
    """Return grey faces with a white frame, a fifth of the side wide."""
    crops = np.full((count, side, side), 60, np.uint8)
    edge = side // 5
    for rows in (np.s_[:, :edge], np.s_[:, -edge:], np.s_[:, :, :edge], np.s_[:, :, -edge:]):
        crops[rows] = 255
    return np.repeat(crops[..., None], 3, axis=-1) if colour else crops


def faces(count: int, side: int, share: float, *, colour: bool) -> expression.Faces:
    targets = np.arange(count, dtype=np.float32) % 2
    return expression.Faces(marked(count, side, colour=colour), targets, targets + 1, share)


def test_batches_mix_sources_of_any_size_and_keep_targets_with_weights():
    sources = [faces(5, 48, 1.0, colour=False), faces(6, 128, 0.8, colour=True)]
    found = list(expression.batches(sources, SCHEDULE, 0, 32))
    assert [len(crops) for crops, _, _ in found] == [4, 4, 3]
    for crops, targets, weights in found:
        assert crops.shape[1:] == (32, 32, 3)
        assert targets.shape == (len(crops), 1)
        np.testing.assert_array_equal(targets[:, 0] + 1, weights)


def test_six_expressions_keep_their_columns():
    source = expression.Faces(
        marked(3, 48, colour=False), np.eye(6, dtype=np.float32)[:3], np.ones(3, np.float32), 1.0
    )
    ((_, targets, _),) = expression.batches([source], SCHEDULE, 0, 32)
    assert sorted(targets.argmax(axis=1).tolist()) == [0, 1, 2]


def test_only_the_middle_share_of_a_crop_is_read():
    inputs = keras.Input((None, None, 3))
    outputs = keras.layers.GlobalMaxPooling2D()(inputs)
    model = keras.Model(inputs, outputs)
    narrow = expression.read(model, faces(2, 100, 0.5, colour=True), 40)
    whole = expression.read(model, faces(2, 100, 1.0, colour=True), 40)
    assert narrow == pytest.approx(60)
    assert whole == pytest.approx(255)


def test_the_network_reads_faces_of_any_size():
    model = expression.network(1)
    assert model.output.shape == (None, 1)
    assert model.input.shape == (None, None, None, 3)
