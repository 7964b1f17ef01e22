"""Nothing is lost: every move is undone byte for byte, also after a kill in the middle."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from happysad.collection.journal import Journal, Move, read_journal
from happysad.collection.quarantine import quarantine, undo
from happysad.errors import CollectionError
from happysad.records import Collection, Finding

BAD = ("happy/a.jpg", "happy/deep/b.jpg", "happy/line\nbreak.jpg", "sad/\udcff\udcfe.jpg", "sad/x")


def write(root: Path, files=BAD) -> None:
    for number, file in enumerate((*files, "happy/good.jpg", "sad/good.jpg")):
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"content {number}".encode() * 100)
        os.utime(path, ns=(10**18 + number, 10**18 + 7 * number))


def collection(root: Path, files=BAD) -> Collection:
    findings = tuple(Finding("truncated", file, "fault", "Broken.") for file in files)
    return Collection(str(root), ("happy", "sad"), (), tuple(sorted(files)), (), findings)


def state(root: Path) -> dict[str, tuple[str, int]]:
    """Digest and time of every file, links by their target."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in [*files, *(name for name in folders if (Path(folder) / name).is_symlink())]:
            path = Path(folder) / name
            data = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            found[str(path)] = (hashlib.sha256(data).hexdigest(), path.lstat().st_mtime_ns)
    return found


def test_t15_files_go_aside_and_come_back_byte_for_byte(tmp_path):
    write(tmp_path)
    before = state(tmp_path)
    done = quarantine(collection(tmp_path))
    assert done.moved == tuple(sorted(BAD))
    assert not done.left
    assert Path(done.folder).is_relative_to(tmp_path)
    assert all(not (tmp_path / file).exists() for file in BAD)
    assert (tmp_path / "happy/good.jpg").exists()
    assert all((Path(done.folder) / file).exists() for file in BAD)
    undone = undo(tmp_path)
    assert undone.restored == tuple(sorted(BAD))
    assert not undone.kept
    assert state(tmp_path) == before
    assert not (tmp_path / ".happysad").exists()


def test_undo_can_be_repeated_and_may_find_nothing(tmp_path):
    write(tmp_path)
    assert undo(tmp_path).restored == ()
    quarantine(collection(tmp_path))
    assert len(undo(tmp_path).restored) == len(BAD)
    assert undo(tmp_path) == undo(tmp_path)


def test_a_second_quarantine_does_not_touch_the_first(tmp_path):
    write(tmp_path)
    quarantine(collection(tmp_path))
    write(tmp_path)  # the same names again, other times
    (tmp_path / "happy/a.jpg").write_bytes(b"another picture")
    second = quarantine(collection(tmp_path))
    assert len(second.moved) == len(BAD)
    undone = undo(tmp_path)
    # The latest comes back first; the earlier ones find their places taken.
    assert (tmp_path / "happy/a.jpg").read_bytes() == b"another picture"
    assert set(undone.kept) == set(BAD)
    (tmp_path / "happy/a.jpg").unlink()
    assert undo(tmp_path).restored == ("happy/a.jpg",)
    assert (tmp_path / "happy/a.jpg").read_bytes().startswith(b"content 0")


def test_undo_never_overwrites_a_file_that_has_appeared(tmp_path):
    write(tmp_path)
    quarantine(collection(tmp_path))
    (tmp_path / "happy/a.jpg").write_bytes(b"mine")
    (tmp_path / "sad/x").symlink_to("nowhere")
    undone = undo(tmp_path)
    assert (tmp_path / "happy/a.jpg").read_bytes() == b"mine"
    assert set(undone.kept) == {"happy/a.jpg", "sad/x"}
    assert "another file is now at" in undone.kept["happy/a.jpg"]
    (tmp_path / "happy/a.jpg").unlink()
    (tmp_path / "sad/x").unlink()
    assert undo(tmp_path).restored == ("happy/a.jpg", "sad/x")


def test_undo_makes_missing_folders_again(tmp_path):
    write(tmp_path, ["happy/deep/er/only.jpg"])
    quarantine(collection(tmp_path, ["happy/deep/er/only.jpg"]))
    (tmp_path / "happy/deep/er").rmdir()
    (tmp_path / "happy/deep").rmdir()
    assert undo(tmp_path).restored == ("happy/deep/er/only.jpg",)


def test_links_and_pipes_are_moved_as_they_are(tmp_path):
    write(tmp_path, [])
    (tmp_path / "happy/link.jpg").symlink_to("../sad/good.jpg")
    (tmp_path / "happy/loop").symlink_to("..")
    os.mkfifo(tmp_path / "sad/pipe")
    before = state(tmp_path / "happy")
    files = ["happy/link.jpg", "happy/loop", "sad/pipe"]
    assert len(quarantine(collection(tmp_path, files)).moved) == 3
    assert len(undo(tmp_path).restored) == 3
    assert state(tmp_path / "happy") == before
    assert (tmp_path / "sad/pipe").is_fifo()


def test_what_vanished_is_skipped_and_folders_stay(tmp_path):
    write(tmp_path)
    (tmp_path / "happy/a.jpg").unlink()
    done = quarantine(collection(tmp_path, [*BAD, "happy/deep"]))
    assert "happy/a.jpg" not in done.moved
    assert done.left == {"happy/deep": "it is a folder"}


def test_a_quarantine_of_nothing_leaves_nothing(tmp_path):
    write(tmp_path)
    quarantine(collection(tmp_path, []))
    assert not (tmp_path / ".happysad").exists()


KILLER = """
import os, signal, sys
from happysad.collection import quarantine as module
from happysad.records import Collection, Finding

root, step, at = sys.argv[1], sys.argv[2], int(sys.argv[3])
files = [os.fsdecode(os.fsencode(name)) for name in sys.argv[4:]]
calls = 0

def deadly(function):
    def call(*arguments, **options):
        global calls
        calls += 1
        if step.startswith("before") and calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **options)
        if step.startswith("after") and calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call

name = step.split()[1]
setattr(os, name, deadly(getattr(os, name)))
findings = tuple(Finding("truncated", file, "fault", "Broken.") for file in files)
module.quarantine(Collection(root, ("happy", "sad"), (), tuple(sorted(files)), (), findings))
"""


@pytest.mark.parametrize("step", ["before rename", "after rename", "before fsync", "after fsync"])
@pytest.mark.parametrize("at", [1, 3, 5])
def test_t15_a_kill_in_the_middle_loses_nothing(tmp_path, step, at):
    write(tmp_path)
    before = state(tmp_path)
    process = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path), step, str(at), *BAD], check=False, timeout=60
    )
    assert process.returncode == -signal.SIGKILL
    undone = undo(tmp_path)
    assert not undone.kept
    assert state(tmp_path) == before
    assert not (tmp_path / ".happysad").exists()


def test_t15_a_killed_undo_goes_on_where_it_was(tmp_path):
    write(tmp_path)
    before = state(tmp_path)
    quarantine(collection(tmp_path))
    script = KILLER.rpartition("findings =")[0] + "module.undo(root)"
    process = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), "after rename", "2"], check=False, timeout=60
    )
    assert process.returncode == -signal.SIGKILL
    assert len(undo(tmp_path).restored) == len(BAD) - 2
    assert state(tmp_path) == before


def test_a_line_that_a_power_cut_broke_off_is_no_move(tmp_path):
    path = tmp_path / "journal.jsonl"
    first, second = Move("happy/a", "1/happy/a", "html"), Move("sad/b", "2/sad/b", "html")
    with Journal(path) as journal:
        journal.write(first)
    with path.open("ab") as file:
        file.write(b'{"from": "sad/b", "to')
    assert read_journal(path) == [first]
    with Journal(path) as journal:
        journal.write(second)
    assert read_journal(path) == [first, second]


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[1]",
        b"\xff",
        b'{"from": 1, "to": "1/a", "code": "html"}',
        *(
            json.dumps({"from": a, "to": b, "code": "html"}).encode()
            for a, b in [
                ("../outside", "1/a"),
                ("happy/a", "../../../etc/passwd"),
                ("/etc/passwd", "1/a"),
                ("", "1/a"),
                ("a\0b", "1/a"),
            ]
        ),
    ],
)
def test_a_damaged_or_hostile_journal_moves_nothing(tmp_path, line):
    home = tmp_path / ".happysad/quarantine"
    home.mkdir(parents=True)
    (home / "journal.jsonl").write_bytes(line + b"\n")
    with pytest.raises(CollectionError, match=r"Line 1 of the journal .* by hand"):
        undo(tmp_path)


def test_a_journal_that_is_no_file_is_a_clear_error(tmp_path):
    (tmp_path / ".happysad/quarantine/journal.jsonl").mkdir(parents=True)
    with pytest.raises(CollectionError, match="cannot be read"):
        undo(tmp_path)


def test_a_hostile_quarantine_leads_nowhere_else(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("keep")
    root = tmp_path / "root"
    home = root / ".happysad/quarantine"
    home.mkdir(parents=True)
    (home / "1").symlink_to(outside)
    line = json.dumps({"from": "happy/stolen", "to": "1/secret", "code": "html"})
    (home / "journal.jsonl").write_text(line + "\n")
    undone = undo(root)
    assert undone.restored == ()
    assert "symbolic link" in undone.kept["happy/stolen"]
    assert (outside / "secret").read_text() == "keep"


def test_a_linked_quarantine_folder_is_refused(tmp_path):
    write(tmp_path / "root")
    (tmp_path / "elsewhere/quarantine/1").mkdir(parents=True)
    (tmp_path / "root/.happysad").symlink_to(tmp_path / "elsewhere")
    assert undo(tmp_path / "root").restored == ()
    assert (tmp_path / "elsewhere/quarantine/1").is_dir()
    with pytest.raises(CollectionError, match="symbolic link"):
        quarantine(collection(tmp_path / "root"))
    assert (tmp_path / "root/happy/a.jpg").exists()


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path):
    write(tmp_path)
    (tmp_path / ".happysad").write_text("a file where the folder should be")
    with pytest.raises(CollectionError, match=r"cannot be written.* 0 files were moved"):
        quarantine(collection(tmp_path))


def test_a_file_that_cannot_be_moved_is_named(tmp_path, monkeypatch):
    write(tmp_path)

    def refuse(source, target):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "rename", refuse)
    done = quarantine(collection(tmp_path))
    assert done.moved == ()
    assert done.left["happy/a.jpg"] == "Invalid cross-device link"


def test_undo_needs_a_folder(tmp_path):
    with pytest.raises(CollectionError, match="no folder"):
        undo(tmp_path / "nowhere")
