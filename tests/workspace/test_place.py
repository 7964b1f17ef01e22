"""What a workspace keeps: names made safe, bytes as they came, decisions as the verbs read them."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest

from happysad.collection.decisions import read_decisions
from happysad.collection.groups import read_groups
from happysad.errors import CollectionError, ConflictError, UsageError
from happysad.labels.store import LabelStore
from happysad.workspace.names import safe_name
from happysad.workspace.place import Wish, Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "work")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.jpg", "a.jpg"),
        ("folder/inner/ü b.JPG", "ü b.JPG"),
        ("C:\\pictures\\a.jpg", "a.jpg"),
        ("../../etc/passwd", "passwd"),
        ("<img src=x onerror=alert(1)>.jpg", "_img src=x onerror=alert(1)_.jpg"),
        ("a\nb\u202egpj.exe", "a_b_gpj.exe"),
        ("..", "picture"),
        (" .hidden.png ", "hidden.png"),
        ("CON.png", "_CON.png"),
        ("trailing. ", "trailing"),
        ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"),
        ("no-extension", "no-extension"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert safe_name(safe) == safe


def test_pictures_are_kept_as_they_came_and_never_overwritten(workspace: Workspace) -> None:
    for number, data in enumerate((b"one", b"two", b"")):
        file = workspace.add("deep/down/a.jpg", data, label="happy")
        assert file is not None
        assert (workspace.pictures / file).read_bytes() == data
        assert file == ("happy/a.jpg" if not number else f"happy/a ({number + 1}).jpg")
    assert workspace.add("b.png", b"x", label=None) == "b.png"
    assert (workspace.pool / "b.png").read_bytes() == b"x"
    assert workspace.add("folder/.DS_Store", b"x", label="sad") is None
    assert workspace.add("Thumbs.db", b"x", label="sad") is None
    with pytest.raises(UsageError, match="no class 'calm'"):
        workspace.add("a.jpg", b"x", label="calm")


def test_a_full_disk_leaves_nothing_half(workspace: Workspace, no_room) -> None:
    with no_room(), pytest.raises(CollectionError, match="Free some space"):
        workspace.add("a.jpg", b"x" * 1000, label="happy")
    assert list((workspace.pictures / "happy").iterdir()) == []


def test_frames_of_a_burst_are_listed_as_one_group(workspace: Workspace) -> None:
    for _ in range(3):
        workspace.add("frame.jpg", b"x", label="sad", burst="b1")
    workspace.add("frame.jpg", b"x", label="sad")
    groups = read_groups(workspace.pictures)
    assert groups == dict.fromkeys(
        ["sad/frame.jpg", "sad/frame (2).jpg", "sad/frame (3).jpg"], "b1"
    )


def test_classes_get_other_names_while_they_are_empty(workspace: Workspace) -> None:
    workspace.rename_classes((" wütend ", "ruhig"))
    assert workspace.classes == ("ruhig", "wütend")
    for names in (("a", "a"), ("a", "A"), ("a", ""), ("a", "unsure"), ("..", "b"), ("a/b", "c")):
        with pytest.raises(UsageError):
            workspace.rename_classes(names)
    with pytest.raises(UsageError):
        workspace.rename_classes(("train", "test"))
    workspace.add("a.jpg", b"x", label="ruhig")
    with pytest.raises(ConflictError):
        workspace.rename_classes(("a", "b"))
    assert workspace.classes == ("ruhig", "wütend")


def test_classes_that_pictures_are_labelled_with_keep_their_names(workspace: Workspace) -> None:
    workspace.add("a.jpg", b"x", label=None)
    workspace.rename_classes(("calm", "angry"))
    (workspace.pool / ".happysad").mkdir()
    LabelStore(workspace.pool / ".happysad" / "labels.sqlite", workspace.classes).close()
    with pytest.raises(ConflictError, match="labelled"):
        workspace.rename_classes(("a", "b"))
    assert workspace.classes == ("angry", "calm")


def test_no_picture_lands_in_a_class_that_is_being_renamed(workspace: Workspace) -> None:
    kept: list[str | None] = []

    def add() -> None:
        for _ in range(200):
            with contextlib.suppress(UsageError):
                kept.append(workspace.add("a.jpg", b"x", label="happy"))

    adding = threading.Thread(target=add)
    adding.start()
    with contextlib.suppress(ConflictError):
        for names in [("calm", "angry"), ("happy", "sad")] * 100:
            workspace.rename_classes(names)
    adding.join()
    assert len(workspace.classes) == 2
    assert all((workspace.pictures / str(file)).is_file() for file in kept)


def test_a_workspace_is_opened_again_and_nothing_else_is(tmp_path: Path) -> None:
    Workspace(tmp_path / "work", ("calm", "angry")).add("a.jpg", b"x", label="calm")
    assert Workspace(tmp_path / "work").classes == ("angry", "calm")
    with pytest.raises(UsageError, match="angry, calm"):
        Workspace(tmp_path / "work", ("happy", "sad"))
    (tmp_path / "other" / "happy").mkdir(parents=True)
    with pytest.raises(UsageError, match="no workspace"):
        Workspace(tmp_path / "other")
    (tmp_path / "work" / "pictures" / "third").mkdir()
    with pytest.raises(CollectionError, match="3 class folders"):
        _ = Workspace(tmp_path / "work").classes


def test_a_second_page_on_a_workspace_is_refused(workspace: Workspace) -> None:
    other = Workspace(workspace.root)
    with workspace.alone(), pytest.raises(ConflictError, match=r"Another page .*work'"):
        other.alone().__enter__()
    with other.alone():
        assert other.decided() == ()
    assert Workspace(workspace.root).classes == workspace.classes  # the lock is no class


def test_decisions_are_the_list_that_the_verbs_read(workspace: Workspace) -> None:
    workspace.write(workspace.changed([Wish("happy/a.jpg", "drop"), Wish("sad/b.jpg", "keep")]))
    workspace.write(workspace.changed([Wish("happy/a.jpg", "relabel", "sad")]))
    listed = {one.file: (one.choice, one.suggested) for one in read_decisions(workspace.decisions)}
    assert listed == {"happy/a.jpg": ("relabel", "sad"), "sad/b.jpg": ("keep", "")}
    workspace.write(workspace.changed([Wish("happy/a.jpg", None)]))
    assert [one.file for one in workspace.decided()] == ["sad/b.jpg"]
    workspace.add("b.jpg", b"x", label="sad")
    workspace.tidy()
    assert [one.file for one in workspace.decided()] == ["sad/b.jpg"]
    (workspace.pictures / "sad" / "b.jpg").unlink()
    workspace.tidy()
    assert workspace.decided() == ()
    with pytest.raises(UsageError, match="no class"):
        workspace.changed([Wish("happy/a.jpg", "relabel", "calm")])
