"""The network as one fetch may see it: checked addresses, one deadline, nothing else."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

import httpcore2

from happysad.sources.address import Address, check


class Deadline:
    """The moment at which all waiting ends, however it is spread over the steps.

    Args:
        seconds: from now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, timeout: float | None = None) -> float:
        """Return the seconds left, at most ``timeout``.

        Raises:
            TimeoutError: none are left.
        """
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds if timeout is None else min(seconds, timeout)


class CheckedNetwork(httpcore2.NetworkBackend):
    """Resolves and checks a host name itself, and connects to the number that it checked.

    The HTTP library goes on using the name, for the Host header and for the certificate, but
    never resolves it a second time: a name that changes its address in between gains nothing.

    Args:
        url: for errors.
        deadline: of the whole fetch.
        allow_private: also addresses of one's own network.
    """

    def __init__(self, url: str, deadline: Deadline, *, allow_private: bool) -> None:
        self._url = url
        self._deadline = deadline
        self._allow_private = allow_private
        self._system = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Open a connection to the first of the host's addresses; all of them must pass."""
        addresses = resolve(host.strip("[]"), port, self._deadline)
        for address in addresses:
            check(address, self._url, allow_private=self._allow_private)
        stream = self._system.connect_tcp(
            str(addresses[0]), port, self._deadline.left(timeout), local_address, socket_options
        )
        return _TimedStream(stream, self._deadline)


class _TimedStream(httpcore2.NetworkStream):
    """A stream on which every single wait ends with the deadline of the whole fetch."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(timeout)
        return _TimedStream(
            self._inner.start_tls(ssl_context, server_hostname, left), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def resolve(host: str, port: int, deadline: Deadline) -> list[Address]:
    """Return the addresses of a host, one at least.

    Args:
        host: ASCII name or number.
        port: of the server.
        deadline: the system's resolver knows none, so it gets a thread that may be left behind.

    Raises:
        OSError: there is no such name, or the answer takes too long (``TimeoutError``).
    """
    answer: Future[list[Any]] = Future()

    def ask() -> None:
        try:
            answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.set_exception(OSError(f"the host name cannot be resolved: {error}"))

    threading.Thread(target=ask, daemon=True).start()
    return [ipaddress.ip_address(entry[4][0]) for entry in answer.result(deadline.left())]
