"""Batches: a function of the step's number, each picture once an epoch."""

from __future__ import annotations

import numpy as np
import pytest

from happysad.config import AugmentOptions
from happysad.training.augment import Augmenter
from happysad.training.batches import (
    OrderedBatches,
    TrainingBatches,
    balanced_weights,
    targets_of,
)
from tiny_network import make_examples, tiny_network


def make(options: AugmentOptions | None = None, **changes: object) -> TrainingBatches:
    values = {"batch_size": 4, "seed": 1, "augmenter": Augmenter(options or AugmentOptions())}
    return TrainingBatches(make_examples(10), tiny_network(), **{**values, **changes})  # type: ignore[arg-type]


def test_an_epoch_shows_every_picture_once_and_the_next_in_another_order() -> None:
    batches = make()
    assert batches.steps_per_epoch == 3
    epochs = [
        [i for step in range(e * 3, e * 3 + 3) for i in batches.batch(step).ids] for e in (0, 1)
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == [f"{row:064x}" for row in range(10)]
    assert epochs[0] != epochs[1]


def test_a_batch_can_be_looked_at() -> None:
    batch = make().batch(0)
    assert batch.pixels.shape == (4, 16, 16, 3)
    assert batch.pixels.dtype == np.uint8
    assert batch.classes == ("happy", "sad")
    names = [batch.classes[label] for label in batch.labels]
    rows = [int(identity, 16) for identity in batch.ids]
    assert names == [("happy", "sad")[row % 2] for row in rows]


def test_later_steps_are_the_same_wherever_one_starts() -> None:
    options = AugmentOptions(rotation=30.0, mix_up=0.3)
    first, later = make(options), make(options)
    later.first_step = 5
    for a, b in zip(first[5], later[0], strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(first[4][0], first[5][0])


def test_class_weights_follow_the_targets() -> None:
    weights = balanced_weights(np.array([0, 0, 0, 1]), ("a", "b"))
    assert weights == pytest.approx([2 / 3, 2])
    batches = make(class_weights=weights)
    _, targets, chosen = batches[0]
    assert chosen == pytest.approx(np.where(targets[:, 0] > 0.5, 2, 2 / 3))


def test_targets_take_the_form_of_the_output() -> None:
    labels = np.array([0, 1, 1])
    assert targets_of(labels, tiny_network(), ("a", "b")).tolist() == [[0], [1], [1]]
    one_hot = targets_of(labels, tiny_network("softmax"), ("a", "b"))
    assert one_hot.tolist() == [[1, 0], [0, 1], [0, 1]]


def test_validation_batches_are_all_pictures_in_order() -> None:
    batches = OrderedBatches(make_examples(10), tiny_network(), batch_size=4)
    assert [len(batches[index][0]) for index in range(len(batches))] == [4, 4, 2]
    assert batches[0][1][:, 0].tolist() == [0, 1, 0, 1]
