"""The end of a server: Ctrl-C and SIGTERM begin it alike, and nothing slow holds it up."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys

import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")

from fastapi import FastAPI
from services import ONE_VIEW

from happysad.web.server import make_server
from ports import free_port
from waiting import SOON, until

# Fetches may take longer than any test: what waits for one does not end.
PROGRAM = f"""
import sys
from happysad.config import FetchOptions
from happysad.predictor import load
from happysad.web.engine import Engine
from happysad.web.options import ServeOptions
from happysad.web.server import listen, serve
from happysad.web.service import service

patient = FetchOptions(allow_private=True, seconds=3600)
listener, door = listen("127.0.0.1", int(sys.argv[1]), is_open=True)
with Engine(load({str(ONE_VIEW)!r}), options=ServeOptions(workers=1, fetch=patient)) as engine:
    print("It listens.", flush=True)
    serve(service(engine, door), listener, wind_down=engine.wind_down)
"""


def test_t33_both_signals_say_first_that_the_end_is_near() -> None:
    told: list[str] = []
    server = make_server(FastAPI(), wind_down=lambda: told.append("soon"))
    server.handle_exit(signal.SIGTERM, None)
    assert told == ["soon"]
    assert not server.should_exit  # new calls are still answered for a moment
    server.handle_exit(signal.SIGINT, None)
    assert told == ["soon"] * 2
    assert server.should_exit
    assert not server.force_exit
    server.handle_exit(signal.SIGINT, None)
    assert server.force_exit


def test_t33_a_second_ctrl_c_waits_for_no_slow_address() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as slow:
        slow.settimeout(SOON)
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout
            assert process.stdout.readline() == "It listens.\n"
            address = f"http://127.0.0.1:{slow.getsockname()[1]}/"
            call = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)
            body = json.dumps({"pictures": [{"url": address}]})
            call.request("POST", "/v1/predict", body, {"Content-Type": "application/json"})
            asked, _ = slow.accept()  # the fetch has begun, and nobody will answer it
            process.send_signal(signal.SIGINT)
            until(lambda: not listens(port))
            process.send_signal(signal.SIGINT)
            assert call.getresponse().status == 503
            _, told = process.communicate(timeout=SOON)
            asked.close()
        finally:
            process.kill()
    assert process.returncode == 0
    assert not told


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True
