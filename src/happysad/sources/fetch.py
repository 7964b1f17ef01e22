"""Fetch the bytes behind a web address, for somebody who may mean harm.

``address`` decides what may be asked, ``wire`` sees that every connection goes to an address that
was checked and ends with one deadline. ``httpcore2`` is used directly: it follows no
redirect, unpacks no body, keeps no cookie and reads no proxy from the environment, so none of that
has to be switched off. Importing this module loads it; ``expand`` does so for URLs alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import httpcore2

from happysad.config import FetchOptions, Limits
from happysad.errors import SourceError
from happysad.sources.address import Target, parse
from happysad.sources.wire import CheckedNetwork, Deadline

if TYPE_CHECKING:
    import ssl

_HEADERS: Final = [
    # Many servers send nothing to clients that do not look like a browser; this one says who
    # it is all the same.
    ("User-Agent", "Mozilla/5.0 (compatible; happysad; fetches single pictures on request)"),
    ("Accept", "image/avif,image/webp,image/png,image/jpeg,image/*;q=0.9,*/*;q=0.5"),
    ("Accept-Encoding", "identity"),
    ("Connection", "close"),
]
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def fetch(url: str, *, options: FetchOptions = FetchOptions(), limits: Limits = Limits()) -> bytes:
    """Return the bytes behind a URL.

    Args:
        url: http or https, on port 80 or 443.
        options: deadline, redirects, and whether one's own network may be asked.
        limits: ``max_bytes`` is counted while the bytes come in.

    Raises:
        SourceError: ``url_refused``, ``fetch_failed`` or ``too_many_bytes``.
    """
    deadline = Deadline(options.seconds)
    current = url
    for _ in range(options.max_redirects + 1):
        target = parse(current, any_port=options.allow_private)
        network = CheckedNetwork(url, deadline, allow_private=options.allow_private)
        with _translated(url, options):
            answer = _ask(target, url, network, limits)
        if isinstance(answer, bytes):
            return answer
        current = urljoin(target.url, answer)
    raise _failed(f"more than {options.max_redirects} redirects", url)


def _ask(target: Target, url: str, network: CheckedNetwork, limits: Limits) -> bytes | str:
    """Ask one server; return the body, or where a redirect points to."""
    context = _tls() if target.scheme == "https" else None
    with (
        httpcore2.ConnectionPool(ssl_context=context, network_backend=network) as pool,
        pool.stream("GET", target.url, headers=_HEADERS) as response,
    ):
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1").strip()
            for name, value in response.headers
        }
        if response.status in _REDIRECTS and "location" in headers:
            return headers["location"]
        if response.status != 200:
            raise _failed(f"the server answered with status {response.status}", url)
        if headers.get("content-encoding", "").lower() not in {"", "identity"}:
            raise _failed("the server compressed the body, which is not accepted", url)
        return _body(response.iter_stream(), url, limits)


def _body(pieces: Iterable[bytes], url: str, limits: Limits) -> bytes:
    data = bytearray()
    for piece in pieces:
        data += piece
        # The length that a server announces is not trusted; what comes is counted.
        if len(data) > limits.max_bytes:
            msg = f"The server sends more than {limits.max_bytes:,} bytes, which is the limit."
            raise SourceError("too_many_bytes", msg, url)
    return bytes(data)


@cache
def _tls() -> ssl.SSLContext:
    """Return a context that verifies certificates; loading the trusted ones takes a while."""
    return httpcore2.default_ssl_context()


@contextmanager
def _translated(url: str, options: FetchOptions) -> Iterator[None]:
    """Turn what the HTTP library and the system raise into one SourceError."""
    try:
        yield
    except (httpcore2.TimeoutException, TimeoutError) as error:
        raise _failed(f"it took longer than {options.seconds:g} s", url) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        reason = str(error) or type(error).__name__
        raise _failed(f"the connection failed ({reason[:200]})", url) from error


def _failed(reason: str, url: str) -> SourceError:
    return SourceError("fetch_failed", f"The address could not be fetched: {reason}.", url)
