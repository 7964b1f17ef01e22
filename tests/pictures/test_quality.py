from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter
from specimens import encode, scene

from happysad.pictures.decode import decode, from_array
from happysad.pictures.features import features, glimpse
from happysad.pictures.quality import measure
from happysad.pictures.thumbnail import thumbnail


def test_light_and_colour_are_shares() -> None:
    black = measure(np.zeros((50, 50, 3), np.uint8))
    white = measure(np.full((50, 50, 3), 255, np.uint8))
    red = measure(np.full((50, 50, 3), (255, 0, 0), np.uint8))
    assert (black["brightness"], black["dark"], black["bright"]) == (0, 0, 0)
    assert (white["brightness"], white["dark"], white["bright"]) == (1, 1, 1)
    assert (white["saturation"], red["saturation"]) == (0, 1)
    assert black["information"] == black["sharpness"] == 0
    assert all(isinstance(value, float) for value in red.values())


def test_dark_looks_at_the_brightest_percent() -> None:
    night = np.zeros((100, 100, 3), np.uint8)
    night[:10, :20] = 200
    assert measure(night)["dark"] > 0.7
    assert measure(night)["brightness"] < 0.05


def test_blur_lowers_sharpness_and_size_does_not_matter() -> None:
    blocks = np.random.default_rng(3).integers(0, 256, (10, 15, 3)).astype(np.uint8)
    pixels = blocks.repeat(40, axis=0).repeat(40, axis=1)
    blurred = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(8)))
    assert measure(blurred)["sharpness"] < 0.5 * measure(pixels)["sharpness"]
    larger = np.asarray(Image.fromarray(pixels).resize((1800, 1200)))
    for name, value in measure(pixels).items():
        if name != "sharpness":
            assert abs(measure(larger)[name] - value) < 0.02 * (6 if name == "information" else 1)


def test_tiny_pictures_have_measures() -> None:
    for shape in ((1, 1, 3), (2, 500, 3), (3, 3, 3)):
        assert measure(np.full(shape, 7, np.uint8))["sharpness"] == 0


def test_t06_a_thumbnail_has_no_metadata_and_is_small() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    data = encode(scene(800, 400), "jpeg", exif=exif, comment=b"a secret place")
    small = thumbnail(decode(data), side=100)
    assert b"secret" not in small
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (100, 50)
        assert not image.getexif()
        assert image.format == "JPEG"
    with Image.open(io.BytesIO(thumbnail(from_array(scene(30, 20))))) as image:
        assert image.size == (30, 20)


def test_features_tell_pictures_apart(tmp_path) -> None:
    first, second = (features(scene(200, 120, seed=seed)) for seed in (1, 2))
    again = features(decode(encode(scene(200, 120, seed=1), "jpeg")).pixels)
    assert first.shape == (88,)
    assert first.dtype == np.float32
    assert np.linalg.norm(first - again) < 0.2 * np.linalg.norm(first - second)
    file = tmp_path / "a.png"
    file.write_bytes(encode(scene(200, 120, seed=1), "png"))
    seen = glimpse(str(file), side=64)
    assert np.allclose(seen.features, first)
    assert seen.tile.shape == (64, 64, 3)
