"""A training picture is recognised by content, whatever it is called now."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from happysad.bundle.manifest import TrainedPicture
from happysad.bundle.seen import SeenIndex
from happysad.pictures.decode import decode
from happysad.pictures.signature import NEAR_DISTANCE, signature, to_hex


def trained(path: Path) -> TrainedPicture:
    picture = decode(path.read_bytes(), at_least=(256, 256))
    return TrainedPicture(path.name, picture.sha256, to_hex(signature(picture.pixels)))


def encoded(path: Path, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    with Image.open(path) as image:
        image.convert("RGB").save(file, kind, **options)
    return file.getvalue()


def match(index: SeenIndex, data: bytes) -> str | None:
    picture = decode(data, at_least=(256, 256))
    return index.match(picture.sha256, signature(picture.pixels))


def test_reencoded_training_pictures_are_reported(shared_data: Path) -> None:
    files = sorted((shared_data / "seed" / "sad").glob("*.jpg"))[:40]
    index = SeenIndex(trained(path) for path in files[:20])
    for path in files[:20]:
        assert match(index, path.read_bytes()) == path.name
        copy = match(index, encoded(path, "JPEG", quality=60))
        assert copy is not None
        # the nearest of several near duplicates may be meant
        assert copy == path.name or match(index, path.read_bytes()) is not None
    strangers = [match(index, path.read_bytes()) for path in files[20:]]
    assert sum(name is not None for name in strangers) <= 4  # the collection has near duplicates


def test_drawn_picture_at_quality_60(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    paths = []
    for number in range(4):
        small = Image.fromarray(generator.integers(0, 256, (9, 12, 3), dtype=np.uint8))
        paths.append(tmp_path / f"{number}.png")
        small.resize((480, 360), Image.Resampling.BICUBIC).save(paths[-1])
    index = SeenIndex(trained(path) for path in paths[:3])
    for path in paths[:3]:
        assert match(index, path.read_bytes()) == path.name
        assert match(index, encoded(path, "JPEG", quality=60)) == path.name
        assert match(index, encoded(path, "WEBP", quality=60)) == path.name
    assert match(index, paths[3].read_bytes()) is None


def test_the_nearest_of_ten_thousand_is_named() -> None:
    generator = np.random.default_rng(1)
    words = generator.integers(0, 2**64, (10_000, 4), dtype=np.uint64)
    index = SeenIndex(
        TrainedPicture(f"{i}.jpg", f"{i:064x}", to_hex(row)) for i, row in enumerate(words)
    )
    near = words[1234].copy()
    near[0] ^= np.uint64(0b111)
    assert index.match("f" * 64, near) == "1234.jpg"
    assert index.match(f"{77:064x}", near) == "77.jpg"
    far = words[1234].copy()
    for bit in range(NEAR_DISTANCE + 1):
        far[bit // 64] ^= np.uint64(1 << bit % 64)
    assert index.match("f" * 64, far) is None


def test_flat_pictures_resemble_nothing() -> None:
    flat = np.zeros(4, np.uint64)
    index = SeenIndex([TrainedPicture("white.png", "0" * 64, to_hex(flat))])
    assert index.match("1" * 64, flat) is None
    assert index.match("0" * 64, flat) == "white.png"


def test_a_model_without_training_pictures_has_seen_nothing() -> None:
    assert SeenIndex(()).match("0" * 64, np.ones(4, np.uint64)) is None
