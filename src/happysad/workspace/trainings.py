"""Training in the background: one at a time, with its progress told, and ended when asked."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from happysad.collection.decisions import write_decisions
from happysad.collection.doubts import proposed
from happysad.config import CheckOptions, SplitOptions, TrainOptions
from happysad.errors import CollectionError, ConflictError, HappysadError
from happysad.training.run_folder import new_folder
from happysad.verbs.check_labels import check_labels
from happysad.verbs.train import train
from happysad.verbs.train_two_view import load_base
from happysad.workspace.results import (
    DOUBTS,
    Curves,
    Result,
    read_curves,
    read_result,
    read_results,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from happysad.records import Collection
    from happysad.verbs.train import Run
    from happysad.workspace.place import Workspace

State = Literal["idle", "running", "done", "failed", "cancelled"]

_ROUNDS: Final = 5
# Rounds give every picture a say in the score. Where there are so many, the test part alone says
# enough, and learning so often would take its time.
_ENOUGH: Final = 1500


@dataclass(frozen=True, slots=True)
class Status:
    """How far a training is.

    Attributes:
        state: of the latest one.
        step: what it is at, in a few words.
        done: units of the step that are finished.
        total: units in all; 0 where that is not known.
        seconds: since it began, or how long it took.
        curves: see ``results.read_curves``.
        error: why it failed, or nothing.
        finished: how many trainings have ended, one way or another, since the start.
    """

    state: State = "idle"
    step: str = ""
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    curves: Curves = ()
    error: str = ""
    finished: int = 0


class Trainings:
    """The trainings of a workspace.

    Args:
        workspace: whose pictures are learned from.
        base: the model to build on: a bundle, the folder of a run, or ``default``.
        check: how the pictures are checked.
        trained: called with each new model, from the training's thread.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        base: str = "default",
        check: CheckOptions | None = None,
        trained: Callable[[Result], None] = lambda _: None,
    ) -> None:
        self._workspace = workspace
        self._base = base
        self._check = check or CheckOptions()
        self._trained = trained
        self._lock = threading.Lock()
        self._status = Status()
        self._begun = 0.0
        self._place: Path | None = None
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None
        self._results = read_results(workspace.runs)

    @property
    def results(self) -> list[Result]:
        """The finished trainings, the oldest first."""
        return list(self._results)

    @property
    def status(self) -> Status:
        """How far the latest one is."""
        status, place = self._status, self._place
        if status.state != "running" or place is None:
            return status
        seconds = time.monotonic() - self._begun
        return replace(status, seconds=seconds, curves=read_curves(place))

    def pass_over(self, result: Result) -> None:
        """Count a training no more, whose model does not work; its files stay."""
        self._results.remove(result)

    def start(self, collection: Collection) -> None:
        """Begin a training on the pictures as they are.

        Args:
            collection: the latest view of them, which says how many rounds make sense.

        Raises:
            ConflictError: another one is under way.
        """
        with self._lock:
            if self._status.state == "running":
                msg = "A training is under way. Wait for it, or cancel it."
                raise ConflictError(msg)
            self._cancelled.clear()
            self._begun = time.monotonic()
            self._place = None
            self._status = Status("running", "getting ready", finished=self._status.finished)
            self._thread = threading.Thread(
                target=self._work, args=(collection,), name="training", daemon=True
            )
            self._thread.start()

    def cancel(self) -> None:
        """End the training that is under way, if any; what was read of the pictures is kept."""
        self._cancelled.set()

    def stop(self, *, seconds: float = 10.0) -> None:
        """Cancel, and wait until it has ended, or for so long."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(seconds)

    def _work(self, collection: Collection) -> None:
        state: State = "failed"
        error = ""
        place = None
        try:
            place = self._place = new_folder(self._workspace.runs, self._workspace.name)
            result = self._train(place, collection)
            self._trained(result)
            self._results.append(result)
            state = "done"
        except _CancelledError:
            state = "cancelled"
        except HappysadError as problem:
            error = str(problem)
        # A defect must not leave the page waiting for ever; it shows it.
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
            raise
        finally:
            if place is not None and state != "done":
                # Made here a moment ago. There may be a model in it already, which nobody wanted
                # any more or which does not work: it must not be the newest after a restart.
                shutil.rmtree(place, ignore_errors=True)
            self._end(state, error)

    def _train(self, place: Path, collection: Collection) -> Result:
        workspace = self._workspace
        workspace.tidy()
        options = TrainOptions(
            base=self._base,
            split=SplitOptions(folds=rounds_for(collection)),
            check=self._check,
        )
        run = train(
            workspace.pictures,
            options=options,
            out=place,
            decisions=workspace.decisions if workspace.decisions.exists() else None,
            progress=self._told,
        )
        self._doubt(run)
        return read_result(run.folder)

    def _doubt(self, run: Run) -> None:
        """Say which labels are likely wrong, where there are pictures enough to say it."""
        with contextlib.suppress(CollectionError):
            checked = check_labels(
                run.collection,
                base=load_base(self._base),
                options=self._check,
                progress=self._told,
            )
            write_decisions(proposed(checked), run.folder / DOUBTS)

    def _told(self, step: str, done: int, total: int, note: str = "") -> None:  # noqa: ARG002
        if self._cancelled.is_set():
            raise _CancelledError
        self._status = replace(self._status, step=step, done=done, total=total)

    def _end(self, state: State, error: str = "") -> None:
        last = self.status
        self._status = replace(last, state=state, error=error, finished=last.finished + 1)


def rounds_for(collection: Collection) -> int:
    """Return how many rounds a training of these pictures gets; 0 for none."""
    groups = {(entry.label, entry.group) for entry in collection.entries}
    fewest = min(Counter(label for label, _ in groups).values(), default=0)
    return _ROUNDS if fewest >= 2 * _ROUNDS and len(collection.entries) <= _ENOUGH else 0


class _CancelledError(Exception):
    """Somebody has asked for the end of a training."""
