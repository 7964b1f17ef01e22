"""What was replayed already: one line a trial, so that a stop costs the trial under way alone."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.errors import RunError
from happysad.judge.learning_curves import Trial

if TYPE_CHECKING:
    from pathlib import Path

    from happysad.training.replay.stages import Stage


class Journal:
    """Trials in a file.

    Args:
        path: the file; None keeps nothing.
        about: everything that decides a trial, besides its strategy and its stage; lines about
            something else stay as they are and are not read.

    Raises:
        RunError: the file cannot be read.
    """

    def __init__(self, path: Path | None, *, about: str) -> None:
        self._path = path
        self._about = about
        self._found = {} if path is None else _read(path)

    def find(self, strategy: str, stage: Stage) -> Trial | None:
        """Return a trial that was noted before."""
        return self._found.get((strategy, _digest(self._about, stage)))

    def note(self, trial: Trial, stage: Stage) -> None:
        """Write a trial down, safely on disk when this returns.

        Raises:
            RunError: it cannot be written.
        """
        if self._path is None:
            return
        about = _digest(self._about, stage)
        # The line break before it ends a line that a stop has left unfinished.
        line = f"\n{json.dumps({'about': about, **_plain(trial)})}\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(line.encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            msg = f"The replay cannot be noted in {str(self._path)!r}: {error}. Choose another out."
            raise RunError(msg) from error


def _digest(about: str, stage: Stage) -> str:
    """Return hex of what decides a trial: everything about the pictures, their order apart."""
    entries = stage.learner.entries
    pool, test = (
        sorted((entries[row].sha256, entries[row].label, entries[row].group) for row in rows)
        for rows in (stage.pool, stage.test)
    )
    return hashlib.sha256(json.dumps([about, stage.seed, pool, test]).encode()).hexdigest()


def _read(path: Path) -> dict[tuple[str, str], Trial]:
    found: dict[tuple[str, str], Trial] = {}
    try:
        lines = path.read_bytes().splitlines() if path.exists() else []
    except OSError as error:
        msg = f"The earlier replay in {str(path)!r} cannot be read: {error}."
        raise RunError(msg) from error
    for line in lines:
        # The last line may be half a line, after a stop; its trial is replayed again.
        with contextlib.suppress(ValueError, KeyError, TypeError):
            record = json.loads(line)
            found[record["strategy"], record["about"]] = _trial(record)
    return found


def _plain(trial: Trial) -> dict[str, Any]:
    return {
        "strategy": trial.strategy,
        "seed": trial.seed,
        "labels": trial.labels,
        "asked": trial.asked,
        "shape": trial.right.shape,
        "right": base64.b64encode(np.packbits(trial.right).tobytes()).decode("ascii"),
        "groups": trial.groups,
    }


def _trial(record: dict[str, Any]) -> Trial:
    rounds, pictures = record["shape"]
    bits = np.frombuffer(base64.b64decode(record["right"]), np.uint8)
    right = np.unpackbits(bits, count=rounds * pictures).astype(bool).reshape(rounds, pictures)
    return Trial(
        strategy=record["strategy"],
        seed=record["seed"],
        labels=tuple(record["labels"]),
        right=right,
        groups=tuple(record["groups"]),
        asked=tuple(record["asked"]),
    )
