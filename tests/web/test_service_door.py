"""Who may ask the service, how much they may bring, and what they are told when it is too much."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")

from services import ONE_VIEW, Service, answer_on, form, picture, serving

from happysad.config import FetchOptions, Limits
from happysad.errors import UsageError
from happysad.web.guard import Door
from happysad.web.options import ServeOptions
from happysad.web.server import listen
from waiting import until

TOKEN = "0123456789abcdef-word"
SMALL = ServeOptions(
    workers=1,
    call_pictures=4,
    call_bytes=200_000,
    queue_pictures=6,
    queue_bytes=300_000,
    limits=Limits(max_bytes=100_000),
)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """Open to this machine, and small."""
    with serving(ONE_VIEW, options=SMALL) as made:
        yield made


@pytest.fixture(scope="module")
def locked() -> Iterator[Service]:
    """With a token, and known by a proxy's name."""
    with serving(ONE_VIEW, token=TOKEN, is_open=False, names=("faces.example",)) as made:
        yield made


def test_t29_an_address_that_others_reach_needs_a_token():
    for host in ("0.0.0.0", "::", "192.168.0.7", "faces.example"):
        with pytest.raises(UsageError, match="HAPPYSAD_TOKEN"):
            listen(host, 0, is_open=True)
    assert Door("0.0.0.0", 1, token=TOKEN).token == TOKEN
    for token in ("short", "with spaces in the middle", "semi;colon;semi;colon"):
        with pytest.raises(UsageError, match="A token has"):
            Door("127.0.0.1", 1, token=token)
    assert Door("127.0.0.1", 80, is_open=True).link == "http://127.0.0.1:80/"


def test_t36_on_this_machine_programs_and_the_own_page_need_no_token(service: Service):
    for origin in (None, service.url):
        headers = {"Content-Type": "image/jpeg"} | ({"Origin": origin} if origin else {})
        assert service.ask("POST", "/v1/predict", picture(), headers).status == 200
        assert service.ask("GET", "/v1/model", headers=headers).status == 200


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://127.0.0.1:1", ""])
def test_t36_a_page_of_another_site_may_not_ask(service: Service, origin: str):
    headers = {"Content-Type": "image/jpeg", "Origin": origin}
    for method, path in (("POST", "/v1/predict"), ("GET", "/v1/labels"), ("GET", "/metrics")):
        answer = service.ask(method, path, picture() if method == "POST" else None, headers)
        assert answer.status == 403
        assert answer.headers["content-type"] == "application/problem+json"
    assert service.ask("GET", "/v1/labels", headers={"Host": "evil.example"}).status == 400


def test_t36_with_a_token_nothing_but_the_page_and_its_health_is_told(locked: Service):
    calls = ("/v1/model", "/v1/labels", "/v1/openapi.json", "/v1/docs", "/metrics", "/card")
    for path in calls:
        answer = locked.ask("GET", path)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    for path in ("/", "/healthz", "/readyz", "/static/answer/answer.js"):
        assert locked.ask("GET", path).status == 200
    known = {"Authorization": f"Bearer {TOKEN}"}
    for path in calls:
        assert locked.ask("GET", path, headers=known).status == 200
    kind = {"Content-Type": "image/jpeg"}
    assert locked.ask("POST", "/v1/predict", picture(), kind | known).status == 200
    assert locked.ask("POST", "/v1/predict", picture(), kind).status == 401
    wrong = kind | {"Authorization": "Bearer x"}
    assert locked.ask("POST", "/v1/predict", picture(), wrong).status == 401


def test_t36_a_proxy_may_speak_https_for_its_own_name(locked: Service):
    cookie = f"{locked.door.cookie}={TOKEN}"
    ours = {"Host": "faces.example", "Cookie": cookie, "Content-Type": "image/jpeg"}
    for origin, status in (
        ("https://faces.example", 200),
        ("http://faces.example", 200),
        ("https://evil.example", 403),
        ("null", 403),
    ):
        answer = locked.ask("POST", "/v1/predict", picture(), ours | {"Origin": origin})
        assert answer.status == status
    own = ours | {"Host": f"127.0.0.1:{locked.door.port}"}
    origin = {"Origin": f"https://127.0.0.1:{locked.door.port}"}
    assert locked.ask("POST", "/v1/predict", picture(), own | origin).status == 403


def test_t30_too_large_a_body_is_refused_whatever_its_length_says(service: Service):
    large = b"x" * 250_000
    assert service.predict(large).status == 413
    pieces = (b"x" * 10_000 for _ in range(30))
    try:
        answer = service.ask("POST", "/v1/predict", pieces, {"Content-Type": "image/png"})
        assert answer.status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused so early that the rest could not be sent
    headers = {"Content-Type": "image/png", "Content-Length": "999999999999"}
    assert service.ask("POST", "/v1/predict", b"", headers).status == 413
    assert service.ask("POST", "/session", b" " * 70_000).status == 413
    assert service.engine.room.is_empty


def test_t30_too_many_parts_or_too_long_a_field_are_refused(service: Service):
    for parts in (
        [("file", "a", b"")] * 5,
        [("url", "", b"http://a/")] * 5,
        [("file", "a", b"")] * 3 + [("url", "", b"x")] * 2,
        [("file", "a", b"")] * 1000,
        [("url", "", b"x" * 10_000)],
    ):
        assert service.form(*parts).status == 413
    call = [{"base64": ""}] * 5
    assert service.about(*call).status == 413
    assert service.form(*[("file", "a", b"")] * 4).status == 200
    assert service.engine.room.is_empty


@pytest.mark.parametrize("member", [b"{}", b"[]", b"1", b'{"a": 1, "b": [[1], {}]}', b"["])
def test_t30_json_of_very_many_members_is_refused_before_it_is_read(
    service: Service, member: bytes
):
    answer = service.predict(
        b'{"pictures": [' + b",".join([member] * 3_000) + b"]}", "application/json"
    )
    assert answer.status == 413
    assert answer.json["detail"].startswith("A call takes up to")


def test_t30_a_picture_above_its_own_limit_is_that_pictures_error(service: Service):
    first, second = service.form(("file", "a", b"x" * 100_001), ("file", "b", picture())).json[
        "predictions"
    ]
    assert first["error"]["code"] == "too_many_bytes"
    assert second["error"] is None


def begun(service: Service, length: int) -> socket.socket:
    """Return a connection on which a call has been begun."""
    connection = socket.create_connection((service.door.host, service.door.port), timeout=120)
    head = (
        f"POST /v1/predict HTTP/1.1\r\nHost: {service.door.host}:{service.door.port}\r\n"
        f"Content-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n"
    )
    connection.sendall(head.encode() + b"\xff\xd8")
    return connection


def test_t31_a_full_queue_says_when_to_come_again(service: Service):
    engine = service.engine
    waiting = [begun(service, 1000) for _ in range(SMALL.queue_pictures)]
    until(lambda: engine.room.pictures == SMALL.queue_pictures)
    answer = service.predict(picture())
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["content-type"] == "application/problem+json"
    assert "queue is full" in answer.json["detail"]
    assert service.ask("GET", "/healthz").status == 200
    for connection in waiting:
        connection.close()
    until(lambda: engine.room.is_empty)
    assert service.predict(picture()).status == 200


def test_t31_bytes_that_are_promised_count_too(service: Service):
    engine = service.engine
    waiting = [begun(service, 140_000) for _ in range(2)]
    until(lambda: engine.room.bytes == 280_000)
    # Refused without a look at the body, which is not even sent.
    refused = begun(service, 150_000)
    assert refused.recv(12) == b"HTTP/1.1 503"
    assert service.predict(picture()).status == 200
    for connection in (*waiting, refused):
        connection.close()
    until(lambda: engine.room.is_empty)


def test_t32_a_body_that_trickles_is_given_up_and_delays_nobody():
    with serving(ONE_VIEW, options=replace(SMALL, body_seconds=1.0)) as service:
        slow = [begun(service, 50) for _ in range(5)]
        assert service.ask("GET", "/healthz").status == 200
        for connection in slow:
            assert connection.recv(12) == b"HTTP/1.1 408"
            connection.close()
        assert service.engine.room.is_empty


def test_t32_a_hundred_that_trickle_do_not_delay_the_health(service: Service):
    slow = [begun(service, 10_000) for _ in range(100)]
    for _ in range(5):
        for connection in slow:
            try:
                connection.sendall(b"x")
            except OSError:
                continue  # refused: the queue is full of the others
        assert service.ask("GET", "/healthz").status == 200
    for connection in slow:
        connection.close()
    until(lambda: service.engine.room.is_empty)


def test_t35_every_answer_carries_the_policy_and_a_name(service: Service):
    for method, path in (
        ("GET", "/"),
        ("GET", "/v1/docs"),
        ("GET", "/v1/model"),
        ("GET", "/nothing"),
        ("PUT", "/v1/predict"),
        ("POST", "/v1/predict"),
    ):
        answer = service.ask(method, path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert len(answer.headers["x-request-id"]) == 32
    assert service.ask("PUT", "/v1/predict").headers["allow"] == "POST"
    camera = service.ask("GET", "/").headers["permissions-policy"]
    assert "camera=(self)" in camera
    assert "camera=()" in service.ask("GET", "/v1/docs").headers["permissions-policy"]


def test_a_caller_may_name_its_request(service: Service):
    for name, kept in (("order-66.b_1", True), ("x" * 65, False), ("<b>", False)):
        answer = service.ask("GET", "/v1/labels", headers={"X-Request-ID": name})
        assert (answer.headers["x-request-id"] == name) is kept


def test_a_defect_is_a_problem_too(service: Service, monkeypatch: pytest.MonkeyPatch, caplog):
    monkeypatch.setattr(type(service.engine), "served", property(lambda _: 1 / 0))
    answer = service.ask("GET", "/v1/labels")
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json["request_id"] == answer.headers["x-request-id"]
    assert "ZeroDivisionError" not in answer.body.decode()
    assert "ZeroDivisionError" in caplog.text


def test_t20_closed_and_blocked_look_alike(service: Service):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = listening.getsockname()[1]
        told = service.form(
            ("url", "", f"http://127.0.0.1:{taken}/a".encode()),
            ("url", "", b"http://127.0.0.1/a"),
            ("url", "", b"file:///etc/passwd"),
            ("url", "", b"http://user@127.0.0.1/"),
        ).json["predictions"]
    assert len({json.dumps(one["error"]) for one in told}) == 1
    assert told[0]["error"]["code"] == "fetch_failed"
    assert "127" not in told[0]["error"]["message"]


def test_an_address_is_fetched_where_that_is_allowed(service: Service):
    from http.server import BaseHTTPRequestHandler, HTTPServer

    data = picture(seed=9)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    options = replace(SMALL, fetch=replace(SMALL.fetch, allow_private=True))
    with HTTPServer(("127.0.0.1", 0), Handler) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(server.serve_forever)
        try:
            with serving(ONE_VIEW, options=options) as allowed:
                address = f"http://127.0.0.1:{server.server_port}/a.jpg?b=c"
                by_url = allowed.about({"url": address}).json["predictions"][0]
                by_bytes = allowed.predict(data).json["predictions"][0]
        finally:
            server.shutdown()
    assert by_url.pop("source") == address
    by_bytes.pop("source")
    assert by_url == by_bytes


def test_t32_one_call_of_slow_addresses_leaves_places_to_others():
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    data = picture(seed=9)
    slow: list[str] = []
    answered = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/good.jpg":
                slow.append(self.path)
                answered.wait(120)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    options = ServeOptions(workers=1, fetch=FetchOptions(allow_private=True, seconds=120))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, ThreadPoolExecutor(2) as pool:
        pool.submit(server.serve_forever)
        address = f"http://127.0.0.1:{server.server_port}"
        try:
            with serving(ONE_VIEW, options=options) as allowed:
                pictures = [{"url": f"{address}/{number}"} for number in range(12)]
                asked = pool.submit(allowed.about, *pictures)
                until(lambda: len(slow) >= 3)
                told = allowed.about({"url": f"{address}/good.jpg"})
                assert told.json["predictions"][0]["error"] is None
                assert len(slow) == 3
                answered.set()
                told = asked.result(120)
                assert [one["error"] for one in told.json["predictions"]] == [None] * 12
        finally:
            answered.set()
            server.shutdown()


def test_calls_on_one_connection_follow_each_other(service: Service):
    connection = service.connect()
    kind = {"Content-Type": "image/jpeg"}
    for body, status in ((picture(), 200), (b"x" * 250_000, 413), (picture(), 200)):
        connection.request("POST", "/v1/predict", body, kind)
        assert answer_on(connection).status == status
    connection.close()


def test_a_part_of_a_form_may_come_in_pieces(service: Service):
    body = form(("file", "a.jpg", picture()))
    pieces = (body[start : start + 7] for start in range(0, len(body), 7))
    kind = {"Content-Type": "multipart/form-data; boundary=a-boundary"}
    answer = service.ask("POST", "/v1/predict", pieces, kind)
    assert answer.json["predictions"][0]["error"] is None
