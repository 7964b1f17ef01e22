"""Reading pictures with the views of a base model, once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from happysad.config import Limits
from happysad.errors import PictureError
from happysad.faces.views import Embedding, ViewReader
from happysad.pictures.prepared import Prepared, prepare_many
from happysad.progress import Progress, silent
from happysad.sources.expand import Source
from happysad.training.two_view.cache import Cache

if TYPE_CHECKING:
    from pathlib import Path

    from happysad.bundle.archive import Bundle
    from happysad.records import Entry

READING = 1
"""Grows whenever the same graphs would read other numbers from the same picture."""

_STEP = "reading pictures in two views"
_BATCH = 8
_KEPT_AT_ONCE = 64


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
