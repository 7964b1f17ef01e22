"""Faces of the training pictures are found once and kept."""

import numpy as np
import pytest
from PIL import Image
from web_faces import KEPT_SIDE, MOST_KEPT, find_web_faces

from bright_spots import bright_spots_network, picture
from happysad.faces.finder import Finder


@pytest.fixture
def files(tmp_path):
    crowd = [(40 * column, 40 * row, 12) for column in range(4) for row in range(4)]
    pictures = [picture(192, 192, (96, 64, 12)), picture(100, 150), picture(192, 192, *crowd)]
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path, pixels in zip(paths, pictures, strict=True):
        Image.fromarray(pixels).save(path)
    return paths


def test_faces_know_their_picture_and_size(files, tmp_path):
    found = find_web_faces(files, Finder(bright_spots_network()), tmp_path / "faces")
    assert found.crops.shape[1:] == (KEPT_SIDE, KEPT_SIDE, 3)
    assert set(found.rows) == {0, 2}  # the second picture is black
    assert (found.rows == 2).sum() == MOST_KEPT
    (left, top, right, bottom) = found.boxes[found.rows == 0][0]
    assert left < 102 / 192 < right
    assert top < 70 / 192 < bottom
    assert found.sides[found.rows == 0][0] == pytest.approx((right - left) * 192)
    assert found.scores.min() >= 0.35


def test_what_was_found_before_is_read_again_without_the_pictures(files, tmp_path):
    finder = Finder(bright_spots_network())
    first = find_web_faces(files, finder, tmp_path / "faces")
    for file in files:
        file.unlink()
    again = find_web_faces(files, finder, tmp_path / "faces")
    np.testing.assert_array_equal(first.rows, again.rows)
    np.testing.assert_array_equal(first.crops, again.crops)
