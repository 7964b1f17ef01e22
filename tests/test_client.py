"""``happysad.Client`` against a real service, and against what only pretends to be one."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpcore2
import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")

from PIL import Image

import happysad
from happysad.drawn import draw
from happysad.web.engine import Engine
from happysad.web.options import ServeOptions
from happysad.web.server import listen, make_server
from happysad.web.service import service
from ports import free_port

MODEL = Path(__file__).parent / "fixtures" / "tiny-two-view.happysad"
TOKEN = "a-token-of-some-length"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    listener, door = listen("127.0.0.1", free_port(), token=TOKEN)
    with Engine(happysad.load(MODEL), options=ServeOptions(workers=1)) as engine:
        server = make_server(service(engine, door))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{door.port}"
        server.should_exit = True
        thread.join(60)


@pytest.fixture
def client(url: str) -> Iterator[happysad.Client]:
    with happysad.Client(url, token=TOKEN) as made:
        yield made


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "one.jpg"
    draw("happy", seed=3, side=200).save(path)
    return path


def close(mine: happysad.Prediction, theirs: happysad.Prediction) -> bool:
    """Whether two answers differ by rounding alone."""
    same = mine.probabilities == pytest.approx(dict(theirs.probabilities), abs=1e-6)
    kept = {"probabilities": {}, "faces": (), "views": None, "off_topic": None}
    return same and replace(mine, **kept) == replace(theirs, **kept)


def test_it_answers_like_the_predictor(client: happysad.Client, photo: Path):
    predictor = happysad.load(MODEL)
    image = Image.open(photo)
    for x in (photo, str(photo), photo.read_bytes(), image, np.asarray(image.convert("L"))):
        mine, theirs = client.predict(x), predictor.predict(x)
        assert close(mine, theirs)
        assert mine.views is not None
        assert len(mine.faces) == len(theirs.faces)
        assert all(isinstance(face, happysad.Face) for face in mine.faces)


def test_many_are_answered_in_their_order_over_several_calls(
    client: happysad.Client, photo: Path, tmp_path: Path
):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photo.read_bytes()[:500])
    items = [photo, tmp_path / "none.jpg", broken, "http://127.0.0.1:9/", photo.read_bytes()] * 9
    found = client.predict(items)
    codes = [one.error and one.error["code"] for one in found]
    assert codes == [None, "missing", "truncated", "fetch_failed", None] * 9
    assert [one.source for one in found[:5]] == [*map(str, items[:4]), "bytes"]
    assert client.predict([]) == []
    whole = np.stack([np.asarray(Image.open(photo))] * 2)
    assert [one.source for one in client.predict(whole)] == ["array", "array"]


def test_many_are_read_call_by_call(url: str, photo: Path):
    read = []

    def items() -> Iterator[Path]:
        for number in range(500):
            read.append(number)
            yield photo

    client = happysad.Client(url, token="wrong")
    with client, pytest.raises(happysad.ServiceError, match="401"):
        client.predict(items())
    assert len(read) < 50


def test_one_that_cannot_be_used_raises(client: happysad.Client, tmp_path: Path):
    with pytest.raises(happysad.PictureError) as caught:
        client.predict(b"no picture")
    assert caught.value.code == "unsupported_format"
    with pytest.raises(happysad.SourceError, match=r"none\.jpg"):
        client.predict(tmp_path / "none.jpg")
    with pytest.raises(happysad.UsageError, match="Got a int instead"):
        client.predict(5)


def test_what_the_model_is(client: happysad.Client):
    manifest = happysad.load(MODEL).manifest
    model = client.model()
    assert (model.name, model.classes) == (manifest.name, manifest.classes)
    assert model.training_pictures == len(manifest.training)
    for name, score in model.scores.items():
        assert str(score) == str(manifest.scores[name])
    assert client.labels() == manifest.classes
    assert TOKEN not in repr(client)


def test_a_wrong_token_is_a_typed_error(url: str, photo: Path):
    with happysad.Client(url, token="wrong") as client:
        with pytest.raises(happysad.ServiceError, match="401") as caught:
            client.labels()
        assert caught.value.status == 401
        assert len(caught.value.request_id) == 32
        with pytest.raises(happysad.ServiceError, match="401"):
            client.predict(photo)


@pytest.mark.parametrize("url", ["localhost:8765", "ftp://localhost/", "http://", ""])
def test_what_is_no_address_is_told(url: str):
    with pytest.raises(happysad.UsageError, match="has an address like"):
        happysad.Client(url)
    with pytest.raises(happysad.UsageError, match="timeout"):
        happysad.Client("http://localhost", timeout=0)


@pytest.mark.parametrize("end", ["\n", "\r\nX-Other: 1", " ", "\u00e9"])
def test_a_token_that_no_header_can_carry_is_told_without_it(end: str):
    with pytest.raises(happysad.UsageError, match="A token is made of") as caught:
        happysad.Client("http://localhost", token=TOKEN + end)
    assert TOKEN not in str(caught.value)


def test_nobody_there_is_a_service_error():
    client = happysad.Client(f"http://127.0.0.1:{free_port()}")
    with client, pytest.raises(happysad.ServiceError, match="cannot be reached"):
        client.labels()


@contextmanager
def pretending(
    *answers: tuple[int, dict[str, str], bytes], drop: int = 0, after: float = 0.0
) -> Iterator[str]:
    """Drop some connections, then serve these answers, one a request, the last one for ever."""
    left = [*answers]
    dropping = [None] * drop

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if dropping:
                dropping.pop()
                time.sleep(after)
                return
            status, headers, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def busy(seconds: int) -> tuple[int, dict[str, str], bytes]:
    return 503, {"Retry-After": str(seconds)}, b'{"detail": "The queue is full."}'


def test_a_busy_service_is_asked_again_while_there_is_time():
    words = b'{"classes": ["happy", "sad"], "unsure": "unsure"}'
    with pretending(busy(1), (200, {}, words)) as url, happysad.Client(url) as client:
        assert client.labels() == ("happy", "sad")
    with pretending(busy(600)) as url, happysad.Client(url) as client:
        with pytest.raises(happysad.BusyError, match="queue is full") as caught:
            client.labels()
        assert caught.value.retry_after == 600


def test_a_connection_that_was_closed_in_between_costs_nothing():
    words = b'{"classes": ["happy", "sad"], "unsure": "unsure"}'
    with pretending((200, {}, words), drop=1) as url, happysad.Client(url) as client:
        assert client.labels() == ("happy", "sad")
    with pretending((200, {}, words), drop=9) as url:
        client = happysad.Client(url)
        with client, pytest.raises(happysad.ServiceError, match="cannot be reached"):
            client.labels()


def test_a_second_try_has_the_time_that_the_first_one_left():
    with pretending((200, {}, b"{}"), drop=9, after=0.4) as url:
        client = happysad.Client(url, timeout=0.6)
        with client, pytest.raises(happysad.ServiceError, match="cannot be reached") as caught:
            client.labels()
    assert isinstance(caught.value.__cause__, httpcore2.TimeoutException)


def test_what_is_no_service_is_told():
    for body in (b"<h1>hello</h1>", b"[]", b'"x"'):
        with pretending((200, {}, body)) as url:
            client = happysad.Client(url)
            with client, pytest.raises(happysad.ServiceError, match="no happysad service"):
                client.labels()
    with pretending((200, {}, b'{"words": 1}')) as url, happysad.Client(url) as client:
        for ask in (client.labels, client.model):
            with pytest.raises(happysad.ServiceError, match="does not know"):
                ask()
    with pretending((503, {}, b'{"detail": "There is no model here."}')) as url:
        client = happysad.Client(url)
        with client, pytest.raises(happysad.ServiceError, match="no model") as caught:
            client.labels()
        assert not isinstance(caught.value, happysad.BusyError)


def test_an_undefined_score_is_nan():
    table = (
        b'{"name": "a", "preset": "b", "kind": "scene", "classes": ["x", "y"], "created": "",'
        b'"sha256": "", "scores": {"auc": {"value": null, "low": null, "high": null, "n": 0,'
        b'"method": ""}}, "baseline": null, "unsure_below": 0.5, "licence": "", "notes": "",'
        b'"training_pictures": 0}'
    )
    with pretending((200, {}, table)) as url, happysad.Client(url) as client:
        assert math.isnan(client.model().scores["auc"].value)
