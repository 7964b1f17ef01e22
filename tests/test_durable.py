"""Files are old or new, never half."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from happysad.durable import replacing

NoRoom = Callable[[], AbstractContextManager[None]]


def test_a_file_appears_whole_with_ordinary_rights(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with replacing(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), replacing(path) as file:
        file.write("no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_t26_a_full_disk_leaves_the_old_file(tmp_path: Path, no_room: NoRoom) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with no_room(), pytest.raises(OSError, match="too large"), replacing(path) as file:
        file.write(b"x" * 100)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_t24_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    code = (
        "import os, signal, sys; from pathlib import Path; from happysad.durable import replacing\n"
        "with replacing(Path(sys.argv[1])) as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -9
    assert path.read_bytes() == b"old"


def test_many_threads_leave_the_umask_as_it_was(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:

        def write(number: int) -> None:
            with replacing(tmp_path / str(number)) as file:
                file.write(b"x")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(400)))
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert modes == {0o644}
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
