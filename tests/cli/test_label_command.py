"""``happysad label`` on the command line; the page itself is tested in ``tests/web``."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from happysad.labels.ledger import Label
from happysad.verbs.label import label

_IDS = count()


def test_export_prints_counts_and_what_was_left_out(happysad, clean_folder: Path, tmp_path: Path):
    store = tmp_path / "labels.sqlite"
    with label(clean_folder, store=store) as session:
        session.wait_until_read()
        for entry, answer in zip(
            session.next("me", count=3), ("happy", "sad", "unsure"), strict=True
        ):
            name = f"id{next(_IDS)}"
            session.accept(
                Label(id=name, kind="answer", picture=entry.sha256, person="me", answer=answer)
            )
    done = happysad("label", clean_folder, "--labels", store, "--export", tmp_path / "out")
    assert done.exit_code == 0
    assert "happy: 1 pictures" in done.stdout
    assert "1 pictures were left out" in done.stderr
    done = happysad("label", clean_folder, "--labels", store, "--export", tmp_path / "l.csv")
    assert done.exit_code == 0
    assert (tmp_path / "l.csv").read_text().count("\n") == 4


def test_exporting_nothing_says_how_to_start(happysad, clean_folder: Path, tmp_path: Path):
    done = happysad("label", clean_folder, "--export", tmp_path / "out")
    assert done.exit_code == 1
    assert "Start with: happysad label" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--classes", "happy"), "'classes'"),
        (("--double", "2"), "'double'"),
        (("--every", "0"), "'every'"),
        (("--ask", "rondom"), "'ask'"),
    ],
)
def test_wrong_options_are_told_before_anything_is_read(
    happysad, clean_folder: Path, arguments: tuple[str, ...], told: str
):
    done = happysad("label", clean_folder, "--no-browser", *arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    assert "reading" not in done.stderr


def test_without_the_extra_one_line_says_what_to_install(
    happysad, clean_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    from happysad import web

    monkeypatch.setattr(web, "find_spec", lambda name: None)
    done = happysad("label", clean_folder, "--no-browser")
    assert done.exit_code == 2
    assert "happysad[web]" in done.stderr
