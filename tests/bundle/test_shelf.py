"""Which model is meant."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from happysad.bundle import shelf
from happysad.errors import BundleError


@pytest.fixture(autouse=True)
def nothing_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "weights" / "default.happysad"
    monkeypatch.setattr(shelf, "_SHIPPED", path)
    return path


def bundle(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_without_any_model_it_says_what_to_do() -> None:
    for model in (None, "default"):
        with pytest.raises(BundleError, match="happysad train FOLDER"):
            shelf.find(model)


def test_the_last_trained_comes_before_the_shipped(tmp_path: Path, nothing_shipped: Path) -> None:
    shipped = bundle(nothing_shipped)
    assert shelf.find() == shipped
    first, second = bundle(tmp_path / "1.happysad"), bundle(tmp_path / "2.happysad")
    assert shelf.remember(first)
    assert shelf.remember(second)
    assert shelf.find() == second
    assert shelf.find("default") == shipped
    second.unlink()
    assert shelf.find() == shipped


def test_trained_models_are_remembered_the_last_one_first(tmp_path: Path) -> None:
    assert shelf.trained() == ()
    first, second, third = (bundle(tmp_path / f"{name}.happysad") for name in "123")
    for path in (first, second, third, first):
        shelf.remember(path)
    assert shelf.trained() == (first, third, second)
    first.unlink()
    assert shelf.trained() == (third, second)
    assert shelf.last_trained() is None  # the last one, or none: an older one would surprise


def test_a_forgotten_model_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    first, second = (bundle(tmp_path / f"{name}.happysad") for name in "12")
    assert shelf.forget(first)  # nothing is noted yet
    shelf.remember(first)
    shelf.remember(second)
    assert shelf.forget(second)
    assert second.exists()
    assert shelf.trained() == (first,)
    assert shelf.forget(first)
    assert shelf.trained() == ()
    assert shelf.remember(second)
    assert shelf.last_trained() == second


def test_only_so_many_are_remembered(tmp_path: Path) -> None:
    paths = [bundle(tmp_path / f"{number}.happysad") for number in range(103)]
    for path in paths:
        shelf.remember(path)
    assert shelf.trained() == tuple(reversed(paths))[:100]


def test_the_environment_names_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.remember(bundle(tmp_path / "last.happysad"))
    named = bundle(tmp_path / "named.happysad")
    monkeypatch.setenv("HAPPYSAD_MODEL", str(named))
    assert shelf.find() == named


def test_a_path_or_the_folder_of_a_run(tmp_path: Path) -> None:
    path = bundle(tmp_path / "run" / shelf.RUN_BUNDLE)
    assert shelf.find(path) == path
    assert shelf.find(str(path)) == path
    assert shelf.find(tmp_path / "run") == path
    assert shelf.find(tmp_path) == tmp_path  # for the reader to refuse with a reason
    with pytest.raises(BundleError, match=r"no model '.*nothing'"):
        shelf.find(tmp_path / "nothing")


def test_a_relative_path_is_remembered_as_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bundle(tmp_path / "m.happysad")
    monkeypatch.chdir(tmp_path)
    shelf.remember("m.happysad")
    monkeypatch.chdir("/")
    assert shelf.find() == path


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"model": 3}', "\0\xff"])
def test_a_damaged_note_is_no_note(own_home: Path, text: str) -> None:
    (own_home / "last-trained.json").write_text(text, encoding="latin-1")
    assert shelf.last_trained() is None


def test_a_home_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("HAPPYSAD_HOME", str(tmp_path / "file"))
    assert not shelf.remember(tmp_path / "m.happysad")


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/happysad"),
        ("linux", {"HOME": "/home/x"}, "/home/x/.local/share/happysad"),
        ("darwin", {"HOME": "/Users/x"}, "/Users/x/Library/Application Support/happysad"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/happysad"),
        ("win32", {"HOME": "/x"}, "/x/AppData/Local/happysad"),
    ],
)
def test_the_platforms_place(
    platform: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HAPPYSAD_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert shelf.home() == Path(expected)
