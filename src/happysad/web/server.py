"""Listening: a socket, a link, and an end that loses nothing."""

from __future__ import annotations

import errno
import signal
import socket
import threading
import webbrowser
from typing import TYPE_CHECKING, Final

import uvicorn

from happysad.errors import UsageError
from happysad.web.guard import Door

if TYPE_CHECKING:
    from types import FrameType

    from fastapi import FastAPI

DEFAULT_PORT: Final = 8765
_TRIES: Final = 20
_SECONDS_TO_FINISH: Final = 10


def listen(host: str, port: int) -> tuple[socket.socket, Door]:
    """Bind a socket, and make the token of the server that will use it.

    Args:
        host: address or name; other machines reach it only where it is not a loopback one.
        port: number; 0 for the usual one or, where that is taken, one of the next.

    Raises:
        UsageError: the address cannot be used.
    """
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
        return listener, Door(host, candidate)
    msg = "no port was tried"
    raise AssertionError(msg)


def serve(app: FastAPI, listener: socket.socket, *, browse: str | None = None) -> None:
    """Answer requests until Ctrl-C or SIGTERM; work under way is finished first.

    Args:
        app: from ``site.site``.
        listener: from ``listen``.
        browse: a link to open in the person's browser once the server answers.
    """
    if browse is not None:
        # The socket listens already: a browser that is early waits a moment and is answered.
        threading.Thread(target=webbrowser.open, args=(browse,), daemon=True).start()
    make_server(app).run(sockets=[listener])


def make_server(app: FastAPI) -> uvicorn.Server:
    """Return a server to run; ``should_exit`` ends it."""
    return _Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        )
    )


class _Server(uvicorn.Server):
    """Ends well on both signals; uvicorn's own raises them again when all is done."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Finish what is under way; a second Ctrl-C does not wait for it."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
