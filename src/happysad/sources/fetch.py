"""Fetch a picture from the web."""

from __future__ import annotations

from happysad.config import FetchOptions, Limits
from happysad.errors import SourceError


def fetch(url: str, *, options: FetchOptions = FetchOptions(), limits: Limits = Limits()) -> bytes:
    """Return the bytes behind a URL."""
    raise SourceError("fetch_failed", "Fetching is not there yet.", url)
