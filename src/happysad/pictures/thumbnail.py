"""Small pictures for reports and pages, without the metadata of what they show."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from happysad.records import Picture


def thumbnail(picture: Picture, *, side: int = 160) -> bytes:
    """Return a small JPEG of a picture.

    Args:
        picture: of any size.
        side: pixels of the longer side, at most; a smaller picture is not enlarged.

    Returns:
        The bytes of a JPEG file made from the pixels alone: no EXIF, place, comment or profile.
    """
    image = Image.fromarray(picture.pixels)
    image.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    target = io.BytesIO()
    image.save(target, "JPEG", quality=80, optimize=True)
    return target.getvalue()
