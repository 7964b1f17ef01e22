"""The finder on a small graph of the same form, which takes bright spots for faces."""

import pytest

from bright_spots import SIDE, bright_spots_network, picture
from happysad.bundle.runtime import Network
from happysad.faces.finder import Finder


@pytest.fixture(scope="module")
def bright_spots() -> Network:
    return bright_spots_network()


def test_places_are_shares_of_the_picture_whatever_its_size(bright_spots):
    finder = Finder(bright_spots)
    # The picture is seen at half its size: a cell of 4 px is 8 px here, a face 24.
    (place,) = finder.find(picture(192, 384, (96, 64, 8)), sides=(192,))
    left, top, right, bottom = place.box
    assert ((left + right) / 2 * 384, (top + bottom) / 2 * 192) == pytest.approx((100, 68))
    assert ((right - left) * 384, (bottom - top) * 192) == pytest.approx((24, 24))
    assert place.points[0] == pytest.approx(((100 - 4) / 384, (68 - 2) / 192))
    assert 0.9 < place.score <= 1


def test_boxes_at_the_edge_end_with_the_picture(bright_spots):
    (place,) = Finder(bright_spots).find(picture(192, 192, (0, 0, 4)), sides=(192,), smallest=4)
    assert place.box[:2] == (0, 0)


def test_a_black_picture_has_no_face(bright_spots):
    assert Finder(bright_spots).find(picture(100, 150)) == ()


def test_small_faces_are_dropped_and_large_pictures_are_looked_at_more_closely(bright_spots):
    finder = Finder(bright_spots)
    pixels = picture(768, 768, (400, 400, 4))
    # Seen at 192 the spot of 4 px is a single grey pixel; at 768 it fills a cell.
    assert finder.find(pixels, sides=(192,), smallest=8) == ()
    (place,) = finder.find(pixels, smallest=8)
    assert (place.box[2] - place.box[0]) * 768 == pytest.approx(SIDE)
    assert finder.find(pixels, smallest=24) == ()


def test_at_most_so_many_faces(bright_spots):
    spots = [(40 * column, 40 * row, 4) for column in range(4) for row in range(4)]
    finder, pixels = Finder(bright_spots), picture(192, 192, *spots)
    assert len(finder.find(pixels, sides=(192,), smallest=4)) == 16
    assert len(finder.find(pixels, sides=(192,), smallest=4, limit=5)) == 5
