"""Reading pictures with the views of a base model, once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from happysad.config import Limits
from happysad.errors import PictureError
from happysad.faces.views import Embedding, ViewReader
from happysad.pictures.prepared import Prepared, prepare_many
from happysad.progress import Progress, silent
from happysad.sources.expand import Source
from happysad.training.two_view.cache import Cache
from happysad.training.two_view.embedding import Embeddings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.bundle.archive import Bundle
    from happysad.records import Collection, Entry

READING = 1
"""Grows whenever the same graphs would read other numbers from the same picture."""

_STEP = "reading pictures in two views"
_BATCH = 8
_KEPT_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Embedded:
    """Labelled pictures as two views see them.

    Attributes:
        embeddings: one a picture.
        labels: int64 array of shape (N,), indices into ``classes``.
        entries: the file behind each picture.
        classes: class names in label order.
        failed: file → error code of those that could be read at the check, and now cannot.
    """

    embeddings: tuple[Embedding, ...]
    labels: NDArray[np.int64]
    entries: tuple[Entry, ...]
    classes: tuple[str, ...]
    failed: Mapping[str, str]

    @classmethod
    def of(
        cls,
        entries: Sequence[Entry],
        read: Sequence[Embedding | PictureError],
        *,
        classes: tuple[str, ...],
    ) -> Embedded:
        """Put together what ``embed`` returned for some labelled pictures."""
        pairs = list(zip(entries, read, strict=True))
        kept = [(entry, item) for entry, item in pairs if not isinstance(item, PictureError)]
        return cls(
            embeddings=tuple(item for _, item in kept),
            labels=np.array([classes.index(entry.label) for entry, _ in kept], np.int64),
            entries=tuple(entry for entry, _ in kept),
            classes=classes,
            failed={e.file: item.code for e, item in pairs if isinstance(item, PictureError)},
        )

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def groups(self) -> list[str]:
        """Duplicate group of each picture."""
        return [entry.group for entry in self.entries]

    def rows(self, chosen: Sequence[int]) -> Embedded:
        """Return some of the pictures, in the order asked for."""
        return Embedded(
            embeddings=tuple(self.embeddings[row] for row in chosen),
            labels=self.labels[list(chosen)],
            entries=tuple(self.entries[row] for row in chosen),
            classes=self.classes,
            failed={},
        )

    def stacked(self) -> Embeddings:
        """Return the numbers in few arrays."""
        return Embeddings.of(self.embeddings)


def embed_collection(
    collection: Collection,
    *,
    base: Bundle,
    limits: Limits = Limits(),
    workers: int = 0,
    progress: Progress = silent,
) -> Embedded:
    """Read the pictures of a checked folder; see ``embed``.

    Raises:
        BundleError: the base model has one view, or its graphs cannot be run.
    """
    root, entries = Path(collection.root), collection.entries
    read = embed(root, entries, base=base, limits=limits, workers=workers, progress=progress)
    return Embedded.of(entries, read, classes=collection.classes)


def views_digest(base: Bundle) -> str:
    """Return hex of what decides the embeddings: graphs, preprocessing and way of reading."""
    graphs = {name: hashlib.sha256(data).hexdigest() for name, data in base.graphs.items()}
    parts = [READING, sorted(graphs.items()), asdict(base.manifest.preprocessing)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def embed(
    root: Path,
    entries: Sequence[Entry],
    *,
    base: Bundle,
    limits: Limits = Limits(),
    workers: int = 0,
    progress: Progress = silent,
) -> list[Embedding | PictureError]:
    """Read pictures with the views of a model; what was read before comes from the cache.

    Args:
        root: the collection's folder.
        entries: its pictures.
        base: a bundle of the kind ``two-view``.
        limits: what a picture may cost.
        workers: decoding processes; 0 takes one per processor.
        progress: told after each picture.

    Returns:
        The embedding of each entry, or why there is none, in the order of ``entries``.

    Raises:
        BundleError: the base model has one view, or its graphs cannot be run.
    """
    cache = Cache(views_digest(base))
    known = cache.load(entry.sha256 for entry in entries)
    results: dict[int, Embedding | PictureError] = {
        row: known[entry.sha256] for row, entry in enumerate(entries) if entry.sha256 in known
    }
    missing = [row for row in range(len(entries)) if row not in results]
    progress(_STEP, len(results), len(entries))
    fresh: dict[str, Embedding] = {}
    files = [str(root / entries[row].file) for row in missing]
    for number, sha256, result in _read(files, base, limits, workers):
        results[missing[number]] = result
        if isinstance(result, Embedding):
            fresh[sha256] = result
        progress(_STEP, len(results), len(entries))
        if len(fresh) >= _KEPT_AT_ONCE:
            cache.keep(fresh)
            fresh = {}
    if fresh:
        cache.keep(fresh)
    return [results[row] for row in range(len(entries))]


def _read(
    files: Sequence[str], base: Bundle, limits: Limits, workers: int
) -> Iterator[tuple[int, str, Embedding | PictureError]]:
    """Yield index, content digest and result of each file as they become known."""
    if not files:
        return
    reader = ViewReader(base)
    sources = (Source(file, "file") for file in files)
    size = base.manifest.preprocessing
    batch: list[tuple[int, Prepared]] = []
    for number, item in prepare_many(sources, preprocessing=size, limits=limits, workers=workers):
        if isinstance(item, PictureError):
            yield number, "", item
            continue
        batch.append((number, item))
        if len(batch) == _BATCH:
            yield from _seen(reader, batch)
            batch = []
    yield from _seen(reader, batch)


def _seen(
    reader: ViewReader, batch: Sequence[tuple[int, Prepared]]
) -> Iterator[tuple[int, str, Embedding]]:
    seen = reader.see([item for _, item in batch])
    for (number, item), views in zip(batch, seen, strict=True):
        yield number, item.sha256, views.embedding
