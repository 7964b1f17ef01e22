from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from happysad.config import FetchOptions, Limits
from happysad.errors import SourceError
from happysad.sources.expand import Source, load
from happysad.sources.fetch import fetch
from happysad.sources.wire import Deadline, resolve

OWN = FetchOptions(allow_private=True, seconds=5.0)
OK = b"HTTP/1.1 200 OK\r\n"


class Server(socketserver.ThreadingTCPServer):
    """Sends what it is told, byte for byte, and keeps what it was asked."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answer: Callable[[str], bytes | Iterator[bytes]]) -> None:
        self.answer = answer
        self.requests: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(socketserver.BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            piece = self.request.recv(4096)
            if not piece:
                return
            request += piece
        text = request.decode("latin-1")
        self.server.requests.append(text)
        answer = self.server.answer(text.split(" ")[1])
        try:
            for piece in [answer] if isinstance(answer, bytes) else answer:
                self.request.sendall(piece)
        except OSError:
            return


@contextmanager
def serving(answer: Callable[[str], bytes | Iterator[bytes]] | bytes) -> Iterator[Server]:
    call = answer if callable(answer) else lambda _: answer
    with Server(call) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def refusal(url: str, options: FetchOptions = OWN, limits: Limits = Limits()) -> tuple[str, str]:
    with pytest.raises(SourceError) as caught:
        fetch(url, options=options, limits=limits)
    assert caught.value.source == url
    return caught.value.code, caught.value.message


def body(data: bytes, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in (*headers, f"Content-Length: {len(data)}"))
    return OK + lines.encode() + b"\r\n" + data


def test_the_bytes_of_a_url_are_returned() -> None:
    with serving(body(b"picture")) as server:
        assert fetch(server.url + "/a.jpg?size=1&x=%20", options=OWN) == b"picture"
        assert load(Source(server.url, "url"), fetch_options=OWN) == b"picture"
        asked = server.requests[0]
    assert asked.startswith("GET /a.jpg?size=1&x=%20 HTTP/1.1\r\n")
    assert f"\r\nHost: {server.url.removeprefix('http://')}\r\n" in asked


def test_t18_t19_nothing_of_the_environment_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(body(b"x", "Set-Cookie: a=b")) as server:
        for _ in range(2):
            assert fetch(server.url, options=OWN) == b"x"
    for asked in server.requests:
        assert "cookie" not in asked.lower()
        assert "authorization" not in asked.lower()
        assert "accept-encoding: identity" in asked.lower()
        assert "happysad" in asked
        assert "Mozilla/5.0" in asked


def test_t17_a_private_address_is_refused_before_anything_is_sent() -> None:
    with serving(body(b"x")) as server:
        assert refusal(server.url, FetchOptions())[0] == "url_refused"
        for host in ("127.0.0.1", "localhost", "[::1]"):
            assert refusal(f"http://{host}/", FetchOptions())[0] == "url_refused"
        assert server.requests == []


def test_t17_a_name_is_resolved_once_and_every_address_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    answers = [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["8.8.8.8", "::ffff:127.0.0.1"]]

    resolver = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *others: int, **_: object) -> list[object]:
        if host == "127.0.0.1":  # connecting to a number asks once more, for its family
            return resolver(host, port, *others)
        asked.append(host)
        found = answers[len(asked) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in found]

    with serving(body(b"x")) as server:
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        port = server.server_address[1]
        assert fetch(f"http://pictures.example:{port}/", options=OWN) == b"x"
        assert f"Host: pictures.example:{port}" in server.requests[0]
    assert asked == ["pictures.example"]
    for _ in range(2):
        assert refusal("http://pictures.example/", FetchOptions())[0] == "url_refused"


def test_t18_redirects_are_followed_three_times_and_checked_each_time() -> None:
    def answer(path: str) -> bytes:
        left = int(path[1:] or 0)
        if left == 0:
            return body(b"end")
        return f"HTTP/1.1 302 Found\r\nLocation: /{left - 1}\r\n\r\n".encode()

    with serving(answer) as server:
        assert fetch(server.url + "/3", options=OWN) == b"end"
        code, message = refusal(server.url + "/4")
        assert (code, "redirects" in message) == ("fetch_failed", True)
        assert len(server.requests) == 8


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "http://u@127.0.0.1/", "http://2130706433/", "gopher://x/"]
)
def test_t18_a_redirect_to_a_forbidden_place_is_refused(place: str) -> None:
    answer = f"HTTP/1.1 301 Moved\r\nLocation: {place}\r\n\r\n".encode()
    with serving(answer) as server, pytest.raises(SourceError) as caught:
        fetch(server.url, options=OWN)
    assert caught.value.code == "url_refused"


def test_t19_bytes_are_counted_whatever_the_server_announces() -> None:
    def endless(_: str) -> Iterator[bytes]:
        yield OK + b"\r\n"
        while True:
            yield bytes(10_000)

    with serving(endless) as server:
        assert refusal(server.url, limits=Limits(max_bytes=50_000))[0] == "too_many_bytes"
    with serving(OK + b"Content-Length: 9\r\n\r\nshort") as server:
        assert refusal(server.url)[0] == "fetch_failed"


def test_t19_compressed_bodies_are_refused() -> None:
    with serving(body(b"x", "Content-Encoding: gzip")) as server:
        code, message = refusal(server.url)
    assert (code, "compressed" in message) == ("fetch_failed", True)


@pytest.mark.parametrize("part", ["silent", "headers", "body"])
def test_t19_one_deadline_ends_all_waiting(part: str) -> None:
    over = threading.Event()

    def trickle(_: str) -> Iterator[bytes]:
        if part == "silent":
            over.wait()
        yield OK
        if part == "body":
            yield b"\r\n"
        while True:
            time.sleep(0.1)
            yield b"X" if part == "body" else b"A: b\r\n"

    with serving(trickle) as server:  # it says something for ever, or nothing until all is over
        code, message = refusal(server.url, FetchOptions(allow_private=True, seconds=0.7))
        over.set()
    assert (code, "longer than 0.7 s" in message) == ("fetch_failed", True)


def test_t20_every_failure_is_one_typed_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert refusal(f"http://127.0.0.1:{taken.getsockname()[1]}/")[0] == "fetch_failed"
    for answer in (b"HTTP/1.1 404 Not Found\r\n\r\n", b"not http at all\r\n\r\n", b""):
        with serving(answer) as server:
            assert refusal(server.url)[0] == "fetch_failed"
    with serving(body(b"x")) as server:
        tls = server.url.replace("http:", "https:")
        assert refusal(tls, replace(OWN, seconds=0.5))[0] == "fetch_failed"


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    assert refusal("http://nowhere.example/", FetchOptions())[0] == "fetch_failed"


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: done.wait())
    with pytest.raises(TimeoutError):
        resolve("slow.example", 80, Deadline(0.1))
    done.set()
