"""Ground rules of every test: no outside network, nothing in the user's home."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chromium import CAMERA, PROGRAM, launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SHARED_DATA = Path(
    os.environ.get("HAPPYSAD_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)


@pytest.fixture(scope="session", autouse=True)
def heeded_interrupts() -> None:
    """Heed SIGINT, and let children do so: a shell's background jobs start with it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def common_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give what is made once for several tests a happysad home that is not the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAPPYSAD_HOME", str(tmp_path_factory.mktemp("common-home")))
        patch.delenv("HAPPYSAD_MODEL", raising=False)
        yield


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a happysad home of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HAPPYSAD_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections that leave the machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])  # type: ignore[index]
            if not (host.startswith("127.") or host in {"::1", "localhost"}):
                msg = f"a test tried to reach {host}"
                raise AssertionError(msg)
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real pictures; tests that need it are skipped where it is absent."""
    if not (SHARED_DATA / "seed").is_dir():
        pytest.skip(f"real pictures are not there: {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium of the system; tests that need it are skipped where there is none."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if PROGRAM is None:
        pytest.skip("there is no Chromium: on Debian, apt-get install chromium")
    with launched(*CAMERA) as browser:
        yield browser


@pytest.fixture
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train and judge like the core alone: plots take longer than all the rest."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)


@pytest.fixture
def no_room() -> Callable[[], AbstractContextManager[None]]:
    """A block in which files grow to 16 bytes and no further, as on a full disk."""
    resource = pytest.importorskip("resource", reason="limits of a process are a Unix thing")

    @contextmanager
    def limited() -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited
