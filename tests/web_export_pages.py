"""A web server of plain files for exported pages, and how bytes travel into a browser."""

from __future__ import annotations

import base64
import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def serving(folder: Path, **headers: str) -> Iterator[str]:
    """Serve a folder as the simplest web servers do; give its address.

    Args:
        folder: what is served.
        **headers: on every answer; ``_`` stands for ``-``.
    """

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

        def end_headers(self) -> None:
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            super().end_headers()

    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(20)
        server.server_close()


def packed(data: bytes) -> dict[str, str]:
    """Return bytes as they travel into the browser."""
    return {"base64": base64.b64encode(data).decode("ascii")}
