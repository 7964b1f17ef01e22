"""Asking, learning and judging, round by round."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from happysad.errors import RunError
from happysad.judge.queries import find_strategy
from happysad.records import Entry
from happysad.training.replay.journal import Journal
from happysad.training.replay.network import NetworkLearner
from happysad.training.replay.rounds import learn_all, replay
from happysad.training.replay.stages import Stage
from happysad.training.replay.two_view import TwoViewLearner
from happysad.training.two_view.embed import Embedded
from tiny_network import make_examples, tiny_network
from two_views import base, pictures


def two_view_learner(count: int = 120) -> TwoViewLearner:
    made, labels, groups = pictures(count, apart=1.5)
    entries = tuple(
        Entry(f"{label}/{row}.png", str(label), f"{row:064x}", 1, "png", 9, 9, "", group)
        for row, (label, group) in enumerate(zip(labels, groups, strict=True))
    )
    embedded = Embedded(tuple(made), labels.astype(np.int64), entries, ("happy", "sad"), {})
    return TwoViewLearner(embedded, base=base().manifest)


def stage(seed: int = 1) -> Stage:
    learner = two_view_learner()
    return Stage(learner, np.arange(80), np.arange(80, 120), seed)


@pytest.mark.parametrize("name", ["random", "margin", "bald", "typiclust"])
def test_a_replay_asks_for_as_many_labels_as_scheduled_and_learns(name: str) -> None:
    trial = replay(stage(), find_strategy(name), schedule=(8, 16, 24))
    assert (trial.strategy, trial.seed, trial.labels) == (name, 1, (8, 16, 24))
    assert trial.right.shape == (3, 40)
    assert sum(trial.asked) == 24
    assert trial.accuracy[-1] > 0.75


def test_a_replay_is_repeatable_and_its_seed_counts() -> None:
    random = find_strategy("random")
    first, same = (replay(stage(), random, schedule=(6, 12)) for _ in range(2))
    other = replay(stage(seed=2), random, schedule=(6, 12))
    assert np.array_equal(first.right, same.right)
    assert not np.array_equal(first.right, other.right)


def test_a_replay_ends_with_the_pool() -> None:
    place = stage()
    groups = {place.learner.entries[row].group for row in place.pool}
    trial = replay(place, find_strategy("random"), schedule=(30, 60, 90))
    assert trial.labels == (30, len(groups))


def test_with_one_class_known_that_class_is_the_answer() -> None:
    place = stage()
    trial = replay(place, find_strategy("margin"), schedule=(1,))
    known = trial.asked.index(1)
    assert trial.right[0].tolist() == (place.learner.labels[place.test] == known).tolist()


def test_all_labels_are_one_of_each_group() -> None:
    place = stage()
    trial = learn_all(place)
    assert trial.labels == (len({place.learner.entries[row].group for row in place.pool}),)
    assert trial.accuracy[0] > 0.75


def test_a_committee_has_opinions_of_its_own() -> None:
    learner = two_view_learner()
    learned = learner.learn(np.arange(30), seed=1, committee=True)
    assert learned.committee is not None
    assert learned.committee.shape == (8, 120, 2)
    assert learned.committee.sum(axis=2) == pytest.approx(1)
    assert learned.committee[:, :, 1].std(axis=0).max() > 0.01


def test_balance_evens_out_the_labels() -> None:
    learner = two_view_learner()
    rare = [row for row in range(80) if learner.labels[row] == 0 or row % 8 == 1]
    place = Stage(learner, np.array(rare), np.arange(80, 120), 1)
    plain, even = (
        replay(place, find_strategy("random"), schedule=(6, 12, 18), balanced=balanced)
        for balanced in (False, True)
    )
    assert min(even.asked) >= min(plain.asked)
    assert abs(even.asked[0] - even.asked[1]) <= 8


def test_a_network_learns_anew_each_round() -> None:
    examples = make_examples(60)
    entries = tuple(replace(entry, group=entry.sha256) for entry in examples.entries)
    learner = NetworkLearner(replace(examples, entries=entries), network=tiny_network(), epochs=8)
    place = Stage(learner, np.arange(40), np.arange(40, 60), 1)
    trial = replay(place, find_strategy("badge"), schedule=(10, 30))
    assert trial.labels == (10, 30)
    assert trial.accuracy[-1] > 0.8
    learned = learner.learn(np.arange(30), seed=1)
    assert learned.features is not None
    assert (len(learned.features), learned.probabilities.shape) == (60, (60, 2))


class TestJournal:
    def test_gives_back_what_was_noted(self, tmp_path: Path) -> None:
        place, path = stage(), tmp_path / "deep" / "trials.jsonl"
        trial = replay(place, find_strategy("random"), schedule=(6, 12))
        Journal(path, about="this").note(trial, place)
        found = Journal(path, about="this").find("random", place)
        assert found is not None
        assert np.array_equal(found.right, trial.right)
        assert (found.labels, found.groups, found.asked) == (
            trial.labels, trial.groups, trial.asked,
        )  # fmt: skip

    def test_knows_nothing_of_other_work(self, tmp_path: Path) -> None:
        place, path = stage(), tmp_path / "trials.jsonl"
        Journal(path, about="this").note(
            replay(place, find_strategy("random"), schedule=(6,)), place
        )
        assert Journal(path, about="that").find("random", place) is None
        assert Journal(path, about="this").find("margin", place) is None
        assert Journal(path, about="this").find("random", stage(seed=2)) is None
        smaller = replace(place, test=place.test[1:])
        assert Journal(path, about="this").find("random", smaller) is None

    def test_survives_a_half_written_line(self, tmp_path: Path) -> None:
        place, path = stage(), tmp_path / "trials.jsonl"
        trials = [
            replay(place, find_strategy(name), schedule=(6,)) for name in ("random", "margin")
        ]
        Journal(path, about="this").note(trials[0], place)
        path.write_bytes(path.read_bytes()[:-30])
        journal = Journal(path, about="this")
        assert journal.find("random", place) is None
        journal.note(trials[1], place)
        assert Journal(path, about="this").find("margin", place) is not None

    def test_says_where_it_cannot_write(self, tmp_path: Path) -> None:
        place = stage()
        trial = replay(place, find_strategy("random"), schedule=(6,))
        (tmp_path / "file").write_text("")
        with pytest.raises(RunError, match="cannot be noted"):
            Journal(tmp_path / "file" / "trials.jsonl", about="this").note(trial, place)
        with pytest.raises(RunError, match="cannot be read"):
            Journal(tmp_path, about="this").find("random", place)
