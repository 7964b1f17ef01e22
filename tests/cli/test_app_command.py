"""``happysad app`` as a person starts and ends it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from happysad.workspace.place import Workspace
from ports import free_port

pytest.importorskip("fastapi", reason="the extra web is not installed")

TINY_TWO_VIEW = Path(__file__).parents[1] / "fixtures" / "tiny-two-view.happysad"


def command(*arguments: object) -> list[str]:
    words = [sys.executable, "-m", "happysad", "app", *arguments, "--no-browser"]
    words += ["--port", free_port(), "--base", TINY_TWO_VIEW, "--workers", 1]
    return [str(word) for word in words]


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a process that is still there when a test has failed."""
    try:
        yield
    finally:
        process.kill()


def test_t33_it_makes_a_workspace_prints_its_link_and_ends_well(tmp_path: Path) -> None:
    folder = tmp_path / "smiles"
    asked = command(folder, "--classes", "calm,angry", "--name", "teach.example.org")
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as running, ended(running):
        assert running.stdout is not None
        link = next(found for line in running.stdout if (found := re.search(r"http://\S+", line)))
        address, _, token = link[0].partition("#")
        assert len(token) > 20
        with urllib.request.urlopen(f"{address}healthz", timeout=60) as answer:
            assert answer.status == 200
        named = urllib.request.Request(f"{address}healthz", headers={"Host": "teach.example.org"})
        with urllib.request.urlopen(named, timeout=60) as answer:
            assert answer.status == 200
        second = subprocess.run(command(folder), capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert "Another page is at work in" in " ".join(second.stderr.split())
        assert "http://" not in second.stdout
        running.send_signal(signal.SIGTERM)
        assert running.wait(120) == 0
    assert sorted(path.name for path in (folder / "pictures").iterdir()) == ["angry", "calm"]
    with Workspace(folder).alone():  # nobody is at work there any more
        pass


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "happy").mkdir()
    done = subprocess.run(command(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no workspace" in " ".join(done.stderr.split())
    assert [path.name for path in tmp_path.iterdir()] == ["happy"]
