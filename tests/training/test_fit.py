"""Fitting: it learns, it is reproducible, and an interruption leaves no trace."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from happysad.config import AugmentOptions, TrainOptions
from happysad.errors import MissingExtraError, RunError, UsageError
from happysad.training.checkpoint import FILE, load_checkpoint
from happysad.training.fit import fit, predict_raw
from happysad.training.networks import Network
from tiny_network import make_examples, tiny_network, weights_of

TRAINING, VALIDATION = make_examples(26), make_examples(9, seed=1)


def same(first: Any, second: Any) -> bool:
    pairs = zip(weights_of(first.model), weights_of(second.model), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_learns_what_is_there_to_learn(network: Network) -> None:
    options = TrainOptions(epochs=12, batch_size=8, augment=AugmentOptions())
    fitted = fit(network, TRAINING, VALIDATION, options=options)
    right = predict_raw(fitted.model, VALIDATION).argmax(axis=1) == VALIDATION.labels
    assert right.mean() > 0.8
    assert set(fitted.history) == {"loss", "accuracy", "val_loss", "val_accuracy", "seconds"}
    assert all(len(values) == 12 for values in fitted.history.values())


def test_the_same_seed_gives_the_same_weights(network: Network, quick: TrainOptions) -> None:
    first = fit(network, TRAINING, VALIDATION, options=quick)
    second = fit(network, TRAINING, VALIDATION, options=quick)
    other = fit(network, TRAINING, VALIDATION, options=replace(quick, seed=2))
    assert same(first, second)
    assert not same(first, other)


class CrashError(Exception):
    pass


@pytest.mark.parametrize("keep_best", [True, False])
def test_t25_a_resumed_run_ends_like_an_uninterrupted_one(
    network: Network, quick: TrainOptions, tmp_path: Path, keep_best: bool
) -> None:
    quick = replace(quick, keep_best=keep_best)

    def crash(step: str, done: int, total: int, note: str = "") -> None:
        if done == 17:  # in the middle of the third epoch
            raise CrashError

    whole = fit(network, TRAINING, VALIDATION, options=quick)
    with pytest.raises(CrashError):
        fit(network, TRAINING, VALIDATION, options=quick, folder=tmp_path, progress=crash)
    assert load_checkpoint(tmp_path).epoch == 2  # type: ignore[union-attr]
    resumed = fit(network, TRAINING, VALIDATION, options=quick, folder=tmp_path, resume=True)
    assert same(whole, resumed)
    assert resumed.best_epoch == whole.best_epoch
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        assert resumed.history[name] == whole.history[name]


def test_resuming_a_finished_run_changes_nothing(
    network: Network, quick: TrainOptions, tmp_path: Path
) -> None:
    first = fit(network, TRAINING, VALIDATION, options=quick, folder=tmp_path)
    again = fit(network, TRAINING, VALIDATION, options=quick, folder=tmp_path, resume=True)
    assert same(first, again)


def test_t27_changed_options_are_refused_with_the_differences(
    network: Network, quick: TrainOptions, tmp_path: Path
) -> None:
    def run(mark: int, *, resume: bool) -> None:
        fit(
            network,
            TRAINING,
            VALIDATION,
            options=replace(quick, epochs=1),
            folder=tmp_path,
            fingerprint={"seed": mark},
            resume=resume,
        )

    run(1, resume=False)
    with pytest.raises(RunError, match="seed: 1 → 2"):
        run(2, resume=True)


def test_ends_with_the_best_epoch_and_stops_early(network: Network) -> None:
    # A huge learning rate makes the validation loss jump, so that the best epoch is not the last.
    options = TrainOptions(
        epochs=30, batch_size=8, learning_rate=0.5, patience=3, augment=AugmentOptions()
    )
    fitted = fit(network, TRAINING, VALIDATION, options=options)
    losses = fitted.history["val_loss"]
    assert len(losses) < 30
    assert fitted.best_epoch == int(np.argmin(losses)) + 1 == fitted.weights_of
    assert len(losses) == fitted.best_epoch + 3
    raw = predict_raw(fitted.model, VALIDATION)
    clipped = np.clip(raw[np.arange(len(VALIDATION)), VALIDATION.labels], 1e-7, 1)
    assert -np.log(clipped).mean() == pytest.approx(min(losses), abs=1e-3)


def test_early_stop_is_remembered_by_the_checkpoint(network: Network, tmp_path: Path) -> None:
    options = TrainOptions(
        epochs=30, batch_size=8, learning_rate=0.5, patience=2, augment=AugmentOptions()
    )
    first = fit(network, TRAINING, VALIDATION, options=options, folder=tmp_path)
    again = fit(network, TRAINING, VALIDATION, options=options, folder=tmp_path, resume=True)
    assert again.history == first.history
    assert same(first, again)


def test_a_softmax_over_three_classes_with_class_weights() -> None:
    classes = ("angry", "happy", "sad")
    training, validation = make_examples(30, classes=classes), make_examples(9, classes=classes)
    options = TrainOptions(
        epochs=20, batch_size=8, class_weights=True, augment=AugmentOptions(cut_mix=0.1)
    )
    fitted = fit(tiny_network("softmax"), training, validation, options=options)
    raw = predict_raw(fitted.model, validation)
    assert raw.shape == (9, 3)
    assert np.allclose(raw.sum(axis=1), 1, atol=1e-6)
    assert (raw.argmax(axis=1) == validation.labels).mean() > 0.8


def test_a_sigmoid_refuses_three_classes(network: Network, quick: TrainOptions) -> None:
    examples = make_examples(9, classes=("a", "b", "c"))
    with pytest.raises(UsageError, match="exactly two classes"):
        fit(network, examples, examples, options=quick)


def test_progress_counts_steps_up_to_the_total(network: Network, quick: TrainOptions) -> None:
    told: list[tuple[str, int, int, str]] = []

    def tell(step: str, done: int, total: int, note: str = "") -> None:
        told.append((step, done, total, note))

    fit(network, TRAINING, VALIDATION, options=replace(quick, epochs=2), progress=tell)
    assert [done for _, done, _, _ in told] == [*range(1, 15), 14]
    assert {(step, total) for step, _, total, _ in told} == {("training", 14)}
    assert told[0][3].startswith("epoch 1 of 2, loss ")


def test_tensorboard_events_need_their_library(
    network: Network, quick: TrainOptions, tmp_path: Path
) -> None:
    options = replace(quick, epochs=1, tensorboard=True)
    if importlib.util.find_spec("tensorboard") is None:
        with pytest.raises(MissingExtraError, match="tensorboard"):
            fit(network, TRAINING, VALIDATION, options=options, folder=tmp_path)
        assert not list(tmp_path.iterdir())
    else:
        fit(network, TRAINING, VALIDATION, options=options, folder=tmp_path)
        assert list(tmp_path.glob("tensorboard/**/events.*"))
        assert (tmp_path / FILE).is_file()
