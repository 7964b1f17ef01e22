"""Walking lists everything once and waits for nothing."""

from __future__ import annotations

import os
import socket
import subprocess

import pytest

from happysad.collection.walk import Found, walk


def make(root, *files: str):
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def kinds(root) -> dict[str, str]:
    return {item.file: item.kind for item in walk(str(root))}


def test_files_are_listed_sorted_with_their_kind(tmp_path):
    make(tmp_path, "sad/b.jpg", "happy/in/ner/a.jpg", "happy/.DS_Store", "readme.md")
    make(tmp_path, "happy/.cache/c.jpg", ".git/d.jpg", ".happysad/quarantine/1/happy/e.jpg")
    assert walk(str(tmp_path)) == [
        Found(".git/d.jpg", "ignored"),
        Found("happy/.DS_Store", "ignored"),
        Found("happy/.cache/c.jpg", "ignored"),
        Found("happy/in/ner/a.jpg", "file"),
        Found("readme.md", "ignored"),
        Found("sad/b.jpg", "file"),
    ]


def test_t10_links_pipes_and_sockets_are_listed_and_not_opened(tmp_path, monkeypatch):
    make(tmp_path, "happy/a.jpg", "sad/b.jpg")
    (tmp_path / "happy/loop").symlink_to("..")
    (tmp_path / "happy/self").symlink_to("self")
    (tmp_path / "happy/c.jpg").symlink_to("a.jpg")
    (tmp_path / "elsewhere").symlink_to("/")
    os.mkfifo(tmp_path / "sad/pipe.jpg")
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sad/socket")
        assert kinds(tmp_path) == {
            "elsewhere": "symbolic_link",
            "happy/a.jpg": "file",
            "happy/c.jpg": "symbolic_link",
            "happy/loop": "symbolic_link",
            "happy/self": "symbolic_link",
            "sad/b.jpg": "file",
            "sad/pipe.jpg": "not_a_file",
            "sad/socket": "not_a_file",
        }


def test_t14_very_deep_folders_do_not_recurse_to_death(tmp_path):
    make(tmp_path, "sad/b.jpg")
    (tmp_path / "happy").mkdir()
    here = os.open(tmp_path / "happy", os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    found = kinds(tmp_path)
    subprocess.run(["rm", "-rf", str(tmp_path / "happy")], check=True)  # too deep for rmtree
    assert found.pop("sad/b.jpg") == "file"
    # Beyond the longest path that the system takes there is one entry that says so.
    assert list(found.values()) == ["unreadable"]


def test_a_folder_that_cannot_be_listed_says_why(tmp_path):
    (item,) = walk(str(tmp_path / ("x" * 300)))
    assert item.reason == "The folder cannot be listed: File name too long."


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_t13_a_forbidden_folder_is_recorded_and_the_walk_goes_on(tmp_path):
    make(tmp_path, "happy/a.jpg", "happy/locked/b.jpg", "sad/c.jpg")
    (tmp_path / "happy/locked").chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        found = kinds(tmp_path)
    finally:
        os.seteuid(0)
    assert found == {
        "happy/a.jpg": "file",
        "happy/locked": "permission_denied",
        "sad/c.jpg": "file",
    }


def test_t13_a_folder_that_vanishes_is_recorded(tmp_path):
    assert kinds(tmp_path / "gone") == {"": "vanished"}
