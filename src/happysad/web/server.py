"""Listening: a socket, a link, and an end that loses nothing."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from happysad.config import require
from happysad.errors import UsageError
from happysad.web.guard import Door

if TYPE_CHECKING:
    from types import FrameType

    from fastapi import FastAPI

DEFAULT_PORT: Final = 8765
_TRIES: Final = 20
# As long as a fetch may take that began just before the end was near.
_SECONDS_TO_FINISH: Final = 10
_SECONDS_TO_WIND_DOWN: Final = 2.0
_SECONDS_FOR_A_HEAD: Final = 10
# Longer than the minute after which proxies drop an idle connection: it is theirs to close first.
_SECONDS_IDLE: Final = 75


def listen(
    host: str, port: int, *, token: str = "", is_open: bool = False, names: tuple[str, ...] = ()
) -> tuple[socket.socket, Door]:
    """Bind a socket, and make the door of the server that will use it.

    Args:
        host: address or name; other machines reach it only where it is not a loopback one.
        port: number; 0 for the usual one or, where that is taken, one of the next.
        token: see ``Door``; by default a new one.
        is_open: see ``Door``.
        names: see ``Door``.

    Raises:
        UsageError: the address cannot be used, or not like this.
    """
    require(0 <= port <= 65535, "port", "0 to 65535", port)
    named = tuple(name.lower() for name in names)
    door = Door(host, port, token or token_urlsafe(24), is_open, named)
    ports = [port] if port else range(DEFAULT_PORT, DEFAULT_PORT + _TRIES)
    for candidate in ports:
        try:
            family = socket.getaddrinfo(host, candidate, type=socket.SOCK_STREAM)[0][0]
            listener = socket.create_server((host, candidate), family=family, backlog=128)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and candidate != ports[-1]:
                continue
            msg = f"Cannot listen on {host}:{candidate}: {error}. Choose another with: --port"
            raise UsageError(msg) from error
        return listener, replace(door, port=candidate)
    msg = "no port was tried"
    raise AssertionError(msg)


def serve(
    app: FastAPI,
    listener: socket.socket,
    *,
    browse: str | None = None,
    wind_down: Callable[[], None] | None = None,
) -> None:
    """Answer requests until Ctrl-C or SIGTERM; work under way is finished first.

    Args:
        app: from ``site.site``.
        listener: from ``listen``.
        browse: a link to open in the person's browser once the server answers.
        wind_down: called first. After SIGTERM, new calls are still answered for a moment, so that
            whoever shares calls out between servers can learn of it and send them elsewhere.
    """
    if browse is not None:
        # The socket listens already: a browser that is early waits a moment and is answered.
        threading.Thread(target=webbrowser.open, args=(browse,), daemon=True).start()
    make_server(app, wind_down=wind_down).run(sockets=[listener])


def make_server(app: FastAPI, *, wind_down: Callable[[], None] | None = None) -> uvicorn.Server:
    """Return a server to run; ``should_exit`` ends it. For ``wind_down`` see ``serve``."""
    config = uvicorn.Config(
        app,
        http=_Punctual,
        ws="none",
        log_level="error",  # a caller that breaks off is no news
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=_SECONDS_IDLE,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
    server = _Server(config)
    server.wind_down = wind_down
    return server


class _Server(uvicorn.Server):
    """Ends well on both signals; uvicorn's own raises them again when all is done."""

    wind_down: Callable[[], None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Finish what is under way; a second Ctrl-C does not wait for it."""
        if self.wind_down is not None:
            self.wind_down()
            if sig == signal.SIGTERM:
                later = threading.Timer(_SECONDS_TO_WIND_DOWN, self._end)
                later.daemon = True
                later.start()
                return
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    def _end(self) -> None:
        self.should_exit = True


class _Punctual(H11Protocol):
    """Closes a connection on which a request's head, or a refused body, does not come to its end.

    uvicorn waits for them for ever; the guard times the bodies that it lets in.
    """

    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at the connection again and again."""
        super().connection_made(transport)
        self._look(idle=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def _look(self, *, idle: bool) -> None:
        """Close the connection if nothing has been answered on it since the last look."""
        waits = self.cycle is None or self.cycle.response_complete
        waits = waits and self.timeout_keep_alive_task is None  # which would close it, too
        if waits and idle:
            self.transport.close()
            return
        self._watch = self.loop.call_later(_SECONDS_FOR_A_HEAD, partial(self._look, idle=waits))
