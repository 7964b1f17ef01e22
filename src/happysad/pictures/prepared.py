"""From a source to what a model needs of it, here or in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from happysad.config import FetchOptions, Limits, Preprocessing
from happysad.errors import PictureError
from happysad.pictures.prepare import decode_for, looked_at, prepare
from happysad.pictures.signature import signature
from happysad.pictures.workers import map_isolated
from happysad.sources.expand import Source, load

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from happysad.records import Picture

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as a network takes it, and what recognises it.

    Attributes:
        source: its name.
        pixels: array of shape (height, width, 3), 0 to 255, RGB.
        sha256: hex digest of its bytes.
        signature: its perceptual hash, uint64 of shape (4,).
        look: the picture in which faces are looked for, uint8 RGB of shape (H, W, 3); None
            where none are.
    """

    source: str
    pixels: NDArray[np.uint8] | NDArray[np.float32]
    sha256: str
    signature: NDArray[np.uint64]
    look: NDArray[np.uint8] | None = None


def prepare_source(
    source: Source,
    *,
    preprocessing: Preprocessing,
    limits: Limits = Limits(),
    fetch_options: FetchOptions = FetchOptions(),
) -> Prepared:
    """Read, decode and prepare one source.

    Args:
        source: from ``sources.expand``.
        preprocessing: what the network wants.
        limits: what the picture may cost.
        fetch_options: for URLs.

    Raises:
        PictureError: it cannot be had or used.
    """
    data = load(source, limits=limits, fetch_options=fetch_options)
    picture, pixels = decode_for(data, preprocessing, source=source.name, limits=limits)
    return _prepared(picture, pixels, preprocessing)


def prepare_picture(picture: Picture, preprocessing: Preprocessing) -> Prepared:
    """Prepare a picture that is decoded already."""
    return _prepared(picture, prepare(picture, preprocessing), preprocessing)


def prepare_many(
    sources: Iterable[Source],
    *,
    preprocessing: Preprocessing,
    limits: Limits = Limits(),
    fetch_options: FetchOptions = FetchOptions(),
    workers: int = 0,
) -> Iterator[tuple[int, Prepared | PictureError]]:
    """Read, decode and prepare sources; each one that breaks its decoder costs itself alone.

    A single source is prepared in this process, because starting another takes longer.

    Args:
        sources: from ``sources.expand``; taken as they are needed.
        preprocessing: what the network wants.
        limits: what a picture may cost.
        fetch_options: for URLs.
        workers: processes; 0 takes one per processor.

    Yields:
        Index and result of each source, in the order in which they are finished.
    """
    work = partial(
        prepare_source, preprocessing=preprocessing, limits=limits, fetch_options=fetch_options
    )
    sources = iter(sources)
    first = list(islice(sources, 2))
    if len(first) < 2:
        yield from map(partial(outcome, work), enumerate(first))
        return
    names: dict[int, str] = {}
    items = _noted(chain(first, sources), names)
    seconds = limits.decode_seconds + fetch_options.seconds
    for index, result in map_isolated(work, items, workers=workers, seconds=seconds):
        name = names.pop(index)
        if isinstance(result, PictureError):  # a lost process cannot say what it was at
            yield index, type(result)(result.code, result.message, name)
        else:
            yield index, result


def outcome(
    work: Callable[[Item], Prepared], numbered: tuple[int, Item]
) -> tuple[int, Prepared | PictureError]:
    """Do one picture's work in this process; its error is its result."""
    index, item = numbered
    try:
        return index, work(item)
    except PictureError as error:
        return index, error


def in_order(results: Iterable[tuple[int, Result]]) -> Iterator[Result]:
    """Yield results by index; those that come early wait."""
    waiting: dict[int, Result] = {}
    following = 0
    for index, result in results:
        waiting[index] = result
        while following in waiting:
            yield waiting.pop(following)
            following += 1


def _prepared(
    picture: Picture,
    pixels: NDArray[np.uint8] | NDArray[np.float32],
    preprocessing: Preprocessing,
) -> Prepared:
    return Prepared(
        source=picture.source,
        pixels=pixels,
        sha256=picture.sha256,
        signature=signature(picture.pixels),
        look=looked_at(picture, preprocessing),
    )


def _noted(sources: Iterable[Source], names: dict[int, str]) -> Iterator[Source]:
    for index, source in enumerate(sources):
        names[index] = source.name
        yield source
