from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from happysad.config import Limits
from happysad.errors import SourceError
from happysad.sources.read import read_file


def code(path: str | Path, **options: object) -> str:
    with pytest.raises(SourceError) as caught:
        read_file(path, **options)
    assert caught.value.source == os.fspath(path)
    return caught.value.code


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode("odd\n\u202e\udcff".encode("utf-8", "surrogateescape"))
    file.write_bytes(b"x" * 3_000_000)
    assert read_file(file) == b"x" * 3_000_000
    assert read_file(str(file), limits=Limits(max_bytes=3_000_000)) == b"x" * 3_000_000
    assert code(file, limits=Limits(max_bytes=2_999_999)) == "too_many_bytes"


def test_t10_links_pipes_sockets_devices_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    assert code(tmp_path / "link") == "symbolic_link"
    assert read_file(tmp_path / "link", follow=True) == b"x"
    assert code(tmp_path / "loop", follow=True) == "symbolic_link"
    assert code(tmp_path / "pipe") == "not_a_file"
    assert code(tmp_path) == "not_a_file"
    assert code("/dev/zero") == "not_a_file"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        assert code(tmp_path / "s") == "not_a_file"


def test_t13_what_cannot_be_opened_has_its_code(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert code(tmp_path / "no") == "missing"
    assert code(tmp_path / "file" / "below") == "missing"
    assert code(tmp_path / ("n" * 300)) == "missing"
    assert code(f"{tmp_path}/nul\0") == "missing"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_t13_permission_denied(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    file.chmod(0)
    assert code(file) == "permission_denied"


def test_a_read_that_fails_midway_counts_as_vanished(monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/proc/self/mem").exists():
        pytest.skip("needs /proc/self/mem, a file whose first page cannot be read")
    assert code("/proc/self/mem") == "vanished"
