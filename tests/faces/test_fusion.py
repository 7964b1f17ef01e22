"""Two views, one answer."""

import numpy as np
import pytest

from happysad.faces.fusion import TERMS, Readings, evidence, evidence_of_many, fuse

NOBODY = Readings(*[np.zeros(0)] * 4)


def readings(*logits: float, area: float = 0.25, side: float = 100.0) -> Readings:
    count = len(logits)
    return Readings(
        np.array(logits), np.full(count, 0.9), np.full(count, area), np.full(count, side)
    )


def term(values: np.ndarray, name: str) -> float:
    return float(values[TERMS.index(name)])


def test_without_a_face_only_the_scene_speaks():
    values = evidence(1.5, NOBODY)
    assert term(values, "no_face") == 1
    assert term(values, "scene") == 1.5
    assert fuse(values, np.ones(8)).faces == 0


def test_with_a_face_both_views_speak_and_their_parts_add_up():
    values = evidence(1.0, readings(2.0))
    weights = np.array([0.1, 5.0, 0.5, -0.25, 1.0, 0.5, 0.25, 9.0])
    shares = fuse(values, weights)
    assert shares.scene == pytest.approx(0.1 + 0.5 - 0.25)
    assert shares.faces == pytest.approx(2.0 * (1.0 + 0.5 * 0.5 + 0.25))
    assert shares.logit == pytest.approx(shares.scene + shares.faces)


def test_a_large_face_outweighs_a_small_one():
    faces = Readings(
        np.array([2.0, -2.0]), np.array([0.9, 0.9]), np.array([0.3, 0.01]), np.array([150.0, 30.0])
    )
    assert term(evidence(0.0, faces), "faces") > 1


def test_a_crowd_is_three_or_more_and_small_faces_are_less_sharp():
    assert term(evidence(0.0, readings(1.0, 1.0)), "crowd") == 0
    assert term(evidence(0.0, readings(1.0, 1.0, 1.0)), "crowd") == pytest.approx(1.0)
    assert term(evidence(0.0, readings(1.0, side=32)), "sharp_face") == pytest.approx(0.5)
    assert term(evidence(0.0, readings(1.0, side=500)), "sharp_face") == pytest.approx(1.0)


def test_extreme_readings_are_bounded():
    values = evidence(1e9, readings(-1e9))
    assert np.isfinite(values).all()
    assert np.abs(values).max() <= 6


def test_many_pictures_give_the_terms_that_each_gives_alone() -> None:
    chance = np.random.default_rng(0)
    owners = np.repeat(np.arange(30), chance.integers(0, 5, 30))
    count = len(owners)
    faces = Readings(
        chance.normal(size=count) * 5,
        chance.uniform(0.3, 1, count),
        chance.uniform(0, 0.5, count),
        chance.uniform(10, 200, count),
    )
    scene = chance.normal(size=30) * 5
    together = evidence_of_many(scene, faces, owners)
    for row in range(30):
        mine = owners == row
        alone = Readings(
            faces.logits[mine], faces.scores[mine], faces.areas[mine], faces.sides[mine]
        )
        assert together[row] == pytest.approx(evidence(float(scene[row]), alone), abs=1e-12)
    assert evidence_of_many(scene[:0], Readings(*[np.empty(0)] * 4), owners[:0]).shape == (0, 8)
