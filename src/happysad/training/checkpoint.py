"""The state of a training between two epochs, in one file that is always whole.

A checkpoint is written beside the old one, flushed to the disk and renamed over it. Whatever
ends the process, and whenever, the file is the old state or the new one.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.durable import replacing
from happysad.errors import RunError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = Sequence[NDArray[Any]]

FILE = "checkpoint.npz"
_GROUPS = ("model", "optimizer", "best")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything that the next epoch depends on.

    There is no random state: order and augmentation are functions of seed and step.

    Attributes:
        epoch: epochs done.
        history: measure → its value after each epoch.
        best_epoch: the epoch, from 1, with the lowest validation loss.
        stopped: whether training is over before its last epoch.
        fingerprint: option and data identity, to refuse a resume with others.
        model: the network's variables, in Keras' order.
        optimizer: the optimizer's variables, in Keras' order.
        best: the network's variables after ``best_epoch``; empty where that is ``epoch``.
    """

    epoch: int
    history: Mapping[str, tuple[float, ...]]
    best_epoch: int
    stopped: bool
    fingerprint: Mapping[str, Any]
    model: Arrays
    optimizer: Arrays
    best: Arrays


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint into a run folder, replacing the former one.

    Raises:
        RunError: it cannot be written; the former one is intact.
    """
    arrays: dict[str, Any] = {"about": np.frombuffer(_about(checkpoint), np.uint8)}
    for group in _GROUPS:
        for number, array in enumerate(getattr(checkpoint, group)):
            arrays[f"{group}/{number}"] = array
    try:
        with replacing(folder / FILE) as file:
            np.savez(file, **arrays)
    except OSError as error:
        msg = (
            f"The checkpoint of epoch {checkpoint.epoch} cannot be saved in {str(folder)!r}: "
            f"{error.strerror or error}. Free some space there; then go on with resume."
        )
        raise RunError(msg) from error


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """Read the checkpoint of a run folder; None where there is none yet.

    Raises:
        RunError: it is damaged.
    """
    path = folder / FILE
    try:
        with np.load(path, allow_pickle=False) as stored:
            about: dict[str, Any] = json.loads(stored["about"].tobytes())
            about |= {group: _group(stored, group) for group in _GROUPS}
        about["history"] = {name: tuple(values) for name, values in about["history"].items()}
        return Checkpoint(**about)
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        msg = (
            f"The checkpoint {str(path)!r} is damaged ({error}). Delete it to train from the "
            "beginning, or restore it from a copy."
        )
        raise RunError(msg) from error


def refuse_changes(saved: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to go on with a training whose fingerprint is another one now.

    Raises:
        RunError: with the differences listed, e.g. ``seed: 1 → 2``.
    """
    changed = [
        f"{name}: {saved.get(name)!r} → {now.get(name)!r}"
        for name in sorted({*saved, *now})
        if saved.get(name) != now.get(name)
    ]
    if changed:
        msg = (
            "This run cannot be resumed, because data or options changed since it was "
            f"interrupted: {'; '.join(changed)}. Set them back, or start a new run."
        )
        raise RunError(msg)


def _about(checkpoint: Checkpoint) -> bytes:
    names = ("epoch", "history", "best_epoch", "stopped", "fingerprint")
    return json.dumps({name: getattr(checkpoint, name) for name in names}).encode()


def _group(stored: Any, group: str) -> list[NDArray[Any]]:
    count = sum(name.startswith(f"{group}/") for name in stored.files)
    return [stored[f"{group}/{number}"] for number in range(count)]
