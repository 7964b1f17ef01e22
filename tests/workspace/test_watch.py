"""What is found stands beside the pictures at once, and follows what people decide."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from happysad.collection.groups import write_groups
from happysad.collection.scan import scan
from happysad.config import CheckOptions
from happysad.errors import PictureError, UsageError
from happysad.workspace.place import Wish, Workspace
from happysad.workspace.watch import Watch
from waiting import until

ONE_WORKER = CheckOptions(workers=1)


@pytest.fixture
def watch(filled: Workspace) -> Iterator[Watch]:
    watch = Watch(filled, options=ONE_WORKER)
    watch.start()
    until(lambda: watch.view.done == watch.view.total == 24)
    yield watch
    watch.stop()


def codes(watch: Watch) -> dict[str, str]:
    assert watch.view.collection is not None
    return {one.file: one.code for one in watch.view.collection.findings}


def test_it_says_what_a_scan_says(watch: Watch, filled: Workspace) -> None:
    path = next((filled.pictures / "happy").iterdir())
    filled.add("copy.bin", path.read_bytes(), label="happy")
    filled.add("torn.png", b"\x89PNG\r\n\x1a\n", label="sad")
    filled.add("notes.txt", b"no picture", label="sad")
    watch.nudge()
    until(lambda: watch.view.done == watch.view.total == 27)
    assert watch.view.collection == scan(filled.pictures, options=ONE_WORKER)
    found = {one.code for one in watch.view.collection.findings}
    assert {"exact_duplicate", "truncated"} <= found


@pytest.fixture
def told_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a watch look when it is told to, and not between."""
    monkeypatch.setattr("happysad.workspace.watch._SECONDS_BETWEEN_LOOKS", 600.0)


def test_only_what_is_new_is_read(told_alone: None, watch: Watch, filled: Workspace) -> None:
    for path in (filled.pictures / "happy").iterdir():
        stat = path.stat()
        path.write_bytes(bytes(stat.st_size))  # ruined behind its back, with the same stamp
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    filled.add("new.png", b"", label="happy")
    watch.nudge()
    until(lambda: watch.view.total == watch.view.done == 25)
    assert codes(watch) == {"happy/new.png": "zero_bytes"}


def test_a_picture_is_there_once_all_of_it_is(
    watch: Watch, filled: Workspace, hold_back: Callable[[], tuple[Event, Event]]
) -> None:
    begun, may_end = hold_back()
    data = next((filled.pictures / "happy").iterdir()).read_bytes()
    with ThreadPoolExecutor() as beside:
        coming = beside.submit(filled.add, "slow.png", data, label="happy")
        try:
            assert begun.wait(120)
            assert (filled.pictures / "happy" / "slow.png").stat().st_size == 0
            (filled.pictures / "sad" / "other.png").write_bytes(b"")
            watch.nudge()
            until(lambda: watch.view.done >= 25)
            assert codes(watch) == {"sad/other.png": "zero_bytes"}
            assert watch.view.total == 25
        finally:
            may_end.set()
        assert coming.result(120) == "happy/slow.png"
    watch.nudge()
    until(lambda: watch.view.done == watch.view.total == 26)
    assert codes(watch).get("happy/slow.png") != "zero_bytes"


def test_other_names_of_the_classes_are_seen_at_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "work")
    watch = Watch(workspace, options=ONE_WORKER)  # not at work: it will not look by itself
    workspace.rename_classes(("calm", "angry"))
    watch.renamed()
    assert watch.view.classes == ("angry", "calm")


def test_files_that_come_change_and_go_by_other_means_are_seen(
    watch: Watch, filled: Workspace
) -> None:
    first, second, *_ = sorted((filled.pictures / "sad").iterdir())
    first.unlink()
    second.write_bytes(b"<!DOCTYPE html>")
    watch.nudge()
    until(lambda: watch.view.total == 23 and codes(watch) == {f"sad/{second.name}": "html"})


def test_a_decision_is_followed_and_taken_back(watch: Watch, filled: Workspace) -> None:
    file = f"happy/{min(path.name for path in (filled.pictures / 'happy').iterdir())}"
    watch.decide([Wish(file, "drop")])
    assert codes(watch) == {file: "dropped"}
    watch.decide([Wish(file, "relabel", "sad")])
    assert codes(watch) == {file: "relabelled"}
    assert watch.view.collection is not None
    assert {one.label for one in watch.view.collection.entries if one.file == file} == {"sad"}
    watch.decide([Wish(file, None)])
    assert codes(watch) == {}


def test_decisions_that_contradict_each_other_are_refused(watch: Watch, filled: Workspace) -> None:
    first, second, *_ = sorted(path.name for path in (filled.pictures / "happy").iterdir())
    first, second = f"happy/{first}", f"happy/{second}"
    write_groups(filled.pictures, {first: "burst", second: "burst"})
    watch.nudge()
    until(lambda: watch.view.bursts)
    watch.decide([Wish(first, "relabel", "sad")])
    with pytest.raises(UsageError, match="Take the other decision back"):
        watch.decide([Wish(second, "keep")])
    assert [one.file for one in filled.decided()] == [first]


def test_trouble_with_the_folder_is_told_and_ends(watch: Watch, filled: Workspace) -> None:
    (filled.pictures / "third").mkdir()
    watch.nudge()
    until(lambda: "3 class folders" in watch.view.trouble)
    (filled.pictures / "third").rmdir()  # the folder is as it was before
    watch.nudge()
    until(lambda: not watch.view.trouble)


def test_a_defect_is_told_and_does_not_end_the_looking(watch: Watch, filled: Workspace) -> None:
    options = watch._options
    watch._options = None  # type: ignore[assignment]  # something that nobody has foreseen
    filled.add("new.png", b"", label="happy")
    watch.nudge()
    until(lambda: watch.view.trouble.startswith("AttributeError"))
    watch._options = options
    watch.nudge()
    until(lambda: not watch.view.trouble and watch.view.total == 25)


class Unhurried(Watch):
    """Lets the reading go on for a moment at every file that it tells of."""

    def _id(self, file: str) -> str:
        time.sleep(0.01)
        return super()._id(file)


def test_decisions_while_pictures_are_being_read(filled: Workspace) -> None:
    watch = Unhurried(filled, options=ONE_WORKER)
    watch.start()
    try:
        file = f"happy/{min(path.name for path in (filled.pictures / 'happy').iterdir())}"
        while watch.view.done < 24:
            watch.decide([Wish(file, "drop")])
            time.sleep(0.02)  # nobody decides so fast that the reading has no turn
            watch.decide([Wish(file, None)])
            time.sleep(0.02)
        until(lambda: watch.view.done == watch.view.total == 24)
        assert not watch.view.trouble
    finally:
        watch.stop()


def test_ids_tell_nothing_and_change_with_the_file(watch: Watch, filled: Workspace) -> None:
    ids = {file: number for number, file in watch.view.files.items()}
    assert len(set(ids.values())) == 24
    path = min((filled.pictures / "happy").iterdir())
    file = f"happy/{path.name}"
    assert watch.file(ids[file]) == file
    path.write_bytes(b"")
    watch.nudge()
    until(lambda: codes(watch) == {file: "zero_bytes"})
    with pytest.raises(PictureError):
        watch.file(ids[file])


def test_it_stops_while_it_is_at_work(filled: Workspace) -> None:
    watch = Watch(filled, options=ONE_WORKER)
    watch.start()
    watch.stop()
    assert Path(filled.pictures).is_dir()
