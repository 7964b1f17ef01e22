"""Decoding once: in memory or in a file, and a bad picture costs itself alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from happysad.config import Preprocessing
from happysad.errors import RunError
from happysad.records import Entry
from happysad.training.examples import DecodeOptions, decode_examples

SIZE = Preprocessing(width=32, height=24)


def make_folder(folder: Path) -> list[Entry]:
    entries = []
    for number in range(6):
        label = ("happy", "sad")[number % 2]
        path = folder / label / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (50, 40), (40 * number, 10, 20)).save(path)
        file = f"{label}/{number}.png"
        entries.append(Entry(file, label, f"{number:064x}", 1, "png", 50, 40, "", "g"))
    return entries


@pytest.mark.parametrize("cache_mib", [100, 0])
def test_rows_keep_the_order_of_the_entries(tmp_path: Path, cache_mib: int) -> None:
    entries = make_folder(tmp_path)
    options = DecodeOptions(preprocessing=SIZE, workers=2, cache_mib=cache_mib)
    examples = decode_examples(tmp_path, entries, ("happy", "sad"), options=options)
    assert isinstance(examples.pixels, np.memmap) == (cache_mib == 0)
    assert examples.pixels.shape == (6, 24, 32, 3)
    assert examples.pixels[:, 3, 3, 0].tolist() == [0, 40, 80, 120, 160, 200]
    assert examples.labels.tolist() == [0, 1] * 3
    assert examples.failed == {}
    chosen = examples.rows([4, 1])
    assert [entry.file for entry in chosen.entries] == ["happy/4.png", "sad/1.png"]
    assert chosen.pixels[:, 0, 0, 0].tolist() == [160, 40]


def test_t13_a_file_that_vanishes_or_breaks_is_left_out(tmp_path: Path) -> None:
    entries = make_folder(tmp_path)
    (tmp_path / "happy/2.png").unlink()
    (tmp_path / "sad/3.png").write_bytes(b"\x89PNG\r\n\x1a\n then nothing")
    told: list[tuple[int, int]] = []

    def tell(step: str, done: int, total: int, note: str = "") -> None:
        told.append((done, total))

    options = DecodeOptions(preprocessing=SIZE, workers=1)
    examples = decode_examples(tmp_path, entries, ("happy", "sad"), options=options, progress=tell)
    assert set(examples.failed) == {"happy/2.png", "sad/3.png"}
    assert examples.failed["happy/2.png"] == "missing"
    assert [entry.file for entry in examples.entries] == [
        "happy/0.png",
        "sad/1.png",
        "happy/4.png",
        "sad/5.png",
    ]
    assert examples.pixels[:, 0, 0, 0].tolist() == [0, 40, 160, 200]
    assert told[-1] == (6, 6)


def test_point_preprocessing_keeps_fractions(tmp_path: Path) -> None:
    entries = make_folder(tmp_path)
    size = Preprocessing(width=32, height=24, resample="point")
    options = DecodeOptions(preprocessing=size, workers=1)
    examples = decode_examples(tmp_path, entries, ("happy", "sad"), options=options)
    assert examples.pixels.dtype == np.float32


def test_t26_no_room_for_the_cache_is_a_clear_error(tmp_path: Path) -> None:
    entries = make_folder(tmp_path)
    options = DecodeOptions(
        preprocessing=SIZE, cache_mib=0, cache_folder=tmp_path / "there is no such folder"
    )
    with pytest.raises(RunError, match="cache_mib"):
        decode_examples(tmp_path, entries, ("happy", "sad"), options=options)
