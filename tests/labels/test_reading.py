"""A pool that is read in the background: it grows, and what is asked once is not asked again."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from happysad.config import CheckOptions, LabelOptions, Limits
from happysad.drawn import draw
from happysad.errors import CollectionError, LabelError
from happysad.labels.index import Index
from happysad.labels.ledger import Label
from happysad.labels.pool import Pool, read_pool
from happysad.labels.reading import Reading
from happysad.labels.session import Session
from happysad.verbs.label import label

_IDS = count()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty files: drawings, near copies of some, exact copies of others; not to be changed."""
    folder = tmp_path_factory.mktemp("pictures") / "pool"
    (folder / "deep").mkdir(parents=True)
    for seed in range(24):
        image = draw("happy" if seed % 2 else "sad", seed=seed, side=160)
        image.save(folder / f"{seed:02}.png")
        if seed % 3 == 0:
            image.resize((100, 100)).save(folder / "deep" / f"near-{seed:02}.jpg", quality=70)
        if seed % 4 == 0:
            shutil.copy(folder / f"{seed:02}.png", folder / "deep" / f"copy-{seed:02}.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture
def pool(pictures: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pictures, tmp_path / "pool"))


class Gate:
    """Lets a reading go on file by file; as long as it is shut, nothing more is read."""

    def __init__(self, files: int) -> None:
        self._free = threading.Semaphore(files)
        self._ended = False

    def __call__(self, step: str, done: int, total: int, note: str = "") -> None:
        if done:
            self._free.acquire()
        if self._ended:
            raise InterruptedError("nobody is there any more")

    def open(self) -> None:
        self._free.release(10_000)

    def end(self) -> None:
        """Let nothing more be read, and whoever waits here go."""
        self._ended = True
        self.open()


@contextmanager
def opened(pool: Path, files: int) -> Iterator[tuple[Session, Gate]]:
    """A session of which so many files are read, until the gate is opened."""
    gate = Gate(files)
    options = LabelOptions(check=CheckOptions(workers=1))
    with label(pool, options=options, progress=gate) as session:
        try:
            yield session, gate
        finally:
            gate.end()


def say(session: Session, picture: str, answer: str = "happy", person: str = "ann") -> None:
    name = f"id{next(_IDS)}"
    session.accept(Label(id=name, kind="answer", picture=picture, person=person, answer=answer))


def read(pool: Path, index: Index | None = None, options: CheckOptions | None = None) -> list[Pool]:
    """Read a pool to its end; return what it was at each step."""
    told: list[Pool] = []
    reading = Reading(str(pool), options=options or CheckOptions(workers=1), index=index)
    reading.follow(lambda pool, _: told.append(pool))
    reading.start()
    reading._thread.join()
    assert reading.progressed.complete
    assert reading.progressed.trouble == ""
    return told


def index_of(tmp_path: Path, limits: Limits = Limits()) -> Index:
    return Index(tmp_path / "own" / "labels.pictures.jsonl", limits=limits)


def test_it_ends_with_the_pool_that_is_read_at_once(pictures: Path):
    told = read(pictures)
    assert told[-1] == read_pool(pictures)
    assert told[-1].left_out == 1
    sizes = [len(pool.entries) for pool in told]
    assert sizes[:2] == [0, 1]
    assert sizes == sorted(sizes)
    assert len(sizes) > 4


def test_pictures_stay_and_copies_join_the_group_that_is_there(pictures: Path):
    together: set[frozenset[str]] = set()
    for pool in read(pictures):
        groups = [frozenset(one.sha256 for one in group) for group in pool.groups.values()]
        # Whoever was in one group is in one group for ever.
        assert all(any(old <= new for new in groups) for old in together)
        together = set(groups)
        assert all(name == min(one.sha256 for one in all_) for name, all_ in pool.groups.items())


def test_the_first_pictures_are_drawn_by_lot(pictures: Path):
    first = {pool.entries[0].file for seed in range(4) if (pool := _first(pictures, seed))}
    assert len(first) > 1


def _first(folder: Path, seed: int) -> Pool:
    told: list[Pool] = []
    reading = Reading(str(folder), options=CheckOptions(workers=1), seed=seed)
    reading.follow(lambda pool, _: told.append(pool))
    reading.start()
    reading.stop()
    return told[1]


def test_people_begin_with_the_first_picture_and_more_come(pool: Path):
    with opened(pool, 2) as (session, gate):
        assert not session.reading.complete
        assert session.status("ann").groups == 1
        (first,) = session.next("ann", count=5)
        say(session, first.sha256)
        assert session.next("ann", count=5, seconds=0.01) == []  # none yet, but not the end
        waiting = threading.Timer(0.05, gate.open)
        waiting.start()
        assert session.next("ann", count=5)  # waits for more
        session.wait_until_read()
        found = session.status("ann")
        assert (found.answered, found.groups, found.left_out) == (1, 24, 1)
        assert found.reading.done == found.reading.total == 40


def test_t37_a_picture_that_was_answered_is_not_asked_again_as_a_later_twin(pool: Path):
    for twin in sorted(pool.glob("deep/*")):
        shutil.move(twin, pool.parent / twin.name)
    (pool / "broken.jpg").unlink()
    with label(pool) as session:
        session.wait_until_read()
        while asked := session.next("ann", count=9):
            for entry in asked:
                say(session, entry.sha256)
    for twin in pool.parent.glob("*-*.*"):
        if twin.is_file():
            shutil.move(twin, pool / twin.name)
    with label(pool) as session:
        assert session.next("ann", count=9) == []
        assert session.status("ann").groups == 24


def test_t37_twins_that_are_read_later_are_asked_of_nobody_else(pool: Path):
    with opened(pool, 12) as (session, gate):
        held = session.next("ann", count=48)
        gate.open()
        session.wait_until_read()
        theirs = session.next("bob", count=48)
        group_of = {entry.sha256: entry.group for entry in session.pool.entries}
        groups = [group_of[entry.sha256] for entry in (*held, *theirs)]
        assert len(groups) == len(set(groups)) == 24


def test_t37_an_answer_to_a_picture_that_is_not_read_yet_waits_and_is_kept(pool: Path):
    everything = [entry.sha256 for entry in read_pool(pool).entries]
    with opened(pool, 2) as (session, gate):
        known = {entry.sha256 for entry in session.pool.entries}
        late = next(one for one in everything if one not in known)
        with pytest.raises(LabelError, match="still being read"):
            say(session, late)
        assert session.status("ann").counts["happy"] == 0
        gate.open()
        session.wait_until_read()
        say(session, late)
        assert session.status("ann").counts["happy"] == 1


def test_t37_after_a_restart_what_was_given_out_is_known_at_once(pool: Path):
    with opened(pool, 20) as (session, _):
        held = session.next("ann", count=48)
        say(session, held[0].sha256)
    with opened(pool, 0) as (session, _):
        assert not session.reading.complete
        assert session.reading.done >= len(held)
        assert [entry.sha256 for entry, _ in session.recent("ann", count=9)] == [held[0].sha256]
        for entry in held[1:]:
            say(session, entry.sha256)
        assert session.status("ann").answered == len(held)


def test_what_was_read_before_is_not_read_again_unless_it_changed(pool: Path, tmp_path: Path):
    first = read(pool, index_of(tmp_path))[-1]
    again = read(pool, index_of(tmp_path))
    assert again[1].entries == first.entries
    draw("sad", seed=99, side=64).save(pool / "05.png")
    (pool / "06.png").unlink()
    changed = read(pool, index_of(tmp_path))
    assert len(changed[1].entries) == len(first.entries) - 2
    assert changed[-1] == read_pool(pool)


def test_an_index_that_is_damaged_or_of_other_limits_costs_time_and_nothing_else(
    pool: Path, tmp_path: Path
):
    first = read(pool, index_of(tmp_path))[-1]
    path = tmp_path / "own" / "labels.pictures.jsonl"
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"\x00" * 64 + whole, b'{"a": 1}\n[1, 2, 3, 4]\n'):
        path.write_bytes(damaged)
        assert read(pool, index_of(tmp_path))[-1] == first
    other = Limits(max_pixels=50)
    index = index_of(tmp_path, other)
    reading = Reading(str(pool), options=CheckOptions(limits=other), index=index)
    with pytest.raises(CollectionError, match="no pictures"):
        reading.start()


def test_an_index_does_not_grow_for_ever(pool: Path, tmp_path: Path):
    path = tmp_path / "own" / "labels.pictures.jsonl"
    read(pool, index_of(tmp_path))
    once = path.read_bytes()
    path.write_bytes(once * 6)
    read(pool, index_of(tmp_path))
    assert len(path.read_bytes()) < 1.2 * len(once)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_cannot_be_written_reads_everything_each_time(pool: Path, tmp_path: Path):
    (tmp_path / "own").mkdir(mode=0o500)
    assert read(pool, index_of(tmp_path))[-1] == read_pool(pool)


def test_a_file_where_the_folder_should_be_reads_everything_each_time(pool: Path, tmp_path: Path):
    (tmp_path / "own").write_text("in the way")
    assert read(pool, index_of(tmp_path))[-1] == read_pool(pool)


def test_no_folder_and_no_picture_are_told_before_anything_is_opened(tmp_path: Path):
    with pytest.raises(CollectionError, match="There is no folder"):
        label(tmp_path / "none")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(CollectionError, match="no pictures"):
        label(tmp_path)
    assert not (tmp_path / ".happysad").exists()


def test_a_reading_that_breaks_off_says_so_and_labelling_goes_on(pool: Path):
    def broken(step: str, done: int, total: int, note: str = "") -> None:
        if done == 12:
            raise MemoryError("no room")

    with label(pool, progress=broken) as session:
        session.wait_until_read()
        assert session.reading.trouble == "MemoryError: no room"
        assert session.next("ann")
        assert 0 < session.status("ann").groups < 24


def test_t37_it_is_not_complete_before_the_last_pictures_can_be_asked_for(pool: Path):
    shutil.rmtree(pool / "deep")
    for file in sorted(pool.iterdir())[6:]:  # so few that they come in two steps
        file.unlink()
    with opened(pool, 2) as (session, gate):
        reading = session._reading
        assert reading is not None
        with session._lock:  # as if somebody just asked for pictures
            gate.open()
            while not reading.progressed.complete:
                threading.Event().wait(0.01)
            assert not session.reading.complete
            last = next(one for one in reading.pool.entries if one.sha256 not in session._entries)
            with pytest.raises(LabelError, match="still being read"):
                say(session, last.sha256)
        session.wait_until_read()
        say(session, last.sha256)


def test_closing_ends_the_reading_and_whoever_waits(pool: Path):
    gate = Gate(2)
    session = label(pool, progress=gate)
    (first,) = session.next("ann")
    say(session, first.sha256)
    found: list[list] = []
    waiting = threading.Thread(target=lambda: found.append(session.next("ann")))
    waiting.start()
    threading.Timer(0.1, gate.open).start()
    session.close()
    waiting.join(60)
    assert not waiting.is_alive()
