from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import pytest

from happysad.errors import ConflictError, LabelError, UsageError
from happysad.labels.ledger import SKIP, Agreement, Label
from happysad.labels.store import LabelStore, Point
from happysad.records import UNSURE

CLASSES = ("happy", "sad")
_IDS = count()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pool" / ".happysad" / "labels.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[LabelStore]:
    store = LabelStore(path, CLASSES)
    yield store
    store.close()


def label(picture: str, answer: str = "happy", person: str = "ann", **more) -> Label:
    values = {"id": f"id{next(_IDS)}", "kind": "answer", **more}
    return Label(picture=picture, answer=answer, person=person, **values)


def undo(accepted: Label) -> Label:
    return label(accepted.picture, "", person=accepted.person, kind="undo", expects=accepted.number)


def labels(store: LabelStore) -> dict[str, str]:
    with store.reading() as ledger:
        return ledger.labels()


def test_t37_a_label_that_is_sent_twice_is_one_label(store: LabelStore):
    sent = label("a")
    assert store.accept(sent) == store.accept(sent)
    with store.reading() as ledger:
        assert len(list(ledger)) == 1


def test_t37_another_label_under_the_same_id_is_refused(store: LabelStore):
    first = store.accept(label("a", id="same"))
    with pytest.raises(ConflictError, match="'same'"):
        store.accept(label("b", id="same"))
    assert labels(store) == {"a": first.answer}


def test_t37_undo_takes_back_and_history_keeps_everything(store: LabelStore):
    first = store.accept(label("a", "happy"))
    taken = undo(first)
    store.accept(taken)
    store.accept(taken)  # the retry of an undo takes nothing more back
    assert labels(store) == {}
    store.accept(label("a", "sad"))
    assert labels(store) == {"a": "sad"}
    with store.reading() as ledger:
        assert [one.kind for one in ledger.history("a")] == ["answer", "undo", "answer"]
        assert [one.number for one in ledger.history("a")] == [1, 2, 3]


def test_t37_a_second_window_of_one_person_is_refused_and_told(store: LabelStore):
    store.accept(label("a", "happy"))
    with pytest.raises(ConflictError, match="'ann' said 'happy'"):
        store.accept(label("a", "sad"))
    assert labels(store) == {"a": "happy"}


def test_an_answer_that_knows_the_earlier_one_replaces_it_and_undo_brings_it_back(
    store: LabelStore,
):
    first = store.accept(label("a", "happy"))
    second = store.accept(label("a", "sad", expects=first.number))
    assert labels(store) == {"a": "sad"}
    store.accept(undo(second))
    assert labels(store) == {"a": "happy"}


def test_t37_two_people_settle_a_disagreement_and_the_second_one_is_refused(store: LabelStore):
    store.accept(label("a", "happy"))
    last = store.accept(label("a", "sad", person="bob"))
    with store.reading() as ledger:
        assert ledger.disagreements() == ["a"]
        assert ledger.settled("a") is None
        assert ledger.last_number("a") == last.number
    store.accept(label("a", "sad", kind="settle", expects=last.number))
    with pytest.raises(ConflictError, match="meanwhile"):
        store.accept(label("a", "happy", person="bob", kind="settle", expects=last.number))
    assert labels(store) == {"a": "sad"}
    with store.reading() as ledger:
        assert ledger.disagreements() == []
        assert [one.answer for one in ledger.history("a")] == ["happy", "sad", "sad"]


def test_a_settlement_can_be_taken_back(store: LabelStore):
    store.accept(label("a", "happy"))
    last = store.accept(label("a", "sad", person="bob"))
    settled = store.accept(label("a", "sad", kind="settle", expects=last.number))
    store.accept(undo(settled))
    with store.reading() as ledger:
        assert ledger.disagreements() == ["a"]


def test_agreement_counts_pictures_that_two_people_answered(store: LabelStore):
    for picture, ann, bob in (("a", "happy", "happy"), ("b", "sad", "happy"), ("c", "sad", SKIP)):
        store.accept(label(picture, ann))
        store.accept(label(picture, bob, person="bob"))
    with store.reading() as ledger:
        assert ledger.agreement() == Agreement(same=1, seen=2)
        assert ledger.people() == ("ann", "bob")
        assert [one.picture for one in ledger.standing("bob")] == ["a", "b", "c"]
    assert labels(store) == {"a": "happy", "c": "sad"}


def test_unsure_is_a_label_and_a_skip_is_none(store: LabelStore):
    store.accept(label("a", UNSURE))
    store.accept(label("b", SKIP))
    assert labels(store) == {"a": UNSURE}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (label("a", "angry"), "Got 'angry'"),
        (label("a", person="  "), "'person'"),
        (label("a", SKIP, kind="settle"), "Got 'skip'"),
        (label("a", "", kind="undo"), "nothing to take back"),
    ],
)
def test_what_makes_no_sense_is_refused(store: LabelStore, wrong: Label, told: str):
    with pytest.raises(UsageError, match=told):
        store.accept(wrong)


def test_an_undo_of_what_is_gone_is_a_conflict(store: LabelStore):
    first = store.accept(label("a"))
    store.accept(undo(first))
    with pytest.raises(ConflictError, match="taken back"):
        store.accept(undo(first))


def test_labels_outlive_the_store_and_other_classes_are_refused(store: LabelStore, path: Path):
    store.accept(label("a", guess_shown=True))
    again = LabelStore(path)
    assert again.classes == CLASSES
    assert labels(again) == {"a": "happy"}
    with again.reading() as ledger:
        assert next(iter(ledger)).guess_shown is True
    again.close()
    swapped = LabelStore(path, ("sad", "happy"))
    assert swapped.classes == ("sad", "happy")
    swapped.close()
    with pytest.raises(LabelError, match="'happy' and 'sad'"):
        LabelStore(path, ("happy", "angry"))


def test_two_processes_see_what_the_other_adds(store: LabelStore, path: Path):
    other = LabelStore(path, CLASSES)
    store.accept(label("a", "happy"))
    other.accept(label("b", "sad", person="bob"))
    assert labels(store) == labels(other) == {"a": "happy", "b": "sad"}
    other.close()


def test_threads_take_turns(store: LabelStore):
    def work(person: str) -> None:
        for picture in range(20):
            store.accept(label(str(picture), person=person))

    threads = [threading.Thread(target=work, args=(name,)) for name in ("ann", "bob", "cy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as ledger:
        assert ledger.length == 60
        assert ledger.agreement() == Agreement(20, 20)


def test_the_learning_curve_is_kept(store: LabelStore):
    points = (Point(8, None, None, None, 8), Point(16, 0.75, 0.5, 0.9, 16))
    for point in points:
        store.note(point)
    assert store.curve() == points


def test_a_missing_or_foreign_file_is_one_clear_error(tmp_path: Path):
    with pytest.raises(LabelError, match="There are no labels"):
        LabelStore(tmp_path / "none.sqlite")
    text = tmp_path / "text.sqlite"
    text.write_text("this is no database, " * 100)
    with pytest.raises(LabelError, match=r"text\.sqlite"):
        LabelStore(text, CLASSES)
    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as database:
        database.execute("CREATE TABLE notes (text)")
    with pytest.raises(LabelError, match="no file of labels"):
        LabelStore(foreign, CLASSES)


def test_t37_a_full_disk_refuses_the_label_and_keeps_the_others(
    store: LabelStore, path: Path, no_room: Callable[[], AbstractContextManager[None]]
):
    store.accept(label("a"))
    late = label("b")
    with no_room(), pytest.raises(LabelError, match=r"labels\.sqlite"):
        store.accept(late)
    assert labels(store) == {"a": "happy"}
    store.accept(late)
    assert labels(store) == {"a": "happy", "b": "happy"}


WRITER = """
import sys
from pathlib import Path
from happysad.labels.ledger import Label
from happysad.labels.store import LabelStore
store = LabelStore(Path(sys.argv[1]), ("happy", "sad"))
for number in range(100_000):
    name = f"{sys.argv[2]}-{number}"
    store.accept(Label(id=name, kind="answer", picture=name, person="ann", answer="happy"))
    print(name, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a Unix thing")
def test_t37_what_was_acknowledged_survives_kill_9(path: Path):
    acknowledged: list[str] = []
    for start in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, path, str(start)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        acknowledged += [process.stdout.readline().strip() for _ in range(7 + 11 * start)]
        process.kill()
        acknowledged += process.stdout.read().split("\n")[:-1]
        process.wait()
    store = LabelStore(path)
    with store.reading() as ledger:
        kept = [one.id for one in ledger]
    store.close()
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept)) <= len(acknowledged) + 5
