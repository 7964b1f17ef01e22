"""Packed pictures, random crops and what the front makes of them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

keras = pytest.importorskip("keras", reason="the recipe needs the extra 'train'")

import views  # noqa: E402


def quarters(width: int, height: int) -> Image.Image:
    """Return a picture that is black on the left and white on the right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, width // 2 :] = 255
    return Image.fromarray(pixels)


@pytest.fixture
def packed(tmp_path: Path) -> np.ndarray:
    files = []
    for number, size in enumerate(((300, 200), (100, 400), (288, 288))):
        files.append(tmp_path / f"{number}.png")
        quarters(*size).save(files[-1])
    views.pack(files, tmp_path / "pixels.npy")
    assert not (tmp_path / "pixels.partial.npy").exists()
    return np.load(tmp_path / "pixels.npy")


@pytest.fixture(scope="module")
def mean_front() -> keras.Model:
    """Return a front that averages patches of 32 pixels."""
    inputs = keras.Input((None, None, 3))
    return keras.Model(inputs, keras.layers.AveragePooling2D(32)(inputs))


def test_packed_pictures_are_stretched_to_one_size(packed):
    assert packed.shape == (3, views.PACKED_SIDE, views.PACKED_SIDE, 3)
    for pixels in packed:
        assert pixels[:, :140].max() == 0
        assert pixels[:, 148:].min() == 255


def test_random_changes_come_out_the_same_for_the_same_seed():
    image = quarters(288, 288)
    one, same, other = (
        views.randomly_changed(image, 224, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one.shape == (224, 224, 3)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_about_half_of_the_changed_pictures_are_mirrored():
    image = quarters(288, 288)
    generator = np.random.default_rng(3)
    changed = [views.randomly_changed(image, 64, generator) for _ in range(100)]
    brighter_left = [item[:, :20].mean() > item[:, -20:].mean() for item in changed]
    assert 30 < sum(brighter_left) < 70


def test_features_are_written_once_for_whole_and_cropped_pictures(packed, mean_front, tmp_path):
    views.judged_views(packed, mean_front, tmp_path)
    views.training_view(packed, mean_front, tmp_path, 4)
    whole, mirrored = views.judged_sides(tmp_path)
    crop = np.load(tmp_path / "view4.npy")
    assert whole.shape == (3, 9, 9, 3)
    assert whole.dtype == np.float16
    np.testing.assert_array_equal(mirrored, whole[:, :, ::-1])
    assert whole[:, :, 0].max() < whole[:, :, -1].min()
    assert crop.shape == (3, 7, 7, 3)
    before = (tmp_path / "view4.npy").stat().st_mtime_ns
    views.training_view(packed, mean_front, tmp_path, 4)
    assert (tmp_path / "view4.npy").stat().st_mtime_ns == before
