from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import Result

import happysad as package
from happysad.cli.app import COMMANDS, app
from waiting import until

Run = Callable[..., Result]


def test_the_version_is_printed(happysad: Run) -> None:
    result = happysad("--version")
    assert (result.exit_code, result.stdout) == (0, f"happysad {package.__version__}\n")


def test_help_lists_every_command_and_the_exit_codes(happysad: Run) -> None:
    result = happysad("--help")
    assert result.exit_code == 0
    assert all(f" {name} " in result.stdout for name in COMMANDS)
    assert "3 some pictures failed" in " ".join(result.stdout.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(happysad: Run, name: str) -> None:
    result = happysad(name, "-h")
    assert result.exit_code == 0
    assert f"happysad {name}" in result.stdout.split("Example", 1)[1]


def test_every_option_says_what_it_does() -> None:
    for name, command in get_command(app).commands.items():
        for parameter in command.params:
            assert getattr(parameter, "help", ""), f"{name} {parameter.name}"


def test_a_mistyped_command_is_wrong_use_with_a_suggestion(happysad: Run) -> None:
    result = happysad("predic")
    assert result.exit_code == 2
    assert "Did you mean 'predict'" in result.output


def test_wrong_use_is_two_and_an_error_is_one(happysad: Run, tmp_path: Path) -> None:
    assert happysad("predict").exit_code == 2
    assert happysad("check", tmp_path, "--workers", "-1").exit_code == 2
    result = happysad("check", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert result.stderr.startswith("happysad: ")
    assert "Traceback" not in result.output


def test_the_program_runs_as_a_module_and_shows_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "happysad", "show", str(tmp_path / "no\nmodel")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no\\nmodel" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind there")
def test_t28_ctrl_c_ends_with_130(tmp_path: Path, tiny_model: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "happysad", "predict", "-", "-m", str(tiny_model)]
    held = os.open(pipe, os.O_RDWR)  # keeps the pipe open, so that reading it waits
    with (
        pipe.open("rb") as stdin,
        subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        os.write(held, b"a part of a picture")
        until(lambda: process.poll() is not None or not _unread(held))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    os.close(held)
    assert process.returncode == 130
    assert "Traceback" not in err


def _unread(pipe: int) -> int:
    """Return how many bytes wait in a pipe."""
    import fcntl
    import termios

    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4), sys.byteorder)
