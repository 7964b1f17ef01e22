"""From anchors to faces: geometry, overlap, blending."""

import numpy as np
import pytest

from happysad.faces.boxes import anchors, blend, decode, overlap


def square(x: float, y: float, side: float) -> np.ndarray:
    """Return a place whose six points all lie in its middle."""
    place = np.empty((8, 2), np.float32)
    place[0], place[1] = (x, y), (x + side, y + side)
    place[2:] = x + side / 2, y + side / 2
    return place


def test_anchors_lie_in_the_middle_of_four_by_four_cells_row_by_row():
    grid = anchors(8, 12)
    assert grid.tolist() == [[2, 2], [6, 2], [10, 2], [2, 6], [6, 6], [10, 6]]


def test_decode_adds_the_anchor_to_centre_and_points_and_keeps_confident_ones():
    raw = np.zeros((6, 16), np.float32)
    raw[4, :4] = 1, -1, 8, 4  # centre is one right of and one above its anchor, 8 by 4
    raw[4, 4:6] = 3, 2
    logits = np.full(6, -5.0, np.float32)
    logits[4] = 2.0
    places, scores = decode(raw, logits, height=8, width=12, score=0.5)
    assert places.shape == (1, 8, 2)
    assert places[0, 0].tolist() == [7 - 4, 5 - 2]
    assert places[0, 1].tolist() == [7 + 4, 5 + 2]
    assert places[0, 2].tolist() == [6 + 3, 6 + 2]
    assert scores == pytest.approx([1 / (1 + np.exp(-2.0))])


def test_decode_drops_boxes_without_extent_or_with_infinite_ones():
    raw = np.ones((6, 16), np.float32)
    raw[0, 2] = -3
    raw[1, 3] = 0
    raw[2, 5] = np.inf
    places, _ = decode(raw, np.full(6, 200.0, np.float32), height=8, width=12, score=0.5)
    assert len(places) == 3


def test_overlap_is_intersection_over_union():
    others = np.stack([square(0, 0, 10), square(5, 0, 10), square(20, 20, 5)])
    assert overlap(square(0, 0, 10), others) == pytest.approx([1.0, 50 / 150, 0.0])


def test_blend_averages_one_face_by_score_and_keeps_the_other():
    places = np.stack([square(0, 0, 10), square(50, 50, 10), square(2, 0, 10)])
    faces, scores = blend(places, np.array([0.6, 0.7, 0.9], np.float32), threshold=0.3, limit=64)
    assert scores == pytest.approx([0.9, 0.7])
    assert faces[0, 0] == pytest.approx([2 * 0.9 / 1.5, 0.0])
    assert faces[1, 0] == pytest.approx([50, 50])


def test_blend_returns_at_most_the_limit_and_nothing_for_nothing():
    places = np.stack([square(100 * number, 0, 10) for number in range(5)])
    faces, _ = blend(places, np.linspace(0.5, 0.9, 5, dtype=np.float32), threshold=0.3, limit=2)
    assert faces[:, 0, 0].tolist() == [400, 300]
    none, scores = blend(places[:0], np.zeros(0, np.float32), threshold=0.3, limit=2)
    assert none.shape == (0, 8, 2)
    assert scores.shape == (0,)
