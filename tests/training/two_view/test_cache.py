"""What was read of pictures is kept, whole or not at all, and never costs a training."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from happysad.faces.views import Embedding
from happysad.training.two_view import cache
from happysad.training.two_view.cache import Cache, packed, unpacked
from two_views import embedding

ONE = "ab" * 32
TWO = "cd" * 32


def some(faces: int = 2) -> Embedding:
    return embedding(np.random.default_rng(faces), 1, faces=faces)


def same(one: Embedding | None, other: Embedding) -> bool:
    return one is not None and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        and getattr(one, name).shape == getattr(other, name).shape
        for name in ("scene", "faces", "scores", "areas", "sides")
    )


@pytest.mark.parametrize("faces", [0, 1, 5])
def test_an_embedding_comes_back_bit_by_bit(faces: int) -> None:
    item = some(faces)
    assert same(unpacked(packed(item)), item)


def test_bytes_that_are_not_whole_are_nothing() -> None:
    data = packed(some())
    assert unpacked(data[:-1]) is None
    assert unpacked(data[:10]) is None
    assert unpacked(b"") is None
    assert unpacked("text") is None
    for position in (0, 5, 9, 13, len(data) // 2, len(data) - 1):
        broken = bytearray(data)
        broken[position] ^= 4
        assert unpacked(bytes(broken)) is None


def test_what_was_kept_is_found_by_content(own_home: Path) -> None:
    first = Cache("aa")
    assert first.load([ONE]) == {}
    assert cache.size_bytes() == 0
    assert first.keep({ONE: some(1), TWO: some(0)})
    found = Cache("aa").load([TWO, ONE, "ef" * 32])
    assert set(found) == {ONE, TWO}
    assert same(found[ONE], some(1))
    assert Cache("bb").load([ONE]) == {}
    assert cache.folder().parent == own_home
    assert cache.size_bytes() > 0


def test_many_pictures_are_asked_for_at_once() -> None:
    names = [f"{number:064x}" for number in range(1200)]
    item = some(1)
    assert Cache("aa").keep(dict.fromkeys(names, item))
    assert len(Cache("aa").load(names)) == 1200


def test_a_damaged_entry_is_read_again(own_home: Path) -> None:
    kept = Cache("aa")
    kept.keep({ONE: some(1), TWO: some(2)})
    with sqlite3.connect(cache.folder() / "aa.sqlite3") as base:
        base.execute("UPDATE pictures SET seen = zeroblob(100) WHERE sha256 = ?", [ONE])
    base.close()
    assert set(kept.load([ONE, TWO])) == {TWO}


def test_a_file_that_is_no_database_is_made_anew() -> None:
    kept = Cache("aa")
    kept.keep({ONE: some()})
    path = cache.folder() / "aa.sqlite3"
    path.write_bytes(b"nothing of the kind" * 100)
    assert kept.load([ONE]) == {}
    assert kept.keep({ONE: some()})
    assert set(kept.load([ONE])) == {ONE}


def test_a_place_that_cannot_be_written_costs_the_cache_alone(own_home: Path) -> None:
    (own_home / "embeddings").write_text("in the way")
    assert not Cache("aa").keep({ONE: some()})
    assert Cache("aa").load([ONE]) == {}
    assert cache.size_bytes() == 0


def test_a_home_that_cannot_be_asked_for_costs_the_cache_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAPPYSAD_HOME", str(tmp_path / ("x" * 300)))
    assert not Cache("aa").keep({ONE: some()})
    assert Cache("aa").load([ONE]) == {}
    assert cache.size_bytes() == 0


def test_the_oldest_models_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    for age, name in enumerate(("new", "old", "older")):
        Cache(name).keep({ONE: some()})
        path = cache.folder() / f"{name}.sqlite3"
        os.utime(path, (1e9 - age, 1e9 - age))
    one = cache.size_bytes() // 3
    monkeypatch.setattr(cache, "LARGEST_BYTES", int(one * 2.5))
    Cache("newest").keep({ONE: some()})
    left = sorted(path.stem for path in cache.folder().iterdir())
    assert left == ["new", "newest", "old"]


_PROGRAM = """
import sys
import numpy as np
from happysad.training.two_view.cache import Cache
from two_views import embedding
item = embedding(np.random.default_rng(0), 1, faces=2)
kept, number = Cache("aa"), 0
while True:
    kept.keep({f"{number + i:064x}": item for i in range(16)})
    number += 16
    print(number, flush=True)
"""


@pytest.mark.parametrize("lines", [1, 3, 6])
def test_t24_killed_while_writing_it_is_whole(own_home: Path, lines: int) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    said = [int(child.stdout.readline()) for _ in range(lines)]
    child.kill()
    child.wait()
    child.stdout.close()
    names = [f"{number:064x}" for number in range(said[-1])]
    assert len(Cache("aa").load(names)) == said[-1]
    assert Cache("aa").keep({ONE: some()})
