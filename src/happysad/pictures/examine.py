"""Everything that the check of a collection needs to know of one file, in one read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from happysad.config import Limits
from happysad.errors import PictureError
from happysad.pictures.formats import sniff
from happysad.sources.read import read_file

# What signature and quality look at; a JPEG is decoded no finer than it must for that.
_ENOUGH = (192, 192)


@dataclass(frozen=True, slots=True)
class Examined:
    """What one read of one file told.

    Attributes:
        path: the path that was read.
        size_bytes: the file's size; 0 where it could not be read.
        sha256: hex digest of the bytes; empty where they could not be read.
        format: format by content; empty where it is none that happysad reads.
        width: upright pixels; 0 where the picture could not be decoded.
        height: like ``width``.
        signature: hex of the perceptual hash; empty where it could not be decoded.
        pixel_sha256: hex digest of shape and pixels as decoded for the check; the same for files
            that differ in metadata or lossless container alone.
        quality: measures by name, see ``quality``.
        code: why the picture cannot be used, a key of ``records.CODES``; empty where it can.
        message: one sentence for people, with ``code``.
    """

    path: str
    size_bytes: int = 0
    sha256: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    signature: str = ""
    pixel_sha256: str = ""
    quality: Mapping[str, float] = field(default_factory=dict)
    code: str = ""
    message: str = ""


def examine(path: str, *, limits: Limits = Limits()) -> Examined:
    """Read, decode and measure one picture file.

    Args:
        path: of the file; symbolic links are not followed.
        limits: what a picture may cost.

    Returns:
        What there is to know; a picture that cannot be used has ``code`` and ``message``.
        Nothing is raised for a bad file.
    """
    # Loaded here, where it is used: who sends this function to workers can do so at once.
    from happysad.pictures.decode import decode
    from happysad.pictures.quality import measure
    from happysad.pictures.signature import signature, to_hex

    try:
        data = read_file(path, limits=limits)
    except PictureError as error:
        return Examined(path, size_bytes=_size(path), code=error.code, message=error.message)
    try:
        picture = decode(data, source=path, limits=limits, at_least=_ENOUGH)
    except PictureError as error:
        return Examined(
            path,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            format=_format(data),
            code=error.code,
            message=error.message,
        )
    pixels = picture.pixels
    shape = f"{picture.width}x{picture.height}:{pixels.shape}:".encode()
    return Examined(
        path,
        size_bytes=len(data),
        sha256=picture.sha256,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        signature=to_hex(signature(pixels)),
        pixel_sha256=hashlib.sha256(shape + pixels.tobytes()).hexdigest(),
        quality=measure(pixels),
    )


def _format(data: bytes) -> str:
    try:
        return sniff(data)
    except PictureError:
        return ""


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except (OSError, ValueError):
        return 0
