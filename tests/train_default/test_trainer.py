"""A stopped training goes on where it stopped, and ends with the same weights."""

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="the recipe needs the extra 'train'")

from trainer import Schedule, train  # noqa: E402

SCHEDULE = Schedule(epochs=3, batch=4, peak=1e-2)
EXAMPLES = 12


def fresh() -> keras.Model:
    return keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])


def batches(epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    generator = np.random.default_rng(epoch)
    for _ in range(EXAMPLES // SCHEDULE.batch):
        inputs = generator.normal(0, 1, (SCHEDULE.batch, 5)).astype(np.float32)
        targets = (inputs[:, :1] > 0).astype(np.float32)
        yield inputs, targets, np.ones(SCHEDULE.batch, np.float32)


def run(folder, feed=batches, schedule=SCHEDULE) -> list[np.ndarray]:
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model = train(fresh, feed, examples=EXAMPLES, loss=loss, schedule=schedule, folder=folder)
    return model.get_weights()


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(tmp_path):
    def torn(epoch):
        if epoch == 2:
            raise OSError(28, "No space left on device")
        return batches(epoch)

    with pytest.raises(OSError, match="No space"):
        run(tmp_path / "torn", torn)
    assert (tmp_path / "torn" / "checkpoint.keras").exists()
    for one, other in zip(run(tmp_path / "torn"), run(tmp_path / "whole"), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert not (tmp_path / "torn" / "checkpoint.keras").exists()
    log = [json.loads(line) for line in (tmp_path / "torn" / "log.jsonl").open()]
    assert [note["epoch"] for note in log] == [0, 1, 2]
    assert log[2]["loss"] < log[0]["loss"]


def test_the_average_of_the_weights_takes_their_place(tmp_path):
    slow = run(tmp_path / "slow", schedule=replace(SCHEDULE, ema=0.999))
    quick = run(tmp_path / "quick", schedule=replace(SCHEDULE, ema=0.0))
    assert np.abs(slow[0] - quick[0]).max() > 1e-3


def test_a_finished_run_is_not_repeated(tmp_path):
    def never(_epoch):
        raise AssertionError

    first = run(tmp_path)
    for one, other in zip(run(tmp_path, never), first, strict=True):
        np.testing.assert_array_equal(one, other)
