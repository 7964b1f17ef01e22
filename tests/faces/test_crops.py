"""Cutting faces out upright."""

import numpy as np
import pytest

from happysad.faces.crops import face_crop
from happysad.faces.finder import Place


def place(left: float, top: float, right: float, bottom: float, eyes=((0.4, 0.5), (0.6, 0.5))):
    return Place((left, top, right, bottom), (*eyes, *[(0.5, 0.6)] * 4), 0.9)


def test_a_crop_shows_the_box_with_its_margin():
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[80:120, 180:220] = 255  # a white square of 40 px in the middle
    crop = face_crop(pixels, place(0.45, 0.4, 0.55, 0.6), side=80, margin=2.0)
    assert crop.shape == (80, 80, 3)
    assert crop.dtype == np.uint8
    assert crop[22:58, 22:58].min() > 250
    assert crop[:18].max() < 5


def test_eyes_lie_level_in_the_crop():
    size = 200
    pixels = np.zeros((size, size, 3), np.uint8)
    right_eye, left_eye = (70, 80), (130, 120)  # the head is tilted by about 34 degrees
    for channel, (x, y) in enumerate((right_eye, left_eye)):
        pixels[y - 6 : y + 6, x - 6 : x + 6, channel] = 255
    eyes = ((70 / size, 80 / size), (130 / size, 120 / size))
    crop = face_crop(pixels, place(0.2, 0.2, 0.8, 0.8, eyes), side=120, margin=1.2)
    centres = [np.argwhere(crop[..., channel] > 128).mean(axis=0) for channel in range(2)]
    assert centres[0][0] == pytest.approx(centres[1][0], abs=1.5)  # the same height
    assert centres[0][1] < centres[1][1]  # the right eye is on the left of the picture


@pytest.mark.parametrize("box", [(0.0, 0.0, 0.2, 0.2), (0.9, 0.9, 1.0, 1.0), (0.5, 0.5, 0.5, 0.5)])
def test_what_lies_outside_the_picture_is_black(box):
    pixels = np.full((50, 70, 3), 255, np.uint8)
    crop = face_crop(pixels, place(*box), side=64, margin=2.0)
    assert crop.shape == (64, 64, 3)
    if box[0] == 0.0:
        assert crop[:8].max() == 0
        assert crop[-8:, -8:].min() == 255
