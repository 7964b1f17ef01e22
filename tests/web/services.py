"""A service at work on loopback, for the tests that ask it as programs do."""

from __future__ import annotations

import http.client
import io
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from happysad.drawn import draw
from happysad.predictor import load
from happysad.web.access_log import Form
from happysad.web.engine import Engine
from happysad.web.guard import Door
from happysad.web.options import ServeOptions
from happysad.web.server import listen, make_server
from happysad.web.service import service
from ports import free_port

FIXTURES = Path(__file__).parents[1] / "fixtures"
TWO_VIEWS = FIXTURES / "tiny-two-view.happysad"
ONE_VIEW = FIXTURES / "v1-tiny.happysad"
BOUNDARY = "a-boundary"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Service:
    """A server, its engine, and ways to ask it."""

    door: Door
    engine: Engine

    @property
    def url(self) -> str:
        return f"http://{self.door.host}:{self.door.port}"

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.door.host, self.door.port, timeout=120)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask once, on a connection of its own."""
        connection = self.connect()
        try:
            connection.request(method, path, body, dict(headers or {}))
            return answer_on(connection)
        finally:
            connection.close()

    def predict(self, body: bytes, kind: str = "image/jpeg", query: str = "") -> Answer:
        return self.ask("POST", f"/v1/predict{query}", body, {"Content-Type": kind})

    def form(self, *parts: tuple[str, str, bytes], query: str = "") -> Answer:
        """Send a form: (name, file name or nothing, content) a part."""
        return self.predict(form(*parts), f"multipart/form-data; boundary={BOUNDARY}", query)

    def about(self, *pictures: Mapping[str, str], **more: Any) -> Answer:
        """Send a call as JSON."""
        data = json.dumps({"pictures": pictures, **more}).encode()
        return self.predict(data, "application/json")


def answer_on(connection: http.client.HTTPConnection) -> Answer:
    """Return what comes back on a connection."""
    found = connection.getresponse()
    return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())


def form(*parts: tuple[str, str, bytes]) -> bytes:
    """Return the body of a form: (name, file name or nothing, content) a part."""
    pieces = []
    for name, file, content in parts:
        head = f'Content-Disposition: form-data; name="{name}"'
        if file:
            head += f'; filename="{file}"\r\nContent-Type: application/octet-stream'
        pieces += [f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode(), content, b"\r\n"]
    return b"".join([*pieces, f"--{BOUNDARY}--\r\n".encode()])


def picture(mood: str = "happy", *, seed: int = 1, side: int = 160, kind: str = "JPEG") -> bytes:
    """Return the file of a drawn picture."""
    file = io.BytesIO()
    draw(mood, seed=seed, side=side).save(file, kind)
    return file.getvalue()


def plain(width: int, height: int, kind: str = "PNG") -> bytes:
    """Return the file of a grey picture of any size."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 150)).save(file, kind)
    return file.getvalue()


@contextmanager
def serving(
    model: Path | None = TWO_VIEWS,
    *,
    options: ServeOptions | None = None,
    log: Form = "off",
    **door: Any,
) -> Iterator[Service]:
    """Serve a model while the block runs."""
    options = options or ServeOptions(workers=1)
    listener, made = listen("127.0.0.1", free_port(), **({"is_open": True} | door))
    predictor = None if model is None else load(model)
    with Engine(predictor, options=options) as engine:
        server = make_server(service(engine, made, log=log), wind_down=engine.wind_down)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Service(made, engine)
        finally:
            server.should_exit = True
            thread.join(60)
            listener.close()
