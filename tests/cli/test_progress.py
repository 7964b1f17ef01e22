from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from happysad.cli.progress import PlainLines, shown
from happysad.progress import silent

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_tell_the_beginning_and_the_end_of_each_step() -> None:
    stream = io.StringIO()
    progress = PlainLines(stream)
    for done in range(101):
        progress("reading", done, 100)
    progress("fitting", 0, 2)
    progress("fitting", 2, 2, "loss 0.43\x1b")
    assert stream.getvalue().splitlines() == [
        "reading 0/100",
        "reading 100/100",
        "fitting 0/2",
        "fitting 2/2 · loss 0.43\\x1b",
    ]


def test_a_step_of_unknown_length_has_no_count() -> None:
    stream = io.StringIO()
    PlainLines(stream)("looking", 0, 0)
    assert stream.getvalue() == "looking\n"


def test_the_same_news_is_told_once() -> None:
    stream = io.StringIO()
    progress = PlainLines(stream)
    progress("reading", 5, 5)
    progress("reading", 5, 5)
    assert stream.getvalue() == "reading 5/5\n"


def test_quiet_draws_nothing() -> None:
    with shown(quiet=True) as progress:
        assert progress is silent


def test_no_terminal_means_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with shown() as progress:
        progress("reading", 1, 1)
    out, err = capsys.readouterr()
    assert (out, err) == ("", "reading 1/1\n")


def test_a_terminal_shows_live_bars_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with shown() as progress:
        progress("reading [red]pictures", 1, 2)
        progress("reading [red]pictures", 2, 2, "done")
    assert "reading [red]pictures" in terminal.getvalue()
    assert "2/2" in terminal.getvalue()
    assert capsys.readouterr().out == ""
