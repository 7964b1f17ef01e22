"""Every augmentation does what its option says, stays in range and obeys its seed."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from happysad.config import AugmentOptions
from happysad.errors import UsageError
from happysad.training.augment import Augmenter, augment_batch, augment_layers

STRENGTHS = {
    "rotation": 30.0,
    "shift": 0.2,
    "zoom": 0.3,
    "shear": 0.2,
    "flip": True,
    "brightness": 0.3,
    "contrast": 0.5,
    "colour": 0.6,
    "blur": 1.0,
    "erase": 1.0,
    "rand_augment": 2,
    "mix_up": 0.5,
    "cut_mix": 0.5,
}


def pictures(count: int = 8) -> np.ndarray:
    """Colour ramps with a red square left of the middle."""
    ramp = np.linspace(90, 170, 64)
    one = np.stack(np.broadcast_arrays(ramp[None, :], ramp[:, None], 120.0), axis=-1)
    one[24:40, 8:24] = (220, 30, 30)
    batch = np.repeat(one[None], count, axis=0).astype(np.uint8)
    batch[1::2, :, :, 2] = 30  # two kinds, so that mixing shows
    return batch


def red_places(batch: np.ndarray) -> np.ndarray:
    """Return x and y of the red square's middle for each picture; NaN where it is gone."""
    red = (batch[..., 0] > 180) & (batch[..., 1] < 80)
    rows, columns = np.mgrid[0:64, 0:64]
    counts = np.where(red.any(axis=(1, 2)), red.sum(axis=(1, 2)), np.nan)
    return np.stack([(red * columns).sum((1, 2)) / counts, (red * rows).sum((1, 2)) / counts], 1)


def test_every_option_is_held_to_this_contract() -> None:
    assert {item.name for item in fields(AugmentOptions)} == {*STRENGTHS, "fill"}


@pytest.mark.parametrize("name", STRENGTHS)
def test_changes_pictures_within_range_by_seed(name: str) -> None:
    augmenter = Augmenter(AugmentOptions(**{name: STRENGTHS[name]}))
    batch, targets = pictures(), np.arange(8, dtype=np.float32)[:, None]
    first, _ = augmenter(batch, targets, seed=1)
    again, _ = augmenter(batch, targets, seed=1)
    other, _ = augmenter(batch, targets, seed=2)
    assert first.shape == batch.shape
    assert first.dtype == np.float32
    assert 0 <= first.min() < first.max() <= 255
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.abs(first - batch).max() > 5


def test_off_means_unchanged() -> None:
    assert augment_layers(AugmentOptions.level("none")) == []
    assert np.array_equal(augment_batch(pictures(), AugmentOptions(), seed=1), pictures())


def test_levels_turn_on_what_they_name() -> None:
    names = [type(layer).__name__ for layer in augment_layers(AugmentOptions.level("write-up"))]
    assert names == ["RandomFlip", "RandomRotation", "RandomTranslation"]
    assert len(augment_layers(AugmentOptions.level("strong"))) == 12


def test_flip_mirrors_about_half_left_and_right_alone() -> None:
    places = red_places(augment_batch(pictures(64), AugmentOptions(flip=True), seed=3))
    assert places[:, 1] == pytest.approx(31.5)
    left, right = np.isclose(places[:, 0], 15.5), np.isclose(places[:, 0], 63 - 15.5)
    assert (left | right).all()
    assert 16 < left.sum() < 48


def test_rotation_is_in_degrees() -> None:
    changed = augment_batch(pictures(64), AugmentOptions(rotation=30.0), seed=3)
    x, y = red_places(changed).T - 31.5
    angles = np.degrees(np.arctan2(y, -x))  # the square starts at the left of the middle
    assert np.abs(angles).max() <= 32
    assert angles.max() > 20
    assert angles.min() < -20


def test_shift_is_a_share_of_the_side() -> None:
    places = red_places(augment_batch(pictures(64), AugmentOptions(shift=0.1), seed=3))
    moved = places - [15.5, 31.5]
    assert np.abs(moved).max() <= 0.1 * 64 + 0.6
    assert (np.abs(moved).max(axis=0) > 4).all()


def test_fill_nearest_repeats_the_border_and_constant_is_black() -> None:
    near = augment_batch(pictures(), AugmentOptions(shift=0.4), seed=3)
    black = augment_batch(pictures(), AugmentOptions(shift=0.4, fill="constant"), seed=3)
    assert (near[..., 0] >= 29).all()
    assert (black.max(axis=-1) == 0).any()


def test_zoom_and_shear_keep_the_middle() -> None:
    for options in (AugmentOptions(zoom=0.3), AugmentOptions(shear=0.2)):
        changed = augment_batch(pictures(), options, seed=3)
        middle = changed[:, 31:33, 31:33].mean(axis=(1, 2))
        assert middle == pytest.approx(pictures()[:, 31:33, 31:33].mean(axis=(1, 2)), abs=15)


def test_brightness_adds_one_amount_to_a_picture() -> None:
    change = augment_batch(pictures(), AugmentOptions(brightness=0.1), seed=3) - pictures()
    assert change.std(axis=(1, 2, 3)) == pytest.approx(0, abs=0.5)
    assert 5 < np.abs(change).max() <= 25.6


def test_contrast_keeps_the_mean() -> None:
    changed = augment_batch(pictures(), AugmentOptions(contrast=0.2), seed=3)
    assert changed.mean(axis=(1, 2)) == pytest.approx(pictures().mean(axis=(1, 2)), abs=1)
    spread = changed.std(axis=(1, 2, 3)) / pictures().std(axis=(1, 2, 3))
    assert spread.min() < 0.97
    assert spread.max() > 1.03


def test_colour_leaves_grey_grey() -> None:
    grey = np.repeat(pictures()[..., :1], 3, axis=-1)
    changed = augment_batch(grey, AugmentOptions(colour=1.0), seed=3)
    assert changed == pytest.approx(grey, abs=1)


@pytest.mark.parametrize("name", ["blur", "erase"])
def test_a_chance_is_a_chance(name: str) -> None:
    changed = augment_batch(pictures(200), AugmentOptions(**{name: 0.25}), seed=3)
    touched = np.abs(changed - pictures(200)).max(axis=(1, 2, 3)) > 5
    assert 0.15 < touched.mean() < 0.35


@pytest.mark.parametrize("name", ["mix_up", "cut_mix"])
def test_mixing_blends_targets_like_pixels(name: str) -> None:
    batch = np.zeros((16, 32, 32, 3), np.uint8)
    batch[8:] = 200
    targets = (batch[:, 0, 0, :1] / 200).astype(np.float32)
    changed, blended = Augmenter(AugmentOptions(**{name: 0.8}))(batch, targets, seed=3)
    assert ((blended > 0.05) & (blended < 0.95)).any()
    assert changed.mean(axis=(1, 2, 3)) / 200 == pytest.approx(blended[:, 0], abs=0.04)


def test_a_cut_mix_that_keras_has_no_layer_for_is_refused() -> None:
    with pytest.raises(UsageError, match="cut_mix"):
        AugmentOptions(cut_mix=2.0)
