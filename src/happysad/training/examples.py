"""The pictures of one part of a split, decoded once and kept for every epoch."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.config import Limits, Preprocessing
from happysad.errors import PictureError, RunError
from happysad.pictures.prepare import decode_for
from happysad.pictures.workers import map_isolated
from happysad.progress import Progress, silent
from happysad.sources.read import read_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.records import Entry

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Examples:
    """Decoded pictures with their labels.

    Attributes:
        pixels: array of shape (N, height, width, 3), values 0 to 255, RGB: uint8, or float32
            where the preprocessing does not round; memory-mapped where it is large.
        labels: int64 array of shape (N,), indices into ``classes``.
        entries: the file behind each row.
        classes: class names in label order.
        failed: file → error code of those that could be read at the check, and now cannot.
    """

    pixels: NDArray[Any]
    labels: NDArray[np.int64]
    entries: tuple[Entry, ...]
    classes: tuple[str, ...]
    failed: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.entries)

    def rows(self, chosen: Sequence[int]) -> Examples:
        """Return some of the examples, in the order asked for."""
        return Examples(
            pixels=self.pixels[list(chosen)],
            labels=self.labels[list(chosen)],
            entries=tuple(self.entries[row] for row in chosen),
            classes=self.classes,
            failed={},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeOptions:
    """How pictures become examples.

    Attributes:
        preprocessing: what the network's input is made of.
        limits: what a picture may cost.
        workers: processes; 0 takes one per processor.
        cache_mib: kept in memory up to this size, in a file beyond it.
        cache_folder: where that file lies; it is deleted as soon as it is open.
    """

    preprocessing: Preprocessing
    limits: Limits = Limits()
    workers: int = 0
    cache_mib: int = 2048
    cache_folder: Path | None = None


def decode_examples(
    root: Path,
    entries: Sequence[Entry],
    classes: tuple[str, ...],
    *,
    options: DecodeOptions,
    progress: Progress = silent,
) -> Examples:
    """Decode the pictures of some entries, each in a process that it cannot take down.

    Args:
        root: the collection's folder.
        entries: what to decode, in this order.
        classes: class names in label order.
        options: size, limits and memory.
        progress: told after each picture.

    Raises:
        RunError: there is no room for the decoded pictures.
    """
    paths = [str(root / entry.file) for entry in entries]
    pixels = _allocate(len(paths), options)
    decode = functools.partial(_decode, preprocessing=options.preprocessing, limits=options.limits)
    kept = np.zeros(len(paths), bool)
    failed: dict[str, str] = {}
    results = map_isolated(
        decode, paths, workers=options.workers, seconds=options.limits.decode_seconds
    )
    for done, (row, result) in enumerate(results, start=1):
        if isinstance(result, PictureError):
            failed[entries[row].file] = result.code
        else:
            pixels[row], kept[row] = result, True
        progress("decoding pictures", done, len(paths))
    used = tuple(entry for entry, keep in zip(entries, kept, strict=True) if keep)
    labels = np.array([classes.index(entry.label) for entry in used], np.int64)
    return Examples(pixels if kept.all() else pixels[kept], labels, used, classes, failed)


def _decode(path: str, *, preprocessing: Preprocessing, limits: Limits) -> NDArray[Any]:
    data = read_file(path, limits=limits)
    return decode_for(data, preprocessing, source=path, limits=limits)[1]


def _allocate(count: int, options: DecodeOptions) -> NDArray[Any]:
    """Return an empty array, in memory or in a file that vanishes with it."""
    size = options.preprocessing
    shape = (count, size.height, size.width, 3)
    dtype = np.dtype(np.float32 if size.resample == "point" else np.uint8)
    needed = int(np.prod(shape)) * dtype.itemsize
    if needed <= options.cache_mib * _MIB:
        return np.empty(shape, dtype)
    try:
        # An unnamed file: nothing is left behind, whatever ends the process.
        with tempfile.TemporaryFile(dir=options.cache_folder) as file:
            file.truncate(needed)
            return np.memmap(file, dtype, "r+", shape=shape)
    except OSError as error:
        where = options.cache_folder or tempfile.gettempdir()
        msg = (
            f"The decoded pictures need {needed // _MIB} MiB in {str(where)!r}: {error}. "
            "Free some space, or raise 'cache_mib' to keep them in memory."
        )
        raise RunError(msg) from error
