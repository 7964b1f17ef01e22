"""Fine-tuning: it learns, keeps the best average, and an interruption leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from happysad.errors import RunError
from happysad.training.checkpoint import FILE, load_checkpoint
from happysad.training.engine import load_keras
from happysad.training.tuning.fit import Saves, Whole, fine_tune, read_logits
from happysad.training.tuning.mixing import Material, mixed_batches
from happysad.training.tuning.schedule import Schedule

CHANNELS = 4
SCHEDULE = Schedule(epochs=4, batch=8, peak=0.2, ema=0.7)


def small_tail() -> Any:
    """Return a network with a dropout, whose random state has to outlive a stop."""
    keras = load_keras()
    keras.utils.set_random_seed(3)
    inputs = keras.Input((None, None, CHANNELS))
    x = keras.layers.GlobalAveragePooling2D(name="pooled")(inputs)
    x = keras.layers.Dropout(0.2, name="dropout")(x)
    return keras.Model(inputs, keras.layers.Dense(1, name="logit")(x))


def features(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (N, 7, 7, C) whose first channel tells the label."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    values = generator.normal(size=(count, 7, 7, CHANNELS))
    values[..., 0] += (2 * labels - 1)[:, None, None]
    return values.astype(np.float16), labels


@pytest.fixture
def material() -> Material:
    views, labels = zip(*(features(30, seed) for seed in (1, 2)), strict=True)
    targets, ones = labels[0].astype(np.float32), np.ones(30, np.float32)
    return Material(views, targets, ones, np.arange(30))


@pytest.fixture
def validation() -> Whole:
    return Whole(*features(14, 5))


def weights(model: Any) -> list[np.ndarray]:
    return [np.asarray(item) for item in model.variables]


def test_it_learns_and_keeps_the_epoch_with_the_lowest_loss(
    material: Material, validation: Whole
) -> None:
    told: list[tuple[int, int]] = []
    tuned = fine_tune(
        small_tail(),
        material,
        validation,
        schedule=SCHEDULE,
        progress=lambda _step, done, total, _note="": told.append((done, total)),
    )
    history = tuned.history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy", "seconds"}
    assert history["val_loss"][-1] < history["val_loss"][0]
    assert history["val_accuracy"][-1] > 0.8
    assert tuned.best_epoch == 1 + int(np.argmin(history["val_loss"]))
    logits, labels = read_logits(tuned.model, validation.features), validation.labels
    loss = np.mean(np.logaddexp(0, logits) - labels * logits)
    assert loss == pytest.approx(min(history["val_loss"]), abs=1e-4)
    assert told == [(step, 16) for step in range(1, 17)]


def test_what_is_kept_is_the_average_of_the_weights(material: Material, validation: Whole) -> None:
    schedule = replace(SCHEDULE, epochs=1, peak=0.5, decay=0.0, ema=1.0)
    start = small_tail()
    before = start.get_layer("logit").get_weights()
    tuned = fine_tune(start, material, validation, schedule=schedule)
    # an average that never forgets its first step stays near where that began
    after = tuned.model.get_layer("logit").get_weights()
    for now, then in zip(after, before, strict=True):
        assert np.abs(now - then).max() < 0.3
        assert np.abs(now - then).max() > 0


def test_patience_ends_a_training_that_gains_nothing(material: Material, validation: Whole) -> None:
    wrong = Whole(validation.features, 1 - validation.labels)
    tuned = fine_tune(small_tail(), material, wrong, schedule=SCHEDULE, patience=1)
    assert tuned.best_epoch == 1
    assert len(tuned.history["loss"]) == 2


class StopNow(Exception):  # noqa: N818 - no error
    """Somebody stopped the training."""


@pytest.mark.parametrize("at", [2, 7])
def test_a_stopped_training_goes_on_to_the_same_weights(
    material: Material, validation: Whole, tmp_path: Path, at: int
) -> None:
    whole = fine_tune(small_tail(), material, validation, schedule=SCHEDULE)
    saves = Saves(folder=tmp_path, fingerprint={"seed": 1})

    def stop(step: str, done: int, total: int, note: str = "") -> None:
        if done == at:
            raise StopNow

    with pytest.raises(StopNow):
        fine_tune(small_tail(), material, validation, schedule=SCHEDULE, saves=saves, progress=stop)
    again = replace(saves, resume=True)
    resumed = fine_tune(small_tail(), material, validation, schedule=SCHEDULE, saves=again)
    assert resumed.best_epoch == whole.best_epoch
    assert resumed.history["val_loss"] == whole.history["val_loss"]
    for now, then in zip(weights(resumed.model), weights(whole.model), strict=True):
        np.testing.assert_array_equal(now, then)
    finished = fine_tune(small_tail(), material, validation, schedule=SCHEDULE, saves=again)
    assert finished.history == resumed.history


def test_other_options_and_damaged_checkpoints_are_refused(
    material: Material, validation: Whole, tmp_path: Path
) -> None:
    schedule = replace(SCHEDULE, epochs=1)
    saves = Saves(folder=tmp_path, fingerprint={"seed": 1})
    fine_tune(small_tail(), material, validation, schedule=schedule, saves=saves)
    assert load_checkpoint(tmp_path) is not None
    other = Saves(folder=tmp_path, fingerprint={"seed": 2}, resume=True)
    with pytest.raises(RunError, match=r"seed: 1 → 2"):
        fine_tune(small_tail(), material, validation, schedule=schedule, saves=other)
    (tmp_path / FILE).write_bytes(b"no checkpoint")
    with pytest.raises(RunError, match="damaged"):
        fine_tune(
            small_tail(), material, validation, schedule=schedule, saves=replace(saves, resume=True)
        )


def test_a_training_that_goes_astray_is_named(material: Material, validation: Whole) -> None:
    wild = replace(material, views=tuple(view * np.float16(np.inf) for view in material.views))
    with pytest.raises(RunError, match=r"no number any more.*learning_rate below 0\.2"):
        fine_tune(small_tail(), wild, validation, schedule=replace(SCHEDULE, epochs=1))


def cells(material: Material) -> Iterator[np.ndarray]:
    for inputs, _, _ in mixed_batches(material, SCHEDULE, 0):
        yield inputs


def test_an_epoch_reads_a_part_of_the_cells(material: Material) -> None:
    assert {batch.shape[1:] for batch in cells(material)} == {(6, 6, CHANNELS)}
