"""Faces as the expression view reads them."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the recipe needs the extra 'train'")

import backbone  # noqa: E402
import expression  # noqa: E402
import face_views  # noqa: E402
from trainer import Schedule  # noqa: E402

SCHEDULE = Schedule(epochs=1, batch=4, peak=1e-3)
ALIKE = Schedule(epochs=1, batch=2, peak=1e-3)
"""For the rows of the test of moods: TensorFlow builds a step anew for another size of batch."""


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
    crop = marked(1, 100, colour=True)[0]
    assert expression.plain_crop(crop, 0.5, 40).max() == 60
    assert expression.plain_crop(crop, 1.0, 40).max() == 255


@pytest.fixture(scope="module")
def six(tensors) -> keras.Model:
    """Return a network of six expressions with statistics of its own, inside the convolutions."""
    first = expression.network(6)
    backbone.load_imagenet(
        keras.Model(first.input, first.get_layer("face_head.conv").input), tensors
    )
    settled = expression.network(6, make=backbone.SCALED)
    backbone.take_over(settled, first)
    pixels = np.random.default_rng(1).integers(0, 256, (2, 64, 64, 3)).astype(np.float32)
    expected = np.asarray(first(pixels, training=False))
    assert np.asarray(settled(pixels)) == pytest.approx(expected, abs=1e-3)
    return settled


def test_lower_and_upper_blocks_are_the_whole_network(six):
    lower, upper = expression.lower(six), expression.upper(6)
    backbone.take_over(upper, six)
    pixels = np.random.default_rng(2).integers(0, 256, (3, 80, 80, 3)).astype(np.float32)
    assert np.asarray(upper(lower(pixels))) == pytest.approx(np.asarray(six(pixels)), abs=1e-4)


def test_mood_is_learned_from_the_rows_that_may_train(six, tmp_path):
    generator = np.random.default_rng(3)
    lower = expression.lower(six)
    sources = [faces(6, 48, 1.0, colour=False), faces(4, 128, 0.8, colour=True)]
    seen = face_views.face_views(sources, lower, tmp_path / "views")
    assert [view.shape for view in seen.training] == [(10, 10, 10, 40)] * face_views.VIEWS
    again = face_views.face_views(sources, lower, tmp_path / "views")
    for first, second in zip(again.judged, seen.judged, strict=True):
        np.testing.assert_array_equal(first, second)
    targets = generator.random(10).astype(np.float32)
    rows = np.array([0, 2, 7, 8])
    targets[[1, 3, 4, 5, 6, 9]] = np.nan  # a row that must not train would spoil every weight
    material = expression.Material(seen.training, targets, np.ones(10, np.float32), rows)
    model = expression.learn_mood(material, six, tmp_path / "mood", ALIKE)
    logits = expression.read(model, seen.judged, slice(None))
    assert logits.shape == (10, 1)
    assert np.isfinite(logits).all()
    order = np.roll(np.arange(10), 4)
    turned = expression.read(model, seen.judged[::-1], order)
    np.testing.assert_allclose(turned, logits[order], atol=1e-6)
    assert np.ptp(logits) > 1e-3


def test_the_network_reads_faces_of_any_size():
    model = expression.network(1)
    assert model.output.shape == (None, 1)
    assert model.input.shape == (None, None, None, 3)
