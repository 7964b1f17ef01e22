from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from happysad.config import AugmentOptions
from happysad.drawn import draw
from happysad.errors import UsageError
from happysad.verbs.look import Look, look


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("look") / "pictures"
    for number in range(14):
        for label, count in (("happy", 14), ("sad", 9)):
            if number < count:
                (root / label).mkdir(parents=True, exist_ok=True)
                image = draw(label, seed=100 * len(label) + number, side=120)
                image.save(root / label / f"{number:02}.png")
    (root / "happy" / "broken.jpg").write_bytes(b"")
    Image.new("L", (300, 100), 40).save(root / "sad" / "<odd>\n.jpg")
    return root


@pytest.fixture(scope="module")
def seen(folder: Path) -> Look:
    return look(folder)


def test_the_batch_the_labels_and_the_counts_belong_together(seen: Look) -> None:
    assert seen.labels == {0: "happy", 1: "sad"}
    assert seen.counts == {"happy": 14, "sad": 10}
    assert seen.batch.pixels.shape == (16, 256, 256, 3)
    assert seen.batch.pixels.dtype == np.uint8
    by_id = {entry.sha256: entry.label for entry in seen.collection.entries}
    told = [seen.batch.classes[label] for label in seen.batch.labels]
    assert told == [by_id[identity] for identity in seen.batch.ids]


def test_diversity_is_told_for_each_class(seen: Look) -> None:
    happy, sad = seen.diversity
    assert happy.formats == {"png": 14}
    assert sad.formats == {"png": 9, "jpeg": 1}
    assert sad.sides == (120, 120, 300)
    assert sad.grey >= 0.1
    assert 0 <= happy.near_duplicates <= 1
    assert "14 png" in str(happy)


def test_the_odd_one_is_unusual(seen: Look) -> None:
    assert seen.unusual["sad"][0] == "sad/<odd>\n.jpg"
    assert seen.typical["sad"][-1] == "sad/<odd>\n.jpg"
    assert set(seen.typical["happy"]) == set(seen.unusual["happy"])


def test_every_picture_is_a_png(seen: Look) -> None:
    assert list(seen.pictures) == ["batch", "balance", "diversity", "contact-happy", "contact-sad"]
    for png in seen.pictures.values():
        with Image.open(io.BytesIO(png)) as image:
            assert image.format == "PNG"
            assert min(image.size) > 200
    assert seen.files == ()


def test_text_and_notebook_say_the_same_without_markup_of_names(seen: Look) -> None:
    assert "25 files seen = 24 used + 1 set aside + 0 ignored" in str(seen)
    assert "label 1 = sad: 10 pictures" in str(seen)
    page = seen._repr_html_()
    assert page.count("<img ") == 5
    assert "<odd>" not in page


def test_the_seed_decides_the_batch(folder: Path, seen: Look, tmp_path: Path) -> None:
    other = look(folder, seed=2, out=tmp_path / "out")
    assert other.batch.ids != seen.batch.ids
    assert [path.name for path in other.files] == [f"{name}.png" for name in other.pictures]
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in other.files)
    with pytest.raises(UsageError, match="Name another folder"):
        look(folder, out=tmp_path / "out" / "batch.png" / "below")


def test_augmentation_is_shown_where_asked_for(folder: Path) -> None:
    pytest.importorskip("keras")
    shown = look(folder, augment=AugmentOptions(flip=True, brightness=0.3, mix_up=0.2))
    with Image.open(io.BytesIO(shown.pictures["augment"])) as image:
        assert image.width > image.height
