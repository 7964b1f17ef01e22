"""From a source to what a model needs of it, in one step that can run in another process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from happysad.config import FetchOptions, Limits, Preprocessing
from happysad.pictures.prepare import decode_for, prepare
from happysad.pictures.signature import signature
from happysad.sources.expand import Source, load

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from happysad.records import Picture


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as a network takes it, and what recognises it.

    Attributes:
        source: its name.
        pixels: array of shape (height, width, 3), 0 to 255, RGB.
        sha256: hex digest of its bytes.
        signature: its perceptual hash, uint64 of shape (4,).
    """

    source: str
    pixels: NDArray[np.uint8] | NDArray[np.float32]
    sha256: str
    signature: NDArray[np.uint64]


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
    return Prepared(source.name, pixels, picture.sha256, signature(picture.pixels))


def prepare_picture(picture: Picture, preprocessing: Preprocessing) -> Prepared:
    """Prepare a picture that is decoded already."""
    pixels = prepare(picture, preprocessing)
    return Prepared(picture.source, pixels, picture.sha256, signature(picture.pixels))
