"""What goes wrong with pictures in real folders, done to drawn ones on purpose.

Each function of ``FAULTS`` takes a drawing and returns the file that a careless download, a
full disk or a bad camera would have left; its key is the code of the finding it must cause.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from happysad.drawn.canvas import from_array

if TYPE_CHECKING:
    from collections.abc import Callable


class File(NamedTuple):
    """A file to write.

    Attributes:
        data: its bytes.
        extension: with the dot.
    """

    data: bytes
    extension: str


def encoded(image: Image.Image, rng: np.random.Generator) -> File:
    """Return a picture in one of the formats that real folders mix."""
    kind = rng.random()
    if kind < 0.65:
        return File(jpeg(image, quality=int(rng.integers(75, 96))), ".jpg")
    if kind < 0.75:
        return File(jpeg(image, quality=int(rng.integers(75, 96))), ".jpeg")
    if kind < 0.9:
        return File(_saved(image, "PNG"), ".png")
    return File(_saved(image, "WEBP", quality=int(rng.integers(80, 96))), ".webp")


def jpeg(image: Image.Image, *, quality: int) -> bytes:
    """Return a picture as a JPEG file."""
    return _saved(image, "JPEG", quality=quality)


def _saved(image: Image.Image, format_: str, **options: int) -> bytes:
    # Fast rather than small: nobody keeps these files.
    effort = {"PNG": {"compress_level": 1}, "WEBP": {"method": 1}}.get(format_, {})
    buffer = io.BytesIO()
    image.save(buffer, format_, **effort, **options)
    return buffer.getvalue()


def _truncated(image: Image.Image, rng: np.random.Generator) -> File:
    whole = encoded(image, rng)
    kept = int(len(whole.data) * rng.uniform(0.3, 0.8))
    return File(whole.data[:kept], whole.extension)


def _unreadable(image: Image.Image, rng: np.random.Generator) -> File:
    """A PNG whose compressed pixels were overwritten; its size and end mark are right."""
    data = bytearray(_saved(image, "PNG"))
    start = data.index(b"IDAT") + 4
    data[start : start + 200] = rng.bytes(200)
    return File(bytes(data), ".png")


def _unsupported(image: Image.Image, rng: np.random.Generator) -> File:
    """A drawing for printers under a picture's name."""
    body = f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 {image.width} {image.height}\nshowpage\n"
    return File(body.encode(), ".jpg" if rng.random() < 0.5 else ".png")


def _too_many_pixels(image: Image.Image, rng: np.random.Generator) -> File:
    """A few bytes that claim to be a picture of billions of pixels."""
    side = int(rng.integers(30_000, 60_000))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(image.width))), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return File(b"\x89PNG\r\n\x1a\n" + body, ".png")


def _zero_bytes(_image: Image.Image, _rng: np.random.Generator) -> File:
    return File(b"", ".jpg")


def _html(_image: Image.Image, rng: np.random.Generator) -> File:
    """What a download saves when the server says no."""
    page = (
        "<!DOCTYPE html>\n<html><head><title>403 Forbidden</title></head>"
        f"<body><h1>Forbidden</h1><p>Request {rng.integers(10**9)} was refused.</p></body></html>\n"
    )
    return File(page.encode(), ".jpg")


def _git_lfs_pointer(image: Image.Image, rng: np.random.Generator) -> File:
    size = len(jpeg(image, quality=90))
    text = (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{rng.bytes(32).hex()}\nsize {size}\n"
    )
    return File(text.encode(), ".jpg")


def _misnamed(image: Image.Image, rng: np.random.Generator) -> File:
    if rng.random() < 0.5:
        return File(_saved(image, "PNG"), ".jpg")
    return File(jpeg(image, quality=90), ".png")


def _too_small(image: Image.Image, rng: np.random.Generator) -> File:
    small = image.copy()
    side = int(rng.integers(32, 56))
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return File(_saved(small, "PNG"), ".png")


def _odd_aspect(image: Image.Image, rng: np.random.Generator) -> File:
    """A banner: the picture's middle, squeezed into a strip."""
    strip = image.resize((int(rng.integers(480, 640)), 90), Image.Resampling.LANCZOS)
    return File(jpeg(strip, quality=92), ".jpg")


def _dark(image: Image.Image, rng: np.random.Generator) -> File:
    """A lens cap: hardly any light."""
    return File(_saved(_levels(image, 0.0, rng.uniform(0.03, 0.05)), "PNG"), ".png")


def _bright(image: Image.Image, rng: np.random.Generator) -> File:
    """An overexposed picture."""
    share = rng.uniform(0.03, 0.05)
    return File(_saved(_levels(image, 255 * (1 - share), share), "PNG"), ".png")


def _levels(image: Image.Image, floor: float, share: float) -> Image.Image:
    return from_array(np.asarray(image, dtype=np.float64) * share + floor)


def _blurred(image: Image.Image, rng: np.random.Generator) -> File:
    radius = max(image.size) * rng.uniform(0.025, 0.035)
    return File(jpeg(image.filter(ImageFilter.GaussianBlur(radius)), quality=92), ".jpg")


def _low_information(image: Image.Image, rng: np.random.Generator) -> File:
    """A blank page: one colour and a trace of noise."""
    tone = rng.uniform(70, 180, size=3)
    grain = rng.normal(0, 0.4, size=(image.height, image.width, 1))
    return File(_saved(from_array(tone + grain), "PNG"), ".png")


def exact_copy(_image: Image.Image, original: File, _rng: np.random.Generator) -> File:
    """Return the same bytes again."""
    return original


def near_copy(image: Image.Image, _original: File, rng: np.random.Generator) -> File:
    """Return what a repost makes of a picture: smaller, a little brighter, more compressed."""
    scale = rng.uniform(0.6, 0.8)
    size = (round(image.width * scale), round(image.height * scale))
    small = image.resize(size, Image.Resampling.LANCZOS)
    return File(jpeg(_levels(small, rng.uniform(0, 12), 0.95), quality=60), ".jpg")


FAULTS: dict[str, Callable[[Image.Image, np.random.Generator], File]] = {
    "unreadable": _unreadable,
    "truncated": _truncated,
    "unsupported_format": _unsupported,
    "too_many_pixels": _too_many_pixels,
    "misnamed": _misnamed,
    "zero_bytes": _zero_bytes,
    "html": _html,
    "git_lfs_pointer": _git_lfs_pointer,
    "too_small": _too_small,
    "odd_aspect": _odd_aspect,
    "dark": _dark,
    "bright": _bright,
    "blurred": _blurred,
    "low_information": _low_information,
}
"""Code of the finding → how to make one file that causes it."""
