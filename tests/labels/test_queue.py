from __future__ import annotations

import hashlib
from itertools import count
from pathlib import Path

import pytest

from happysad.labels.ledger import SKIP, Label
from happysad.labels.queue import Queue, by_lot
from happysad.labels.store import LabelStore
from happysad.records import Entry

_IDS = count()


def entry(name: str, *, width: int = 100, group: str = "") -> Entry:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return Entry(name, "", sha256, 1, "png", width, 100, "5" * 64, group or sha256)


POOL = [entry(f"{number}.png") for number in range(200)]
GROUPS = {one.group: (one,) for one in POOL}


@pytest.fixture
def store(tmp_path: Path) -> LabelStore:
    return LabelStore(tmp_path / "labels.sqlite", ("happy", "sad"))


def files(entries: list[Entry]) -> set[str]:
    return {one.file for one in entries}


def say(store: LabelStore, one: Entry, person: str = "ann", answer: str = "happy") -> None:
    store.accept(
        Label(id=f"id{next(_IDS)}", kind="answer", picture=one.sha256, person=person, answer=answer)
    )


def ask(queue: Queue, store: LabelStore, person: str = "ann", **more) -> list[Entry]:
    with store.reading() as ledger:
        return queue.next(ledger, person, **{"count": 1, **more})


def test_without_a_model_pictures_come_by_lot_and_the_seed_decides(store: LabelStore):
    orders = [ask(Queue(GROUPS, seed=seed), store, count=200) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert files(orders[0]) == files(POOL) == files(orders[2])


def test_a_model_asks_and_one_in_five_comes_by_lot_all_the_same(store: LabelStore):
    queue = Queue(GROUPS)
    ranked = [one.sha256 for one in POOL]
    asked = ask(queue, store, count=50, ranked=ranked)
    lots = [by_lot(one.group) for one in asked]
    assert lots == ([False] * 4 + [True]) * 10
    wanted = [one for one in POOL if not by_lot(one.group)]
    assert [one for one in asked if not by_lot(one.group)] == wanted[:40]
    # what the model thinks of them changes nothing about which ones come by lot
    other = ask(Queue(GROUPS), store, count=50, ranked=ranked[::-1])
    assert [one for one in asked if by_lot(one.group)] == [
        one for one in other if by_lot(one.group)
    ]
    assert files(ask(queue, store, count=200, ranked=ranked[:3])) == files(POOL)


def test_the_share_that_comes_by_lot_holds_over_single_questions_and_new_rankings(
    store: LabelStore,
):
    queue = Queue(GROUPS)
    asked: list[Entry] = []
    for turn in range(60):
        ranked = [one.sha256 for one in (POOL, POOL[::-1])[turn // 10 % 2] if one not in asked]
        (one,) = ask(queue, store, ranked=ranked)
        say(store, one)
        asked.append(one)
    assert sum(by_lot(one.group) for one in asked) == 12


def test_of_a_group_the_largest_is_shown_or_the_one_that_others_answered(store: LabelStore):
    small, large = entry("small", group="0" * 64), entry("large", width=900, group="0" * 64)
    queue = Queue({"0" * 64: (small, large)}, double=1.0)
    assert ask(queue, store) == [large]
    say(store, small, "bob")
    assert ask(queue, store, "ann") == [small]
    say(store, small, "ann")
    assert ask(queue, store, "cy") == []


def test_a_skipped_picture_is_asked_of_others_alone(store: LabelStore):
    queue = Queue({POOL[0].group: (POOL[0],)})
    say(store, POOL[0], "ann", SKIP)
    assert ask(queue, store, "ann") == []
    assert ask(queue, store, "bob") == POOL[:1]
    with store.reading() as ledger:
        assert queue.answered(ledger) == 0


def test_pictures_in_hand_are_not_given_again_nor_to_others_for_a_while(store: LabelStore):
    now = [0.0]
    queue = Queue({one.group: (one,) for one in POOL[:3]}, clock=lambda: now[0])
    (first,) = ask(queue, store)
    (second,) = ask(queue, store, held=[first.sha256])
    (third,) = ask(queue, store, "bob")
    assert len(files([first, second, third])) == 3
    now[0] = 301.0
    assert len(ask(queue, store, "cy", count=3)) == 3


def test_what_others_have_in_hand_is_the_last_resort(store: LabelStore):
    queue = Queue({one.group: (one,) for one in POOL[:3]})
    mine = ask(queue, store, "ann", count=2)
    (third,) = ask(queue, store, "bob", count=3)
    assert third not in mine
    assert ask(queue, store, "bob", count=3, held=[third.sha256]) == mine


def test_second_opinions_come_in_their_share_and_not_all_at_once(store: LabelStore):
    queue = Queue(GROUPS, double=0.25)
    for one in POOL[:100]:
        say(store, one, "ann")
    asked = ask(queue, store, "bob", count=8)
    second = [one for one in asked if one in POOL[:100]]
    assert len(second) == 2
    assert all(queue.is_double(one.group) for one in second)
    share = sum(map(queue.is_double, GROUPS)) / len(GROUPS)
    assert 0.15 < share < 0.35


def test_a_settled_picture_is_asked_of_nobody(store: LabelStore):
    queue = Queue({POOL[0].group: (POOL[0],)}, double=1.0)
    say(store, POOL[0], "ann", "happy")
    with store.reading() as ledger:
        number = ledger.last_number(POOL[0].sha256)
    store.accept(
        Label(
            id="verdict",
            kind="settle",
            picture=POOL[0].sha256,
            person="ann",
            answer="sad",
            expects=number,
        )
    )
    assert ask(queue, store, "bob") == []


def test_pictures_that_come_later_take_their_place_and_twins_join_those_that_were_asked(
    store: LabelStore,
):
    start = {one.group: (one,) for one in POOL[:3]}
    queue = Queue(start)
    (answered,) = ask(queue, store, "ann")
    (held,) = ask(queue, store, "ann", held=[answered.sha256])
    say(store, answered)
    (third,) = (one for one in POOL[:3] if one not in (answered, held))
    # A twin with a smaller digest gives the group another name.
    grown = {
        "0" * 63 + str(place): (one, entry(f"twin of {one.file}", width=900))
        for place, one in enumerate((answered, held))
    }
    queue.grow({**grown, third.group: (third,), POOL[3].group: (POOL[3],)})
    assert len(queue) == 4
    assert files(ask(queue, store, "bob", count=9)) == files([third, POOL[3]])
    # The last resort: what bob has in hand, and nothing that has a twin in ann's.
    mine = ask(queue, store, "ann", count=9, held=[held.sha256])
    assert files(mine) == files([third, POOL[3]])
    say(store, held)
    with store.reading() as ledger:
        assert queue.answered(ledger) == 2


def test_the_order_of_pictures_does_not_depend_on_when_they_came(store: LabelStore):
    growing = Queue({one.group: (one,) for one in POOL[:50]}, seed=3)
    growing.grow(GROUPS)
    assert ask(growing, store, count=200) == ask(Queue(GROUPS, seed=3), store, count=200)


def test_a_review_asks_in_its_order_then_in_the_model_s_and_about_what_it_doubts_now(
    store: LabelStore,
):
    queue = Queue(GROUPS, first=[one.group for one in POOL[:4]])
    assert ask(queue, store, count=9) == POOL[:4]
    ranked = [POOL[2].sha256, POOL[9].sha256]
    queue.widen(ranked)
    assert len(queue) == 5
    asked = ask(queue, store, count=9, ranked=ranked)
    assert asked == [POOL[2], POOL[9], POOL[0], POOL[1], POOL[3]]
    say(store, POOL[2])
    assert ask(queue, store, count=1, ranked=ranked[::-1]) == [POOL[9]]
