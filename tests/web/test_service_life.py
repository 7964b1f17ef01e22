"""The service over its life: decoders that die, logs, counts, and the end."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")

from services import ONE_VIEW, Service, picture, plain, serving

from happysad.config import Limits
from happysad.web.options import ServeOptions
from ports import free_port
from waiting import until

ON_LINUX = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks into /proc")


def decoders() -> list[int]:
    """Return the processes of this one that decode."""
    found = []
    for tasks in Path("/proc/self/task").glob("*/children"):
        for child in map(int, tasks.read_text().split()):
            try:
                command = Path(f"/proc/{child}/cmdline").read_bytes()
            except OSError:
                continue  # it ended while we looked
            if b"pictures.worker" in command:
                found.append(child)
    return found


@dataclass(frozen=True)
class Fragile:
    """A service with two decoders, which can be looked at."""

    service: Service
    others: frozenset[int]

    def decoders(self) -> list[int]:
        return [process for process in decoders() if process not in self.others]


@pytest.fixture
def fragile() -> Iterator[Fragile]:
    options = ServeOptions(workers=2, limits=Limits(decode_seconds=5.0))
    others = frozenset(decoders())
    with serving(ONE_VIEW, options=options) as service:
        yield Fragile(service, others)


def is_gone(process: int) -> bool:
    """Whether a process has ended and let go of its pipes."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def has_work(process: int) -> bool:
    """Whether something was sent to a process that it has not read, as it is stopped."""
    import fcntl
    import termios

    pipe = os.open(f"/proc/{process}/fd/0", os.O_RDONLY | os.O_NONBLOCK)
    try:
        waiting = fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4)
    finally:
        os.close(pipe)
    return int.from_bytes(waiting, sys.byteorder) > 0


@ON_LINUX
@pytest.mark.parametrize(
    ("end", "code"), [(None, "decode_timeout"), (signal.SIGKILL, "decode_crashed")]
)
def test_t03_a_decoder_that_hangs_or_dies_costs_one_picture(fragile: Fragile, end, code: str):
    data = picture(side=64)
    stuck, other = fragile.decoders()
    for process in (stuck, other):
        os.kill(process, signal.SIGSTOP)
    parts = [("file", f"{number}.jpg", data) for number in range(6)]
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(fragile.service.form, *parts)
        until(lambda: has_work(stuck))
        os.kill(other, signal.SIGCONT)
        if end:
            os.kill(stuck, end)
        answer = asked.result()
    assert answer.status == 200
    told = answer.json["predictions"]
    bad = [number for number, one in enumerate(told) if one["error"]]
    assert len(bad) == 1
    assert told[bad[0]]["error"]["code"] == code
    assert told[bad[0]]["source"] == f"{bad[0]}.jpg"
    assert fragile.service.predict(data).json["predictions"][0]["error"] is None


@ON_LINUX
def test_t03_decoders_that_died_idle_cost_nobody_anything(fragile: Fragile):
    killed = fragile.decoders()
    for process in killed:
        os.kill(process, signal.SIGKILL)
    until(lambda: all(map(is_gone, killed)))
    parts = [("file", "a.jpg", picture())] * 12
    told = fragile.service.form(*parts).json["predictions"]
    assert [one["error"] for one in told] == [None] * 12
    told = fragile.service.ask("GET", "/metrics").body.decode()
    assert re.search(r"^happysad_decoders_lost [12]\.0$", told, re.MULTILINE)


def test_t33_health_readiness_and_counts_are_three_things(fragile: Fragile):
    service = fragile.service
    assert service.ask("GET", "/healthz").json == {"status": "ok"}
    assert service.ask("GET", "/readyz").json == {"status": "ready"}
    service.form(("file", "secret-name.jpg", picture()), ("file", "b", b"x"))
    service.predict(plain(64, 64), "image/png", "?name=secret-name")
    service.ask("GET", "/secret-path")
    answer = service.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    told = answer.body.decode()
    line = 'happysad_requests_total{method="POST",route="/v1/predict",status="200"} 2.0'
    assert line in told
    assert 'happysad_pictures_total{outcome="unsupported_format"} 1.0' in told
    assert 'happysad_requests_total{method="GET",route="other",status="404"} 1.0' in told
    assert "happysad_ready 1.0" in told
    assert "happysad_queue_pictures 0.0" in told
    assert "secret" not in told
    service.engine.wind_down()
    assert service.ask("GET", "/readyz").status == 503
    assert service.ask("GET", "/healthz").status == 200
    assert service.predict(picture()).status == 200
    answer = service.about({"url": "http://127.0.0.1/"})
    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"


class Started:
    """``happysad serve`` as a process."""

    def __init__(self, *arguments: str, token: str = "") -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "happysad", "serve", "--model", str(ONE_VIEW)),
                *("--port", str(self.port), "--workers", "1", *arguments),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "HAPPYSAD_TOKEN": token},
        )

    def wait_for_link(self) -> str:
        assert self.process.stdout
        return next(word for line in self.process.stdout for word in line.split() if "://" in word)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Content-Type": "image/jpeg"} if body else {}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_t33_sigterm_ends_it_when_all_is_answered():
    started = Started("--log", "json")
    try:
        assert started.wait_for_link() == f"http://127.0.0.1:{started.port}/"
        data = picture()
        assert started.ask("POST", "/v1/predict?name=secret.jpg", data)[0] == 200
        maps = Path(f"/proc/{started.process.pid}/maps")
        if maps.exists():
            assert b"tensorflow" not in maps.read_bytes()
        with socket.create_connection(("127.0.0.1", started.port)) as call:
            head = (
                f"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1:{started.port}\r\n"
                f"Content-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            )
            call.sendall(head.encode() + data[:100])
            assert started.ask("GET", "/readyz")[0] == 200
            started.process.send_signal(signal.SIGTERM)
            until(lambda: started.ask("GET", "/readyz")[0] == 503)
            assert started.ask("GET", "/healthz")[0] == 200
            call.sendall(data[100:])
            assert call.recv(12) == b"HTTP/1.1 200"
        _, told = started.process.communicate(timeout=120)
    finally:
        started.process.kill()
    assert started.process.returncode == 0
    lines = [json.loads(line) for line in told.splitlines()]
    assert lines[0]["route"] == "/v1/predict"
    assert lines[0]["pictures"] == 1
    assert lines[-1]["status"] == 200
    assert {"at", "request_id", "method", "route", "status", "ms"} <= {*lines[0]}
    assert "secret" not in told


def test_t33_who_left_before_the_answer_is_noted(capsys: pytest.CaptureFixture[str]):
    with serving(ONE_VIEW, log="plain") as service:
        connection = service.connect()
        connection.putrequest("POST", "/v1/predict")
        connection.putheader("Content-Type", "image/jpeg")
        connection.putheader("Content-Length", "1000")
        connection.endheaders(b"abc")
        until(lambda: not service.engine.room.is_empty)
        connection.close()
        until(lambda: service.engine.room.is_empty)
        assert service.predict(picture()).status == 200
    told = capsys.readouterr().err.splitlines()
    assert "status=499" in told[0]
    assert "pictures=1" in told[1]


def test_t28_ctrl_c_ends_it_at_once():
    started = Started(token="a-token-of-some-length")
    try:
        assert started.wait_for_link().endswith("/#a-token-of-some-length")
        assert started.ask("GET", "/v1/model")[0] == 401
        started.process.send_signal(signal.SIGINT)
        _, told = started.process.communicate(timeout=120)
    finally:
        started.process.kill()
    assert started.process.returncode == 0
    assert "Traceback" not in told
    assert "GET" in told


def test_t29_it_does_not_start_for_others_without_a_token():
    started = Started("--host", "0.0.0.0")
    out, told = started.process.communicate(timeout=120)
    assert started.process.returncode == 2
    assert "HAPPYSAD_TOKEN" in told
    assert "://" not in out
