from __future__ import annotations

import json

import pytest

from happysad.cli.output import cell, complain, console, hint, printable, write_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain näme 笑.jpg", "plain näme 笑.jpg"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[2Jcleared", "\\x1b[2Jcleared"),
        ("abc\u202egpj.exe", "abc\\u202egpj.exe"),
        ("not utf-8: \udcff", "not utf-8: \\udcff"),
    ],
)
def test_t11_a_name_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_are_kept_where_they_are_meant() -> None:
    assert printable("one\ntwo\r", keep_lines=True) == "one\ntwo\\r"


def test_a_cell_shows_markup_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    console().print(cell("[bold]name[/bold].jpg"))
    assert capsys.readouterr().out == "[bold]name[/bold].jpg\n"


def test_t11_json_gives_every_name_back(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["\udcff.jpg", "line\nbreak", "é", "e\u0301", "\u202e"]
    write_json({"names": tuple(names)})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"names": names}


def test_numbers_without_a_value_become_null(capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"auc": float("nan"), "high": float("inf"), "n": 3, "share": 0.5})
    assert json.loads(capsys.readouterr().out) == {"auc": None, "high": None, "n": 3, "share": 0.5}


def test_errors_and_hints_leave_stdout_alone(capsys: pytest.CaptureFixture[str]) -> None:
    complain("no such file: \x1b]0;x")
    hint("try another")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "happysad: no such file: \\x1b]0;x\ntry another\n"
