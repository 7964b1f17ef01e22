from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from happysad.drawn import draw
from happysad.errors import UsageError
from happysad.pictures.quality import measure
from happysad.pictures.signature import NEAR_DISTANCE, distances, near_pairs, signature

PICTURES = 60


@pytest.fixture(scope="module")
def drawings() -> list[np.ndarray]:
    return [np.asarray(draw("sad" if seed % 2 else "happy", seed=seed)) for seed in range(PICTURES)]


def test_same_mood_and_seed_give_the_same_pixels() -> None:
    one, other = draw("happy", seed=7), draw("happy", seed=7)
    assert one.tobytes() == other.tobytes()


def test_another_seed_gives_another_picture(drawings: list[np.ndarray]) -> None:
    signatures = np.stack([signature(pixels) for pixels in drawings])
    assert near_pairs(signatures).shape == (0, 2)


@pytest.mark.parametrize("seed", range(20))
def test_mood_changes_the_expression_and_nothing_around_it(seed: int) -> None:
    happy, sad = (np.asarray(draw(mood, seed=seed), dtype=int) for mood in ("happy", "sad"))
    assert happy.shape == sad.shape
    differs = (happy != sad).any(axis=2)
    assert 0.0005 < differs.mean() < 0.7
    assert not differs[:4].any()
    assert abs(happy.mean() - sad.mean()) < 16


def test_moods_have_the_same_light_and_colour() -> None:
    """A model cannot tell the moods apart by the picture's mean."""
    happy, sad = (
        np.array([np.asarray(draw(mood, seed=seed, side=96)).mean((0, 1)) for seed in range(60)])
        for mood in ("happy", "sad")
    )
    gap = np.abs(happy - sad).mean(axis=0)
    assert (np.abs(happy.mean(0) - sad.mean(0)) < happy.std(0) / 5).all()
    assert (gap < 8).all()


def test_drawings_are_worth_training_on(drawings: list[np.ndarray]) -> None:
    for pixels in drawings:
        quality = measure(pixels)
        assert quality["dark"] > 0.3
        assert quality["bright"] < 0.7
        assert quality["sharpness"] > 0.8
        assert quality["information"] > 3


def test_styles_differ(drawings: list[np.ndarray]) -> None:
    shapes = {pixels.shape for pixels in drawings}
    assert len(shapes) >= 5
    signatures = np.stack([signature(pixels) for pixels in drawings])
    nearest = [
        distances(one, np.delete(signatures, place, 0)).min()
        for place, one in enumerate(signatures)
    ]
    assert min(nearest) > NEAR_DISTANCE + 10


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**40), side=st.integers(64, 500))
def test_longer_side_is_the_one_asked_for(seed: int, side: int) -> None:
    picture = draw("sad", seed=seed, side=side)
    assert picture.mode == "RGB"
    assert max(picture.size) == side
    assert min(picture.size) >= side * 0.6


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"mood": "angry", "seed": 1}, "mood"),
        ({"mood": "sad", "seed": -1}, "seed"),
        ({"mood": "sad", "seed": 1, "side": 8}, "side"),
    ],
)
def test_wrong_options_are_named(options: dict[str, object], word: str) -> None:
    with pytest.raises(UsageError, match=f"'{word}' option must be"):
        draw(**options)
