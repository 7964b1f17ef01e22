"""The pool of a workspace: what comes in is there once all of it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from happysad.config import CheckOptions
from happysad.labels.pool import default_store
from happysad.workspace.place import Workspace
from happysad.workspace.unlabelled import Unlabelled

TINY_TWO_VIEW = Path(__file__).parents[1] / "fixtures" / "tiny-two-view.happysad"


@pytest.fixture
def unlabelled(filled: Workspace) -> Iterator[Unlabelled]:
    check = CheckOptions(workers=1)
    made = Unlabelled(filled, model=lambda: str(TINY_TWO_VIEW), check=check)
    yield made
    made.close()


def test_a_picture_that_is_coming_in_is_labelled_once_all_of_it_is_there(
    unlabelled: Unlabelled, filled: Workspace, hold_back: Callable[[], tuple[Event, Event]]
) -> None:
    first, second = (path.read_bytes() for path in sorted(filled.pictures.glob("*/*"))[:2])
    filled.add("first.png", first, label=None)
    begun, may_end = hold_back()
    with ThreadPoolExecutor() as beside:
        coming = beside.submit(filled.add, "slow.png", second, label=None)
        try:
            assert begun.wait(120)
            assert (filled.pool / "slow.png").stat().st_size == 0
            assert unlabelled.files == ["first.png"]
            session = unlabelled.open()
            session.wait_until_read()
            assert [one.file for one in session.pool.entries] == ["first.png"]
        finally:
            may_end.set()
        assert coming.result(120) == "slow.png"
    assert unlabelled.files == ["first.png", "slow.png"]
    session = unlabelled.open()
    session.wait_until_read()
    assert [one.file for one in session.pool.entries] == ["first.png", "slow.png"]


def test_a_file_of_labels_that_is_just_being_made_holds_none(
    unlabelled: Unlabelled, filled: Workspace
) -> None:
    place = default_store(filled.pool)
    place.parent.mkdir(parents=True)
    place.touch()  # as SQLite leaves it until the first transaction ends
    assert unlabelled.answered(frozenset()) == 0
