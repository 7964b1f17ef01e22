"""Valid picture files of every format and mode, made on the spot."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMATS = ("jpeg", "png", "webp", "gif", "bmp", "tiff", "avif")


def scene(width: int = 96, height: int = 64, seed: int = 0) -> NDArray[np.uint8]:
    """Return a smooth colourful picture with some texture: uint8 (height, width, 3)."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    phases = generator.uniform(0, 6.3, (3, 4))
    rates = generator.uniform(1, 9, (3, 4, 2))
    planes = [
        sum(
            np.sin(rate[0] * x / width * 3 + rate[1] * y / height * 3 + phase)
            for rate, phase in zip(rates[channel], phases[channel], strict=True)
        )
        for channel in range(3)
    ]
    waves = np.stack(planes, axis=-1) * 30 + 128
    return np.clip(waves + generator.normal(0, 3, waves.shape), 0, 255).astype(np.uint8)


def encode(image: Image.Image | NDArray[np.uint8], format_: str, **options: Any) -> bytes:
    """Return an image as a file of a format."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    target = io.BytesIO()
    image.save(target, format_.upper(), **options)
    return target.getvalue()


def variants() -> dict[str, bytes]:
    """Return valid files by name; the part before the dash is the format."""
    image = Image.fromarray(scene())
    grey = image.convert("L")
    frames = [Image.fromarray(scene(seed=number)) for number in range(3)]
    alpha = image.convert("RGBA")
    alpha.putalpha(grey)
    return {
        "jpeg-baseline": encode(image, "jpeg", quality=85),
        "jpeg-progressive": encode(image, "jpeg", quality=85, progressive=True),
        "jpeg-grey": encode(grey, "jpeg"),
        "jpeg-cmyk": encode(image.convert("CMYK"), "jpeg"),
        "jpeg-restart": encode(image, "jpeg", restart_marker_blocks=4),
        "png-rgb": encode(image, "png"),
        "png-palette": encode(image.convert("P"), "png"),
        "png-one_bit": encode(image.convert("1"), "png"),
        "png-alpha": encode(alpha, "png"),
        "png-sixteen": encode(Image.fromarray(np.asarray(grey).astype(np.uint16) * 257), "png"),
        "png-animated": encode(frames[0], "png", save_all=True, append_images=frames[1:]),
        "webp-lossy": encode(image, "webp", quality=80),
        "webp-lossless": encode(image, "webp", lossless=True),
        "webp-alpha": encode(alpha, "webp"),
        "webp-animated": encode(frames[0], "webp", save_all=True, append_images=frames[1:]),
        "gif-still": encode(image, "gif"),
        "gif-animated": encode(frames[0], "gif", save_all=True, append_images=frames[1:]),
        "bmp-rgb": encode(image, "bmp"),
        "bmp-palette": encode(image.convert("P"), "bmp"),
        "bmp-alpha": encode(alpha, "bmp"),
        "tiff-raw": encode(image, "tiff"),
        "tiff-lzw": encode(image, "tiff", compression="tiff_lzw"),
        "tiff-deflate": encode(image, "tiff", compression="tiff_adobe_deflate"),
        "tiff-jpeg": encode(image, "tiff", compression="jpeg"),
        "tiff-group4": encode(image.convert("1"), "tiff", compression="group4"),
        "tiff-float": encode(Image.fromarray(np.asarray(grey, np.float32) / 255), "tiff"),
        "tiff-sixteen": encode(Image.fromarray(np.asarray(grey).astype(np.uint16) * 257), "tiff"),
        "tiff-cmyk": encode(image.convert("CMYK"), "tiff"),
        "avif-lossy": encode(image, "avif", quality=80),
        "avif-animated": encode(frames[0], "avif", save_all=True, append_images=frames[1:]),
    }
