"""A pool of drawn pictures, and a server on loopback to label it with."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from happysad.drawn import draw_collection
from happysad.labels.pool import Pool, read_pool
from happysad.labels.queue import Queue
from happysad.labels.session import Session
from happysad.labels.store import LabelStore
from ports import free_port

pytest.importorskip("fastapi", reason="the extra web is not installed")


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve drawn pictures in class folders; not to be changed."""
    folder = tmp_path_factory.mktemp("drawn") / "pictures"
    draw_collection(folder, pictures=12, plant=False)
    return folder


@pytest.fixture(scope="session")
def drawn_pool(drawn: Path) -> Pool:
    """The same, read."""
    return read_pool(drawn)


@pytest.fixture
def labelling_of(drawn_pool: Pool, tmp_path: Path) -> Callable[..., Session]:
    """Make a session over the drawn pictures, with labels of its own."""

    def session(**queue: Any) -> Session:
        store = LabelStore(tmp_path / "labels.sqlite", ("happy", "sad"))
        return Session(drawn_pool, store, Queue(drawn_pool.groups, **queue))

    return session


@pytest.fixture
def client(labelling_of: Callable[..., Session], serving: Callable[..., Any]) -> Iterator[Client]:
    """Ask a server over the drawn pictures."""
    with labelling_of() as session, serving(session) as client:
        yield client


@dataclass
class Client:
    """Asks a server as the page does, or as somebody who should not."""

    host: str
    port: int
    token: str
    cookie: str
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body; a header of None is left out."""
        own = f"{self.host}:{self.port}"
        sent = {
            "Host": own,
            "Origin": f"http://{own}",
            "Cookie": f"{self.cookie}={self.token}",
            "Content-Type": "application/json",
        }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
        try:
            data = body if isinstance(body, bytes | Iterator) else json.dumps(body).encode()
            kept = {name: value for name, value in sent.items() if value is not None}
            connection.request(
                method,
                path,
                data if body is not None else None,
                kept,
                encode_chunked=isinstance(body, Iterator),
            )
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """Return a JSON document that has to be there."""
        status, _, data = self.ask("GET", path)
        assert status == 200, data
        return json.loads(data)

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Return status and JSON document."""
        status, _, data = self.ask("POST", path, body)
        return status, json.loads(data) if data else None


@pytest.fixture
def client_type() -> type[Client]:
    """What asks a server that a test has started itself."""
    return Client


@pytest.fixture
def serving() -> Callable[..., Any]:
    """A block in which a session is served on a free port."""
    from happysad.web import server
    from happysad.web.labelling import labelling
    from happysad.web.site import site

    @contextmanager
    def serving(session: Any) -> Iterator[Client]:
        listener, door = server.listen("127.0.0.1", free_port())
        app = site(door, labelling(lambda: session), page="label.html")
        running = server.make_server(app)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Client(door.host, door.port, door.token, door.cookie)
        finally:
            running.should_exit = True
            thread.join(60)
            listener.close()

    return serving
