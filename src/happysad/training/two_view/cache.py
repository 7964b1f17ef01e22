"""What was read from pictures, kept from one training to the next.

One SQLite file for each way of reading, below ``shelf.home()/embeddings``; a row is a picture,
known by its content. SQLite keeps the file whole whatever ends the process, and a row that is
damaged all the same is found by its checksum and read again. A cache never costs a training:
where it cannot be used, everything is read anew.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle import shelf
from happysad.faces.views import Embedding

if TYPE_CHECKING:
    import os
    from pathlib import Path

FOLDER = "embeddings"
LARGEST_BYTES = 2 << 30
"""Size of all the files together, beyond which those of other models go, oldest first."""

_SUFFIX = ".sqlite3"
_TABLE = "CREATE TABLE IF NOT EXISTS pictures (sha256 TEXT PRIMARY KEY, seen BLOB) WITHOUT ROWID"
_HEADER = struct.Struct("<IIII")
_WAIT_SECONDS = 10.0
_ASKED = 500


def folder() -> Path:
    """Return where the files lie; it may not exist yet."""
    return shelf.home() / FOLDER


def size_bytes() -> int:
    """Return how much room the files take."""
    return sum(facts.st_size for facts in _files().values())


class Cache:
    """Embeddings of one way of reading, by the pictures' sha256.

    Args:
        name: hex digest of everything that decides what is read.
    """

    def __init__(self, name: str) -> None:
        self._path = folder() / f"{name}{_SUFFIX}"

    def load(self, wanted: Iterable[str]) -> dict[str, Embedding]:
        """Return the embeddings that are kept and whole."""
        found: dict[str, Embedding] = {}
        with self._forgiving():
            if self._path.is_file():  # asking would make an empty one
                for sha256, data in self._rows(list(wanted)):
                    embedding = unpacked(data)
                    if embedding is not None:
                        found[sha256] = embedding
        return found

    def _rows(self, names: list[str]) -> Iterator[tuple[str, object]]:
        with self._connected() as base:
            for start in range(0, len(names), _ASKED):
                some = names[start : start + _ASKED]
                marks = ",".join("?" * len(some))
                # only question marks are pasted in
                query = f"SELECT sha256, seen FROM pictures WHERE sha256 IN ({marks})"  # noqa: S608
                yield from base.execute(query, some)

    def keep(self, embeddings: Mapping[str, Embedding]) -> bool:
        """Keep embeddings; all of them or, where that cannot be, none.

        Returns:
            Whether they are kept.
        """
        kept = False
        rows = [(sha256, packed(item)) for sha256, item in embeddings.items()]
        with self._forgiving():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._make_room()
            with self._connected() as base:
                base.execute(_TABLE)
                base.executemany("INSERT OR REPLACE INTO pictures VALUES (?, ?)", rows)
                base.commit()
                kept = True
        return kept

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        """Let what is wrong with the file cost the cache alone."""
        try:
            yield
        except (OSError, sqlite3.OperationalError):
            return  # locked, read-only, no room: it may be of use another time
        except sqlite3.DatabaseError:  # no database any more: the next one to write starts it anew
            with contextlib.suppress(OSError):
                self._path.unlink()

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=_WAIT_SECONDS)) as base:
            yield base

    def _make_room(self) -> None:
        """Remove files of other models, the least recently written first, down to the limit."""
        files = _files()
        size = sum(facts.st_size for facts in files.values())
        for path in sorted(files, key=lambda path: files[path].st_mtime):
            if size > LARGEST_BYTES and path != self._path:
                size -= files[path].st_size
                path.unlink(missing_ok=True)


def packed(embedding: Embedding) -> bytes:
    """Return an embedding as bytes with a checksum."""
    arrays = (embedding.scene, embedding.faces, embedding.scores, embedding.areas, embedding.sides)
    body = b"".join(np.ascontiguousarray(array, "<f4").tobytes() for array in arrays)
    count, width = embedding.faces.shape
    return _HEADER.pack(zlib.crc32(body), len(embedding.scene), count, width) + body


def unpacked(data: object) -> Embedding | None:
    """Return what ``packed`` was given; None for bytes that are not whole."""
    if not isinstance(data, bytes) or len(data) < _HEADER.size:
        return None
    checksum, length, count, width = _HEADER.unpack_from(data)
    body = data[_HEADER.size :]
    if zlib.crc32(body) != checksum or len(body) != 4 * (length + count * (width + 3)):
        return None
    numbers = np.frombuffer(body, "<f4").astype(np.float32, copy=False)
    ends = np.cumsum([length, count * width, count, count])
    scene, faces, scores, areas, sides = np.split(numbers, ends)
    return Embedding(scene, faces.reshape(count, width), scores, areas, sides)


def _files() -> dict[Path, os.stat_result]:
    """Return what the disk says of each file; of none where the folder cannot be looked into."""
    found: dict[Path, os.stat_result] = {}
    with contextlib.suppress(OSError):
        for path in folder().iterdir():
            if path.suffix == _SUFFIX:
                with contextlib.suppress(FileNotFoundError):  # gone by now: another made room
                    found[path] = path.stat()
    return found
