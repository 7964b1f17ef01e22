"""Random views of the training pictures, and the whole ones that are judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from happysad.config import Preprocessing
from happysad.training.engine import load_keras
from happysad.training.tuning import views


@pytest.fixture(scope="module")
def mean_front() -> Any:
    """Return a front that averages patches of 8 pixels."""
    keras = load_keras()
    inputs = keras.Input((None, None, 3))
    return keras.Model(inputs, keras.layers.AveragePooling2D(8)(inputs))


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (5, 72, 72, 3), dtype=np.uint8)


def test_pictures_for_crops_are_larger_and_nobody_looks_for_faces_in_them() -> None:
    size = views.packed_size(Preprocessing(width=256, height=256, look=768))
    assert (size.width, size.height, size.look) == (288, 288, 0)


def test_views_differ_and_come_out_the_same_for_the_same_seed(
    mean_front: Any, pixels: np.ndarray
) -> None:
    told: list[tuple[int, int]] = []

    def tell(step: str, done: int, total: int, note: str = "") -> None:
        told.append((done, total))

    first = views.training_views(mean_front, pixels, side=64, seed=1, progress=tell)
    assert [view.shape for view in first] == [(5, 7, 7, 3)] * views.VIEWS
    assert {view.dtype for view in first} == {np.dtype(np.float16)}
    assert told == [(5, 15), (10, 15), (15, 15)]
    assert not np.array_equal(first[0], first[1])
    again = views.training_views(mean_front, pixels, side=64, seed=1)
    np.testing.assert_array_equal(first, again)
    other = views.training_views(mean_front, pixels, side=64, seed=2)
    assert not np.array_equal(first[0], other[0])


def test_whole_pictures_are_read_as_they_are(mean_front: Any, pixels: np.ndarray) -> None:
    found = views.whole_views(mean_front, pixels)
    patches = pixels.reshape(5, 9, 8, 9, 8, 3).astype(np.float64).mean(axis=(2, 4))
    assert found == pytest.approx(patches, abs=0.2)
