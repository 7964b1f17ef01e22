from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from specimens import encode, scene

from happysad.config import Preprocessing
from happysad.errors import PictureError
from happysad.pictures.decode import from_array
from happysad.pictures.prepare import decode_for, prepare


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("resample", ["area", "point"])
@given(size=st.tuples(st.integers(1, 60), st.integers(1, 60)))
@settings(max_examples=15, deadline=None)
def test_any_picture_gets_the_size_and_type_asked_for(
    size: tuple[int, int], fit: str, resample: str
) -> None:
    to = Preprocessing(width=40, height=24, fit=fit, resample=resample)
    result = prepare(from_array(scene(*size)), to)
    assert result.shape == (24, 40, 3)
    assert result.dtype == (np.uint8 if resample == "area" else np.float32)
    assert result.max() <= 255


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("resample", ["area", "point"])
def test_a_picture_of_the_right_size_is_left_alone(fit: str, resample: str) -> None:
    to = Preprocessing(width=40, height=24, fit=fit, resample=resample)
    assert np.abs(prepare(from_array(scene(40, 24)), to) - scene(40, 24).astype(float)).max() < 1e-3


def test_area_averages_what_it_shrinks() -> None:
    board = (np.indices((128, 128)).sum(axis=0) % 2 * 255).astype(np.uint8)
    result = prepare(from_array(board), Preprocessing(width=16, height=16))
    assert np.abs(result.astype(int) - 128).max() <= 4


def test_crop_takes_the_middle_and_pad_adds_black_bars() -> None:
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, :20], wide[:, 20:40], wide[:, 40:] = 50, 150, 250
    for resample in ("area", "point"):
        to = Preprocessing(width=20, height=20, fit="crop", resample=resample)
        assert np.abs(prepare(from_array(wide), to)[:, 1:-1] - 150.0).max() < 1
    padded = prepare(from_array(wide), Preprocessing(width=60, height=60, fit="pad"))
    assert (padded[:20] == 0).all()
    assert (padded[40:] == 0).all()
    assert (padded[20:40] == wide).all()


@pytest.mark.parametrize(
    ("size", "to"), [((300, 200), (256, 256)), ((97, 641), (64, 48)), ((20, 30), (96, 80))]
)
def test_point_equals_the_bilinear_resize_of_tensorflow(
    size: tuple[int, int], to: tuple[int, int]
) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    pixels = scene(*size)
    expected = tensorflow.image.resize(pixels, (to[1], to[0])).numpy()
    preprocessing = Preprocessing(width=to[0], height=to[1], resample="point")
    assert np.abs(prepare(from_array(pixels), preprocessing) - expected).max() < 1e-3


def test_only_area_starts_from_a_reduced_decode() -> None:
    data = encode(scene(1200, 900), "jpeg")
    small = Preprocessing(width=128, height=128)
    picture, pixels = decode_for(data, small)
    assert picture.pixels.shape == (225, 300, 3)
    full = prepare(decode_for(data, Preprocessing(width=1200, height=900))[0], small)
    assert np.abs(pixels.astype(int) - full).mean() < 2
    point = Preprocessing(width=128, height=128, resample="point")
    assert decode_for(data, point)[0].pixels.shape == (900, 1200, 3)
    with pytest.raises(PictureError):
        decode_for(data[:900], small)
