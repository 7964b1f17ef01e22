from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from specimens import encode, scene

from happysad.pictures.decode import decode
from happysad.pictures.signature import (
    FLAT_DISTANCE,
    NEAR_DISTANCE,
    distances,
    from_hex,
    is_flat,
    near_pairs,
    signature,
    to_hex,
)


def apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    return int(distances(signature(one), signature(other)[None])[0])


def changed(pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8]]:
    image = Image.fromarray(pixels)
    half = image.resize((max(1, image.width // 2), max(1, image.height // 2)))
    return {
        "quality 60": decode(encode(image, "jpeg", quality=60)).pixels,
        "half size": decode(encode(half, "jpeg")).pixels,
        "webp": decode(encode(image, "webp", quality=70)).pixels,
        "brighter": np.asarray(ImageEnhance.Brightness(image).enhance(1.1)),
        "darker": np.asarray(ImageEnhance.Brightness(image).enhance(0.9)),
    }


def test_drawn_textures_survive_re_encoding_and_differ_among_themselves() -> None:
    scenes = [scene(400, 300, seed=seed) for seed in range(12)]
    for pixels in scenes:
        for name, other in changed(pixels).items():
            assert apart(pixels, other) <= NEAR_DISTANCE, name
    signatures = np.stack([signature(pixels) for pixels in scenes])
    assert len(near_pairs(signatures, distance=NEAR_DISTANCE + 10)) == 0


def test_real_pictures_survive_re_encoding(shared_data: Path) -> None:
    files = sorted((shared_data / "seed" / "happy").iterdir())[:40]
    lost = dict.fromkeys(changed(scene()), 0)
    for file in files:
        pixels = decode(file.read_bytes(), at_least=(256, 256)).pixels
        for name, other in changed(pixels).items():
            lost[name] += apart(pixels, other) > NEAR_DISTANCE
    assert lost.pop("quality 60") == 0
    assert max(lost.values()) <= 1


def test_a_mirror_image_a_negative_and_another_colour_are_other_pictures() -> None:
    pixels = scene(200, 200)
    assert apart(pixels, pixels[:, ::-1]) > NEAR_DISTANCE
    assert apart(pixels, 255 - pixels) > NEAR_DISTANCE
    disc = np.hypot(*(np.indices((200, 200)) - 100)) < 70
    yellow, blue = (
        np.where(disc[..., None], colour, 255).astype(np.uint8)
        for colour in ((200, 180, 0), (150, 170, 255))
    )
    assert apart(yellow, blue) > 8


def test_pictures_without_structure_resemble_nothing() -> None:
    flat = signature(np.full((80, 80, 3), 90, np.uint8))
    assert is_flat(flat)
    assert distances(flat, flat[None]).tolist() == [FLAT_DISTANCE]
    noisy = decode(encode(Image.new("RGB", (90, 90), "teal"), "jpeg", quality=40)).pixels
    assert is_flat(signature(noisy))
    assert len(near_pairs(np.stack([flat, flat, signature(noisy)]))) == 0


@given(st.binary(min_size=32, max_size=32))
def test_hex_and_back(data: bytes) -> None:
    value = np.frombuffer(data, ">u8").astype(np.uint64)
    assert to_hex(value) == data.hex()
    assert (from_hex(data.hex()) == value).all()


@pytest.mark.parametrize("text", ["", "00" * 31, "zz" * 32])
def test_hex_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="hex"):
        from_hex(text)


@pytest.mark.parametrize("count", [0, 1, 2, 255, 256, 257, 700])
def test_near_pairs_are_exactly_those_of_a_plain_comparison(count: int) -> None:
    generator = np.random.default_rng(count)
    signatures = generator.integers(0, 2**63, (count, 4)).astype(np.uint64)
    for number in range(0, count - 3, 3):
        signatures[number + 2] = signatures[number]
        signatures[number + 2, number % 4] ^= np.uint64(2 ** (number % 40) - 1)
    signatures[5:10:2] = 0
    expected = (
        [
            (i, j)
            for i in range(count)
            for j in range(i + 1, count)
            if distances(signatures[i], signatures[j : j + 1])[0] <= NEAR_DISTANCE
        ]
        if count < 300
        else None
    )
    found = near_pairs(signatures)
    assert found.shape[1:] == (2,)
    if expected is not None:
        assert list(map(tuple, found.tolist())) == expected
    else:
        rows = np.stack([distances(one, signatures) <= NEAR_DISTANCE for one in signatures])
        assert np.array_equal(found, np.argwhere(np.triu(rows, 1)))
