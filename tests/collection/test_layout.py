"""A folder whose layout leaves open what the classes are is refused, and told what is expected."""

from __future__ import annotations

import os

import pytest

from happysad.collection.layout import read_layout, refuse_empty
from happysad.collection.names import claims_picture, is_hidden
from happysad.errors import CollectionError


def make(root, *files: str):
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def test_classes_are_the_visible_folders_in_order(tmp_path):
    make(tmp_path, "sad/a.jpg", "happy/b.jpg", ".git/config", "__MACOSX/._a.jpg", "notes.txt")
    (tmp_path / ".happysad").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "sad")
    layout = read_layout(tmp_path)
    assert layout.classes == ("happy", "sad")
    assert layout.root == str(tmp_path)


def test_a_relative_folder_gets_an_absolute_root(tmp_path, monkeypatch):
    make(tmp_path, "pictures/sad/a.jpg", "pictures/happy/b.jpg")
    monkeypatch.chdir(tmp_path)
    assert read_layout("pictures").root == str(tmp_path / "pictures")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["a.jpg", "b.png"], r"pictures at the top level.*'a.jpg' and 1 more"),
        (["happy/a.jpg", "sad/b.jpg", "stray.HEIC"], r"pictures at the top level.*'stray.HEIC'\)"),
        (["happy/a.jpg"], "only one class folder, 'happy'"),
        (["notes.txt"], "no class folders"),
        (["Happy/a.jpg", "happy/b.jpg", "sad/c.jpg"], "'Happy' and 'happy' look like one class"),
        (["\u00e9mu/a.jpg", "e\u0301mu/b.jpg", "sad/c.jpg"], "look like one class"),
        (["train/happy/a.jpg", "test/happy/b.jpg"], "are parts, not classes"),
    ],
)
def test_t12_a_wrong_layout_is_refused_with_the_expected_one(tmp_path, files, message):
    make(tmp_path, *files)
    with pytest.raises(CollectionError, match=message) as caught:
        read_layout(tmp_path)
    assert "happy/  picture-1.jpg" in str(caught.value)
    assert tmp_path.name in str(caught.value)


def test_t12_a_picture_without_extension_at_the_top_level_is_seen(tmp_path):
    make(tmp_path, "happy/a.jpg", "sad/b.jpg")
    (tmp_path / "scan").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 40)
    with pytest.raises(CollectionError, match="'scan'"):
        read_layout(tmp_path)


def test_t12_missing_folders_and_files_are_refused(tmp_path):
    with pytest.raises(CollectionError, match="There is no folder"):
        read_layout(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(CollectionError, match="is a file"):
        read_layout(tmp_path / "file")
    with pytest.raises(CollectionError, match="cannot be read"):
        read_layout(tmp_path / ("x" * 300))


def test_t12_empty_classes_are_named(tmp_path):
    make(tmp_path, "happy/a.jpg")
    (tmp_path / "sad").mkdir()
    layout = read_layout(tmp_path)
    refuse_empty(layout, {"happy", "sad"})
    with pytest.raises(CollectionError, match="no pictures in 'sad'"):
        refuse_empty(layout, {"happy"})


def test_the_folder_above_is_recognised(tmp_path):
    make(tmp_path, "data/happy/a.jpg", "data/sad/b.jpg")
    with pytest.raises(CollectionError, match=r"Did you mean '.*/data'\?"):
        read_layout(tmp_path)


def test_a_pipe_at_the_top_level_blocks_nothing(tmp_path):
    make(tmp_path, "happy/a.jpg", "sad/b.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert read_layout(tmp_path).classes == ("happy", "sad")


@pytest.mark.parametrize("name", [".x.jpg", "Thumbs.db", "DESKTOP.INI", "__MACOSX", "@eaDir"])
def test_hidden_names(name):
    assert is_hidden(name)


def test_names_that_claim_a_picture():
    assert all(map(claims_picture, ["a.jpg", "B.JPEG", "c.tar.png", "d.svg", "e.HEIC", "f.eps"]))
    assert not any(map(claims_picture, ["jpg", "a.txt", "b.jpg.txt", "c", "d.mp4", ".jpg"]))


def test_a_class_named_like_the_abstention_is_refused(tmp_path):
    make(tmp_path, "happy/a.jpg", "sad/a.jpg", "unsure/a.jpg")
    with pytest.raises(CollectionError, match="a class named 'unsure'"):
        read_layout(tmp_path)
