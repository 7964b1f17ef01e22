"""Fetching for somebody else, who is not to learn what lies behind an address."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from happysad.errors import PictureError
from happysad.sources.expand import Source, load

if TYPE_CHECKING:
    from happysad.config import FetchOptions, Limits

_UNREACHABLE: Final = "The address could not be fetched: it is closed, or may not be asked."


async def fetched(url: str, *, limits: Limits, options: FetchOptions) -> bytes:
    """Return what lies at an address.

    Whether it is closed, blocked or answers badly is nobody's business: all are told alike.

    Args:
        url: the address.
        limits: how large it may be.
        options: which addresses may be asked, and for how long.

    Raises:
        PictureError: ``fetch_failed``, or what came is too large.
    """
    answer: Future[bytes] = Future()
    answer.set_running_or_notify_cancel()  # it cannot be broken off, only left alone
    # A thread that the end of the program does not wait for: a slow address could hold it up.
    work = threading.Thread(
        target=_fetch, args=(answer, Source(url, "url"), limits, options), name="fetch", daemon=True
    )
    work.start()
    try:
        return await asyncio.wrap_future(answer)
    except PictureError as error:
        if error.code not in {"url_refused", "fetch_failed"}:
            raise
        raise type(error)("fetch_failed", _UNREACHABLE, url) from error


def _fetch(answer: Future[bytes], source: Source, limits: Limits, options: FetchOptions) -> None:
    try:
        data = load(source, limits=limits, fetch_options=options)
    # Whatever goes wrong belongs to who waits for it; nobody looks at this thread.
    except Exception as error:
        answer.set_exception(error)
    else:
        answer.set_result(data)
