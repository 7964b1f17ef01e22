"""Bytes → Picture: one way for every format, mode and orientation, within limits.

The format is known by content (``formats``), Pillow is allowed that one format, limits are read
from the header before a pixel is unpacked, and whatever goes wrong becomes a ``PictureError``.
What the many colour modes mean in RGB is in ``colour``.
"""

from __future__ import annotations

import hashlib
import importlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image, ImageFile

from happysad.config import Limits
from happysad.errors import PictureError, UsageError
from happysad.pictures.colour import to_rgb
from happysad.pictures.formats import sniff
from happysad.pictures.quiet import quiet
from happysad.pictures.structure import is_complete, is_intact, webp_size, without_extras
from happysad.records import Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The class is called instead of Image.open: nothing but the one format can answer, no other
# plugin is loaded, and Pillow's own limit (a warning) does not come before ours (an error).
_PLUGINS: Final = {
    "jpeg": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "png": ("PIL.PngImagePlugin", "PngImageFile"),
    "webp": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "gif": ("PIL.GifImagePlugin", "GifImageFile"),
    "bmp": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "tiff": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "avif": ("PIL.AvifImagePlugin", "AvifImageFile"),
}
_ORIENTATION: Final = 0x0112
_TILE_SIDES: Final = (0x0142, 0x0143)
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(
    data: bytes,
    *,
    source: str = "",
    limits: Limits = Limits(),
    at_least: tuple[int, int] | None = None,
    longer: int = 0,
) -> Picture:
    """Decode the first frame of a picture file to upright RGB.

    Args:
        data: the whole file.
        source: name for errors and for the picture.
        limits: what the picture may cost; checked before it is unpacked.
        at_least: upright (width, height) that suffices. A JPEG much larger than that is
            decoded at 1/2, 1/4 or 1/8 of its size, never below this on either side; several
            times faster. Others are shrunk by a whole factor, never below twice this.
        longer: the longer side must suffice for this too, where ``at_least`` is given.

    Returns:
        The picture. Transparency lies over white; samples of more than 8 bits are scaled.

    Raises:
        PictureError: ``zero_bytes``, ``html``, ``git_lfs_pointer``, ``unsupported_format``,
            ``too_many_bytes``, ``too_many_pixels``, ``truncated`` or ``unreadable``.
    """
    with _borders(source):
        if len(data) > limits.max_bytes:
            raise _too_many_bytes(len(data), limits)
        name = sniff(data)
        if not is_complete(data, name):
            raise PictureError("truncated", _TRUNCATED)
        if not is_intact(data, name):
            raise PictureError("unreadable", _DAMAGED)
        if name == "webp" and (size := webp_size(data)):
            _check_size(size, limits)
        with quiet(), _open(data, name) as image:
            _check_size(image.size, limits)
            _check_tiles(image, limits)
            if name == "png":
                # Asking a PNG for EXIF loads it, and would take its damage for bad metadata.
                image.load()
            # Pillow turns a TIFF upright itself, size included, and says so nowhere.
            orientation = 1 if name == "tiff" else _orientation(image)
            width, height = image.size[::-1] if orientation > 4 else image.size
            upright = _turned(_rgb(image, orientation, at_least, longer), orientation)
    digest = hashlib.sha256(data).hexdigest()
    return Picture(np.asarray(upright), source, name, width, height, digest)


def from_image(image: Image.Image, *, source: str = "array") -> Picture:
    """Make a Picture of a Pillow image.

    Args:
        image: any mode; an orientation in its EXIF data is applied.
        source: name for errors and for the picture.

    Raises:
        PictureError: the image's file turns out to be damaged.
    """
    with _borders(source), quiet():
        upright = _turned(to_rgb(image), _orientation(image))
    return _from_pixels(np.asarray(upright), source)


def from_array(array: NDArray[np.uint8], *, source: str = "array") -> Picture:
    """Make a Picture of an array.

    Args:
        array: uint8 of shape (H, W), (H, W, 3) RGB or (H, W, 4) RGBA, values 0 to 255.
        source: name for errors and for the picture.

    Raises:
        UsageError: another type or shape; floats are refused because 0–1 and 0–255 look alike.
    """
    good = isinstance(array, np.ndarray) and array.dtype == np.uint8 and array.size > 0
    if not good or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in {3, 4})):
        got = f"{getattr(array, 'dtype', type(array).__name__)} {getattr(array, 'shape', '')}"
        msg = (
            "A picture as an array must be uint8 of shape (H, W), (H, W, 3) or (H, W, 4), with "
            f"values 0 to 255. Got {got.strip()} instead."
        )
        raise UsageError(msg)
    return from_image(Image.fromarray(np.ascontiguousarray(array)), source=source)


_DAMAGED = "The file's check sums do not fit its pixels; download or copy it again."
_TRUNCATED = "The file breaks off before the picture's end; download or copy it again."


def _from_pixels(pixels: NDArray[np.uint8], source: str) -> Picture:
    digest = hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()
    return Picture(pixels, source, "array", pixels.shape[1], pixels.shape[0], digest)


@contextmanager
def _borders(source: str) -> Iterator[None]:
    """Turn whatever Pillow raises about damaged bytes into one PictureError with its source."""
    try:
        yield
    except PictureError as error:
        raise PictureError(error.code, error.message, source) from error.__cause__
    # Pillow's plugins let nearly every built-in exception out of damaged files, KeyError and
    # ZeroDivisionError included, so that no list of them would be complete.
    except Exception as error:
        text = str(error)
        if isinstance(error, EOFError) or "truncated" in text or "not enough image data" in text:
            raise PictureError("truncated", _TRUNCATED, source) from error
        what = f"{type(error).__name__}: {text}" if text else type(error).__name__
        msg = f"The picture is damaged and cannot be decoded ({what[:200]})."
        raise PictureError("unreadable", msg, source) from error


def _open(data: bytes, name: str) -> ImageFile.ImageFile:
    module, kind = _PLUGINS[name]
    plugin: Any = getattr(importlib.import_module(module), kind)
    image: ImageFile.ImageFile = plugin(io.BytesIO(without_extras(data) if name == "png" else data))
    return image


def _too_many_bytes(size: int, limits: Limits) -> PictureError:
    msg = f"The file has {size:,} bytes; the limit is {limits.max_bytes:,}."
    return PictureError("too_many_bytes", msg)


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise PictureError("unreadable", f"The picture is {width}×{height} pixels; nothing to see.")
    if width * height > limits.max_pixels or max(size) > limits.max_side:
        msg = (
            f"The picture is {width:,}×{height:,} pixels; the limits are {limits.max_pixels:,} "
            f"pixels and {limits.max_side:,} a side."
        )
        raise PictureError("too_many_pixels", msg)


def _check_tiles(image: ImageFile.ImageFile, limits: Limits) -> None:
    """Refuse a TIFF whose tiles are far larger than its picture; a tile is unpacked whole."""
    tags = getattr(image, "tag_v2", None)
    if tags is None:
        return
    sides = [tags.get(tag, 1) for tag in _TILE_SIDES]
    if all(isinstance(side, int) for side in sides):
        _check_size((max(1, sides[0]), max(1, sides[1])), limits)


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where it is missing or makes no sense."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    # A picture is not worse for damaged metadata, and damaged EXIF raises nearly anything.
    except Exception:
        return 1
    return value if value in _TURNS else 1


def _rgb(
    image: ImageFile.ImageFile, orientation: int, at_least: tuple[int, int] | None, longer: int
) -> Image.Image:
    """Unpack an image, still turned as it is stored, not much finer than what suffices.

    What is left is at least twice as large, as for Pillow's ``reducing_gap=2.0``: the resize that
    follows then gives the same pixels as from the whole picture.
    """
    if at_least is None:
        return to_rgb(image)
    width, height = at_least[::-1] if orientation > 4 else at_least
    scale = longer / max(image.size)
    width, height = max(width, ceil(image.width * scale)), max(height, ceil(image.height * scale))
    image.draft(None, (width, height))
    whole = to_rgb(image)
    factor = min(whole.width // (2 * width), whole.height // (2 * height))
    return whole.reduce(factor) if factor > 1 else whole


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
