"""Checkpoints: always whole, never executable, and clear about what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from happysad.errors import RunError
from happysad.training.checkpoint import (
    FILE,
    Checkpoint,
    load_checkpoint,
    refuse_changes,
    save_checkpoint,
)

NoRoom = Callable[[], AbstractContextManager[None]]


def make(epoch: int = 1) -> Checkpoint:
    return Checkpoint(
        epoch=epoch,
        history={"loss": (0.5,) * epoch},
        best_epoch=1,
        stopped=False,
        fingerprint={"seed": 1},
        model=[np.full((2, 3), epoch, np.float32), np.zeros(3)],
        optimizer=[np.int64(7) * np.ones((), np.int64)],
        best=[],
    )


def test_comes_back_as_it_was(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, make(2))
    loaded = load_checkpoint(tmp_path)
    assert loaded is not None
    assert (loaded.epoch, loaded.history, loaded.best_epoch) == (2, {"loss": (0.5, 0.5)}, 1)
    assert np.array_equal(loaded.model[0], np.full((2, 3), 2, np.float32))
    assert loaded.optimizer[0] == 7
    assert loaded.best == []


def test_there_may_be_none_yet(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path) is None


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_t24_a_damaged_one_is_an_error_of_ours(tmp_path: Path, share: float) -> None:
    save_checkpoint(tmp_path, make())
    data = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(data[: int(len(data) * share)])
    with pytest.raises(RunError, match="damaged"):
        load_checkpoint(tmp_path)


def test_a_flipped_bit_in_the_weights_is_noticed(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, make())
    data = bytearray((tmp_path / FILE).read_bytes())
    place = data.index(np.full((2, 3), 1, np.float32).tobytes())
    data[place] ^= 1
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(RunError, match="damaged"):
        load_checkpoint(tmp_path)


def test_t26_a_full_disk_keeps_the_former_one(tmp_path: Path, no_room: NoRoom) -> None:
    save_checkpoint(tmp_path, make(1))
    with no_room(), pytest.raises(RunError, match=r"epoch 2 .* File too large"):
        save_checkpoint(tmp_path, make(2))
    assert load_checkpoint(tmp_path).epoch == 1  # type: ignore[union-attr]
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_t27_changes_are_named() -> None:
    refuse_changes({"a": 1}, {"a": 1})
    with pytest.raises(RunError, match=r"b: 2 → 3; c: 3 → None; d: None → 4\. Set them back"):
        refuse_changes({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "d": 4})
