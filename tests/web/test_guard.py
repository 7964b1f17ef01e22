from __future__ import annotations

import http.client
import json
import socket

import pytest

from happysad.errors import UsageError
from happysad.web.guard import Door
from happysad.web.server import DEFAULT_PORT, listen

LABEL = {
    "id": "0123456789abcdef",
    "kind": "answer",
    "person": "ann",
    "answer": "happy",
    "expects": 0,
}


def first_picture(client) -> str:
    return client.get("/api/next?person=ann")["cards"][0]["picture"]


def test_t36_nothing_but_the_page_without_the_token(client):
    for path in ("/api/pool", "/api/next?person=ann", "/labels.csv", f"/pictures/{'0' * 64}"):
        for cookie in (None, f"{client.cookie}=", f"{client.cookie}=wrong", "other=1; ;;="):
            status, headers, body = client.ask("GET", path, Cookie=cookie)
            assert status == 401
            assert headers["content-type"] == "application/problem+json"
            assert json.loads(body)["status"] == 401
    for path in ("/", "/static/label/label.js", "/healthz"):
        assert client.ask("GET", path, Cookie=None)[0] == 200


def test_t36_the_token_is_traded_for_a_cookie_that_no_script_reads(client):
    status, headers, _ = client.ask("POST", "/session", {"token": client.token}, Cookie=None)
    assert status == 204
    assert headers["set-cookie"].startswith(f"{client.cookie}={client.token};")
    assert "HttpOnly" in headers["set-cookie"]
    assert "samesite=strict" in headers["set-cookie"].lower()
    assert client.ask("POST", "/session", {"token": "wrong"}, Cookie=None)[0] == 401


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", "https://{own}", ""]
)
def test_t36_a_write_from_elsewhere_is_refused(client, origin):
    own = f"{client.host}:{client.port}"
    sent = {**LABEL, "picture": first_picture(client)}
    origin = origin and origin.format(own=own)
    assert client.ask("POST", "/api/labels", sent, Origin=origin)[0] == 403
    assert client.get("/api/status?person=ann")["answered"] == 0


def test_t36_a_program_with_the_token_needs_no_origin(client):
    sent = {**LABEL, "picture": first_picture(client)}
    bearer = f"Bearer {client.token}"
    without = {"Origin": None, "Cookie": None}
    assert client.ask("POST", "/api/labels", sent, **without, Authorization=bearer)[0] == 200
    for wrong in ("Bearer x", client.token, f"Basic Bearer {client.token}", "Bearer", ""):
        assert client.ask("POST", "/api/labels", sent, **without, Authorization=wrong)[0] == 401
    lower = f"bearer {client.token}"
    assert client.ask("GET", "/api/pool", **without, Authorization=lower)[0] == 200


def test_t36_cookies_of_other_programs_on_this_machine_lock_nobody_out(client):
    for other in ('theme={"dark": true}', "a[b]=c", "a b", "=x", 'q="'):
        cookies = f"{other}; {client.cookie}={client.token}; {other}"
        assert client.ask("GET", "/api/pool", Cookie=cookies)[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "127.0.0.1:1",
        "127.0.0.1",
        "192.168.0.7:{port}",
        "[::1",
        "",
        "127.0.0.1:\u00b2",
        f"127.0.0.1:{'1' * 5000}",
    ],
)
def test_t36_an_unknown_host_is_a_bad_request(client, host):
    status, _, body = client.ask("GET", "/", Host=host.format(port=client.port))
    assert status == 400
    assert json.loads(body)["title"] == "Bad Request"


def test_a_port_that_callers_leave_out_is_that_of_http():
    door = Door("127.0.0.1", 80)
    assert all(door.has_name(name) for name in ("localhost", "127.0.0.1:80", "[::1]", "[::1]:80"))
    assert not door.has_name("localhost:8765")
    assert not door.has_name("evil.example")
    assert not Door("127.0.0.1", 8765).has_name("[::1]")


def test_t29_a_server_open_to_the_network_is_known_by_addresses_alone():
    door = Door("0.0.0.0", 8765)
    assert door.has_name("192.168.0.7:8765")
    assert door.has_name("[fe80::1]:8765")
    assert door.has_name("localhost:8765")
    assert not door.has_name("rebound.example:8765")
    assert not Door("127.0.0.1", 8765).has_name("192.168.0.7:8765")
    assert Door("my.host", 8765).has_name("MY.host:8765")
    assert len(door.token) >= 32
    assert door.token != Door("0.0.0.0", 8765).token
    assert door.link.startswith("http://127.0.0.1:8765/#")
    assert Door("::1", 1).link.startswith("http://[::1]:1/#")


def test_t29_loopback_is_the_default(client):
    assert client.host == "127.0.0.1"
    listener, door = listen("127.0.0.1", 0)
    with listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert DEFAULT_PORT <= door.port < DEFAULT_PORT + 20


def test_a_taken_port_is_one_clear_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match="--port"):
            listen("127.0.0.1", port)
    with pytest.raises(UsageError, match="Cannot listen on"):
        listen("no.such.host.invalid", 8765)


def test_t30_a_large_body_is_refused_whatever_its_length_says(client):
    large = {**LABEL, "picture": "0" * 64, "person": "x" * 100_000}
    assert client.ask("POST", "/api/labels", large)[0] == 413
    pieces = (b"x" * 10_000 for _ in range(20))
    try:
        status = client.ask("POST", "/api/labels", pieces, Transfer_Encoding="chunked")[0]
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # refused so early that the rest could not be sent
    assert status == 413
    assert client.ask("POST", "/api/labels", b"{}", Content_Length="1e3")[0] in {400, 413}


def test_t35_every_answer_forbids_scripts_from_elsewhere_and_sniffing(client):
    for method, path in (
        ("GET", "/"),
        ("GET", "/static/label/label.js"),
        ("GET", "/api/pool"),
        ("GET", "/nothing"),
        ("GET", f"/pictures/{first_picture(client)}"),
        ("POST", "/api/labels"),
    ):
        _, headers, _ = client.ask(method, path, None if method == "GET" else {})
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/static/",
        "/pictures/..%2f..%2fetc%2fpasswd",
        "/pictures/happy",
        f"/pictures/{'0' * 64}",
        "/thumbnails/%00",
        "/.happysad/labels.sqlite",
    ],
)
def test_t35_traversal_finds_nothing(client, path):
    connection = http.client.HTTPConnection(client.host, client.port, timeout=120)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", f"{client.host}:{client.port}")
    connection.putheader("Cookie", f"{client.cookie}={client.token}")
    connection.endheaders()
    assert connection.getresponse().status in {404, 422}
    connection.close()
