"""Everything that a caller may hand over as one picture."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from happysad.errors import UsageError
from happysad.pictures.decode import from_array, from_image
from happysad.pictures.prepared import Prepared, prepare_picture, prepare_source
from happysad.sources.expand import Source, is_url

if TYPE_CHECKING:
    from happysad.config import FetchOptions, Limits, Preprocessing

OnePicture = str | os.PathLike[str] | bytes | bytearray | memoryview | Image.Image
"""What stands for one picture; an array does too, unless it has four dimensions."""


def is_one(x: object) -> bool:
    """Tell whether ``x`` stands for one picture."""
    if isinstance(x, np.ndarray):
        return x.ndim != 4
    return isinstance(x, (str, os.PathLike, bytes, bytearray, memoryview, Image.Image))


def is_pixels(x: object) -> bool:
    """Tell whether ``x`` is decoded already."""
    return isinstance(x, (np.ndarray, Image.Image))


def png_of(x: Any) -> bytes:
    """Return an image or array as a PNG file of the RGB pixels that would be looked at.

    Args:
        x: a PIL image, or a uint8 array of shape (H, W), (H, W, 3) or (H, W, 4).

    Raises:
        PictureError: the image's file turns out to be damaged.
        UsageError: an array of another type or shape.
    """
    picture = from_array(x) if isinstance(x, np.ndarray) else from_image(x)
    file = io.BytesIO()
    Image.fromarray(picture.pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def source_of(x: Any) -> Source:
    """Return where a picture is to be read from.

    Raises:
        UsageError: ``x`` is no path, address or bytes.
    """
    if isinstance(x, (bytes, bytearray, memoryview)):
        return Source("bytes", "bytes", bytes(x))
    if isinstance(x, (str, os.PathLike)):
        text = os.fsdecode(x)
        return Source(text, "url" if is_url(text) else "file")
    kind = type(x).__name__
    msg = f"A picture must be a path, URL, bytes, image or array. Got a {kind} instead."
    raise UsageError(msg)


def prepare_any(
    x: Any, *, preprocessing: Preprocessing, limits: Limits, fetch_options: FetchOptions
) -> Prepared:
    """Prepare one picture of any accepted kind.

    Args:
        x: a path or URL, the bytes of a picture file, a PIL image, or a uint8 array of shape
            (H, W), (H, W, 3) or (H, W, 4).
        preprocessing: what the network wants.
        limits: what the picture may cost.
        fetch_options: for URLs.

    Raises:
        PictureError: it cannot be had or used.
        UsageError: ``x`` is none of these.
    """
    if isinstance(x, np.ndarray):
        return prepare_picture(from_array(x), preprocessing)
    if isinstance(x, Image.Image):
        return prepare_picture(from_image(x), preprocessing)
    return prepare_source(
        source_of(x), preprocessing=preprocessing, limits=limits, fetch_options=fetch_options
    )
