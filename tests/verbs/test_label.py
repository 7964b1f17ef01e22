from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from happysad.bundle import archive
from happysad.collection.decisions import read_decisions
from happysad.config import LabelOptions
from happysad.drawn import draw, draw_collection
from happysad.errors import BundleError, LabelError, MissingExtraError, UsageError
from happysad.judge.queries import TWO_CLASS_STRATEGIES, find_strategy
from happysad.labels.ledger import Label
from happysad.labels.pool import default_store, read_pool
from happysad.labels.queue import by_lot
from happysad.labels.session import Session
from happysad.labels.store import LabelStore
from happysad.records import UNSURE
from happysad.verbs.label import export_labels, label
from happysad.verbs.label_learner import TwoViewLearner, typical_first
from waiting import until

FIXTURES = Path(__file__).parents[1] / "fixtures"
TWO_VIEWS = FIXTURES / "tiny-two-view.happysad"
_IDS = count()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen drawn pictures in class folders; not to be changed."""
    folder = tmp_path_factory.mktemp("drawn") / "pictures"
    draw_collection(folder, pictures=16, plant=False)
    return folder


@pytest.fixture
def labelled(drawn: Path, tmp_path: Path) -> Path:
    """The same, with two pictures that lie in both classes."""
    folder = Path(shutil.copytree(drawn, tmp_path / "pictures"))
    for number, file in enumerate(sorted((folder / "happy").iterdir())[:2]):
        shutil.copy(file, folder / "sad" / f"both-{number}{file.suffix}")
    return folder


@pytest.fixture
def learner(drawn: Path) -> Iterator[TwoViewLearner]:
    return TwoViewLearner(read_pool(drawn), archive.read(TWO_VIEWS), ("sad", "happy"))


def say(session: Session, picture: str, answer: str) -> None:
    name = f"id{next(_IDS)}"
    session.accept(Label(id=name, kind="answer", picture=picture, person="ann", answer=answer))


def quiet(step: str, done: int, total: int, note: str = "") -> None:
    pass


def test_a_program_can_do_what_the_page_does(drawn: Path, tmp_path: Path):
    store = tmp_path / "labels.sqlite"
    with label(drawn, store=store) as session:
        while asked := session.next("me", count=4):
            for entry in asked:
                say(session, entry.sha256, entry.file.partition("/")[0])
        assert session.status("me").answered == 16
    done = export_labels(drawn, tmp_path / "out", store=store)
    assert sum(done.counts.values()) == 16
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["happy", "sad"]


def test_the_classes_are_those_asked_for_then_those_of_the_labels(drawn: Path, tmp_path: Path):
    store = tmp_path / "labels.sqlite"
    with label(drawn, options=LabelOptions(classes=("calm", "angry")), store=store) as session:
        assert session.store.classes == ("calm", "angry")
    with label(drawn, store=store) as session:
        assert session.store.classes == ("calm", "angry")
    with pytest.raises(LabelError, match="'calm' and 'angry'"):
        label(drawn, options=LabelOptions(classes=("happy", "sad")), store=store)


@pytest.mark.parametrize(
    "values",
    [
        {"classes": ("happy",)},
        {"classes": ("a", "b", "c")},
        {"classes": ("same", "Same")},
        {"classes": ("happy", UNSURE)},
        {"classes": ("happy", "../sad")},
        {"classes": ("happy", "two\nlines")},
        {"every": 0},
        {"double": 1.5},
    ],
)
def test_options_that_make_no_sense_are_refused(values: dict):
    with pytest.raises(UsageError, match="option must be"):
        LabelOptions(**values)


def test_a_model_of_one_view_is_refused_before_any_work(tmp_path: Path):
    with pytest.raises(UsageError, match="two views"):
        label(tmp_path / "none", model=FIXTURES / "v1-tiny.happysad")
    with pytest.raises(BundleError):
        label(tmp_path / "none", model=tmp_path / "none.happysad")


def test_a_strategy_that_cannot_ask_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def asked(model: Path | None = TWO_VIEWS, **values) -> None:
        label(tmp_path / "none", options=LabelOptions(**values), model=model)

    with pytest.raises(UsageError, match=r"'ask' option takes any of: random, .*'rondom'"):
        asked(ask="rondom")
    with pytest.raises(UsageError, match="model of two views"):
        asked(None, ask="badge")
    with pytest.raises(UsageError, match="review"):
        asked(review=True, balanced=True)
    monkeypatch.setitem(sys.modules, "skactiveml", None)  # as if it were not installed
    for values in ({"ask": "badge"}, {"balanced": True}):
        with pytest.raises(MissingExtraError, match=r"happysad\[active\]"):
            asked(**values)
    assert list(tmp_path.iterdir()) == []


def test_a_review_asks_about_pictures_in_both_classes_and_decides(labelled: Path, tmp_path: Path):
    with label(labelled, options=LabelOptions(review=True)) as session:
        assert session.status("me").groups == 2
        first, second = session.next("me", count=9)
        say(session, first.sha256, "happy")
        say(session, second.sha256, UNSURE)
    done = export_labels(labelled, tmp_path / "decisions.csv", review=True)
    decisions = read_decisions(tmp_path / "decisions.csv")
    assert done.counts == {"keep": 1, "relabel": 1, "drop": 2}
    assert {(one.label, one.choice) for one in decisions} == {
        ("happy", "keep"),
        ("sad", "relabel"),
        ("happy", "drop"),
        ("sad", "drop"),
    }


def test_a_review_also_asks_what_a_model_doubts(labelled: Path):
    options = LabelOptions(review=True)
    with label(labelled, options=options, model=TWO_VIEWS) as session:
        assert session.status("me").groups >= 2
        assert session.status("me").learner != "none"
        twice = {entry.group for entry in session.next("me", count=2)}
    both = {entry.group for entry in session.pool.entries if "both-" in entry.file}
    assert twice == both


def test_a_review_learns_from_the_answers_and_ranks_the_doubts_anew(labelled: Path, tmp_path: Path):
    """Half of the labels are turned round: the more of them are put right, the clearer the rest."""
    sad = sorted((labelled / "sad").iterdir())
    for number, file in enumerate(sorted((labelled / "happy").iterdir())[2:5]):
        shutil.move(file, labelled / "sad" / f"moved-{number}{file.suffix}")
    shutil.move(sad[0], labelled / "happy" / f"moved{sad[0].suffix}")
    options = LabelOptions(review=True, every=2)
    with label(labelled, options=options, model=TWO_VIEWS) as session:
        until(lambda: session.status("me").learner == "waiting")
        before = session.status("me").groups
        lessons = [session._lesson]
        asked: list[str] = []
        while len(asked) < 4 and (found := session.next("me")):
            assert found[0].group not in asked
            asked.append(found[0].group)
            say(session, found[0].sha256, "happy" if len(asked) % 2 else UNSURE)
            if len(asked) % 2 == 0:
                until(lambda: session._lesson is not lessons[-1])
                lessons.append(session._lesson)
        assert len(lessons) == 3
        assert all(lesson.point is None for lesson in lessons)
        assert session.status("me").curve == ()
        assert lessons[1].guesses != lessons[2].guesses
        group_of = {one.sha256: one.group for one in session.pool.entries}
        waiting = [group_of[one] for one in lessons[-1].ranked if group_of[one] not in asked]
        following = session.next("me", count=len(waiting))
        assert [one.group for one in following] == list(dict.fromkeys(waiting))
        assert session.status("me").groups >= before


def test_nothing_to_review_is_one_clear_error(drawn: Path, labelled: Path):
    with pytest.raises(UsageError, match="nothing to review"):
        label(drawn, options=LabelOptions(review=True))
    with pytest.raises(UsageError, match="classes of this folder"):
        label(labelled, options=LabelOptions(review=True, classes=("a", "b")))
    assert not default_store(drawn).exists()


def test_a_learner_asks_before_it_has_labels_and_after(learner: TwoViewLearner, drawn: Path):
    first = learner.prepare(quiet)
    assert len(set(first.ranked)) == len(first.ranked) > 0
    assert first.guesses == {}
    pool = read_pool(drawn)
    label_of = {one.sha256: one.file.partition("/")[0] for one in pool.entries}
    one_class = {name: answer for name, answer in label_of.items() if answer == "happy"}
    nothing = learner.refit(one_class)
    assert nothing.point.accuracy is None
    assert nothing.guesses == {}
    some = dict(list(label_of.items())[::2])
    lesson = learner.refit(some)
    assert lesson.point.labels == len(some)
    assert not set(lesson.ranked) & set(some)
    assert set(lesson.guesses) == set(label_of)
    assert all(0 <= guess <= 1 for guess in lesson.guesses.values())
    doubt = [abs(lesson.guesses[name] - 0.5) for name in lesson.ranked]
    assert doubt == sorted(doubt)
    assert learner.refit(some) == lesson


@pytest.mark.parametrize("name", TWO_CLASS_STRATEGIES)
@pytest.mark.parametrize("balanced", [False, True])
def test_every_strategy_can_ask(drawn: Path, name: str, balanced: bool):
    pool = read_pool(drawn)
    learner = TwoViewLearner(
        pool,
        archive.read(TWO_VIEWS),
        ("happy", "sad"),
        strategy=find_strategy(name),
        balanced=balanced,
    )
    wanted = {one.sha256 for one in pool.entries if not by_lot(one.group)}
    assert set(learner.prepare(quiet).ranked) == wanted
    label_of = {one.sha256: one.file.partition("/")[0] for one in pool.entries}
    labels = dict(list(label_of.items())[1::2])
    lesson = learner.refit(labels)
    assert set(lesson.ranked) == wanted - set(labels)
    assert learner.refit(labels).ranked == lesson.ranked
    if balanced and name == "margin":
        taken = [lesson.guesses[picture] >= 0.5 for picture in lesson.ranked]
        assert len(set(taken[:2])) == len(set(taken))  # both classes come early
    one_class = dict.fromkeys(labels, "happy")
    assert set(learner.refit(one_class).ranked) == wanted - set(labels)


def test_a_label_holds_for_its_group_whichever_picture_was_shown(labelled: Path):
    pool = read_pool(labelled)
    (group, *_) = [entries for entries in pool.groups.values() if len(entries) > 1]
    small = min(group, key=lambda one: (one.width * one.height, one.sha256))
    learner = TwoViewLearner(pool, archive.read(TWO_VIEWS), ("happy", "sad"))
    learner.prepare(quiet)
    labels = {one.sha256: one.file.partition("/")[0] for one in pool.entries}
    others = {sha256: name for sha256, name in labels.items() if sha256 != small.sha256}
    lesson = learner.refit({**others, small.sha256: "happy"})
    assert small.sha256 in lesson.guesses
    assert lesson.point.labels == len(pool.groups)
    assert learner.refit({**others, small.sha256: UNSURE}).point.labels == len(pool.groups) - 1
    assert small.sha256 not in learner.refit({small.sha256: UNSURE}).ranked


def test_guesses_are_of_the_second_key_whatever_the_names_order(drawn: Path):
    pool = read_pool(drawn)
    labels = {one.sha256: one.file.partition("/")[0] for one in pool.entries}
    guesses = []
    for classes in (("happy", "sad"), ("sad", "happy")):
        learner = TwoViewLearner(pool, archive.read(TWO_VIEWS), classes)
        learner.prepare(quiet)
        guesses.append(learner.refit(labels).guesses)
    for picture, guess in guesses[0].items():
        assert guess == pytest.approx(1 - guesses[1][picture])


def test_a_learner_works_in_the_background_and_notes_each_point_once(drawn: Path, tmp_path: Path):
    store, options = tmp_path / "labels.sqlite", LabelOptions(every=6)
    for _ in range(2):  # the second time, everything is labelled already
        with label(drawn, options=options, store=store, model=TWO_VIEWS) as session:
            while asked := session.next("me"):
                say(session, asked[0].sha256, asked[0].file.partition("/")[0])
            # It also waits, with the curve of the last time, until everything has been read.
            first = next(iter(session.pool.by_picture))
            until(lambda at=first, of=session: of.guess(at) is not None)
            until(lambda: session.status("me").curve and session.status("me").learner == "waiting")
    kept = LabelStore(store)
    points = [point.labels for point in kept.curve()]
    assert points == sorted(set(points))
    assert points[-1] > 10
    kept.close()


def test_a_learner_that_fails_says_so_and_labelling_goes_on(drawn: Path, tmp_path: Path):
    folder = Path(shutil.copytree(drawn, tmp_path / "gone"))
    pool = read_pool(folder)
    learner = TwoViewLearner(pool, archive.read(TWO_VIEWS), ("happy", "sad"))
    shutil.move(folder, tmp_path / "elsewhere")
    from happysad.labels.queue import Queue

    store = LabelStore(tmp_path / "labels.sqlite", ("happy", "sad"))
    with Session(pool, store, Queue(pool.groups), learner=lambda _: learner) as session:
        until(lambda: session.status("me").learner == "failed")
        assert "can be read any more" in session.status("me").trouble
        say(session, session.next("me")[0].sha256, "happy")
        assert session.status("me").counts["happy"] == 1


def test_typical_pictures_come_from_every_cluster_before_any_comes_twice():
    rng = np.random.default_rng(1)
    centres = np.eye(5) * 10
    features = np.concatenate([rng.normal(one, 0.3, (40, 5)) for one in centres])
    odd = np.full((1, 5), -30.0)
    order = typical_first(np.concatenate([features, odd]), count=5)
    assert sorted(row // 40 for row in order) == [0, 1, 2, 3, 4]
    everything = typical_first(features, count=500)
    assert sorted(everything) == list(range(200))
    assert typical_first(features[:1], count=3) == [0]
    assert typical_first(np.repeat(features[:1], 4, axis=0), count=4) == [0, 1, 2, 3]


def test_a_picture_of_another_pool_is_not_accepted(drawn: Path, tmp_path: Path):
    from happysad.errors import PictureError

    with label(drawn, store=tmp_path / "labels.sqlite") as session:
        session.wait_until_read()
        with pytest.raises(PictureError, match="no such picture"):
            say(session, "0" * 64, "happy")
        draw("sad", seed=99, side=64).save(tmp_path / "new.png")
        assert session.status("me").answered == 0
