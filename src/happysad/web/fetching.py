"""Fetching for somebody else, who is not to learn what lies behind an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from happysad.errors import PictureError
from happysad.sources.expand import Source, load

if TYPE_CHECKING:
    from happysad.config import FetchOptions, Limits

_UNREACHABLE: Final = "The address could not be fetched: it is closed, or may not be asked."


def fetched(url: str, *, limits: Limits, options: FetchOptions) -> bytes:
    """Return what lies at an address.

    Whether it is closed, blocked or answers badly is nobody's business: all are told alike.

    Args:
        url: the address.
        limits: how large it may be.
        options: which addresses may be asked, and for how long.

    Raises:
        PictureError: ``fetch_failed``, or what came is too large.
    """
    try:
        return load(Source(url, "url"), limits=limits, fetch_options=options)
    except PictureError as error:
        if error.code not in {"url_refused", "fetch_failed"}:
            raise
        raise type(error)("fetch_failed", _UNREACHABLE, url) from error
