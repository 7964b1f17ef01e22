"""Ports of loopback for servers that tests start."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Return a port that the system gives to nobody else for a minute.

    A connection that its server has closed lingers on it for so long: who asks for any port gets
    another one, and who names this one may listen there.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()
    return port
