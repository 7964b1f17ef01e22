"""What a model has to offer while people label: which picture next, and how good it is by now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from happysad.errors import HappysadError
from happysad.labels.ledger import SKIP

if TYPE_CHECKING:
    from happysad.labels.pool import Pool
    from happysad.labels.store import LabelStore, Point
    from happysad.progress import Progress

State = Literal["none", "reading", "preparing", "waiting", "learning", "failed"]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a learner knows after so many labels.

    Attributes:
        ranked: pictures by sha256, those it would learn most from first; the others follow in
            any order.
        guesses: picture → probability of the second class of the labels; may be empty.
        point: how well it does on pictures that it has not learned from; None where nobody asks.
    """

    ranked: tuple[str, ...] = ()
    guesses: Mapping[str, float] = field(default_factory=dict)
    point: Point | None = None


class Learner(Protocol):
    """Something that learns from labels; it is called from one thread, never twice at a time."""

    def prepare(self, progress: Progress) -> Lesson:
        """Look at the pictures, and say which to ask for first, without any label.

        Args:
            progress: told how far it is.

        Raises:
            HappysadError: it cannot work here; people go on without it.
        """

    def refit(self, labels: Mapping[str, str]) -> Lesson:
        """Learn anew from all labels.

        Args:
            labels: sha256 → class name or ``unsure``.
        """


Makes = Callable[["Pool"], Learner]
"""Makes a learner once all pictures of the pool are known."""


class Refits:
    """A learner at work in the background; whoever labels never waits for it.

    Attributes:
        lesson: the latest.
        state: what it is doing.
        prepared: share of the preparation that is done, 0 to 1.
        trouble: why it failed; empty unless it did.

    Args:
        makes: gives what to run.
        store: where the labels are, and where each point of the learning curve goes.
        every: labels between two refits.
    """

    def __init__(self, makes: Makes, store: LabelStore, *, every: int) -> None:
        self.lesson = Lesson()
        self.state: State = "reading"
        self.trouble = ""
        self.prepared = 0.0
        self._makes = makes
        self._store = store
        self._every = every
        self._learned = 0
        self._news = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def start(self, pool: Pool) -> None:
        """Begin, once; the learner prepares itself first.

        Args:
            pool: all pictures.
        """
        if self._thread is None and not self._stopped:
            work = threading.Thread(target=self._work, args=(pool,), name="refits", daemon=True)
            self._thread = work
            work.start()

    def nudge(self) -> None:
        """Say that there are new labels."""
        self._news.set()

    def stop(self, *, seconds: float = 5.0) -> None:
        """End after the refit that is under way, or without it when that takes longer."""
        self._stopped = True
        self._news.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(seconds)

    def _work(self, pool: Pool) -> None:
        try:
            self.state = "preparing"
            learner = self._makes(pool)
            self.lesson = learner.prepare(self._preparing)
            self.state = "waiting"
            while not self._stopped:
                self._learn(learner)
                self._news.wait()
                self._news.clear()
        except _StoppedError:
            return
        except HappysadError as error:
            self._fail(str(error))
        # A defect in a learner must not end the labelling; the page shows it.
        except Exception as error:
            self._fail(f"{type(error).__name__}: {error}")

    def _preparing(self, step: str, done: int, total: int, note: str = "") -> None:  # noqa: ARG002
        self.prepared = done / max(1, total)
        if self._stopped:
            raise _StoppedError

    def _learn(self, learner: Learner) -> None:
        labels = self._labels()
        if abs(len(labels) - self._learned) < self._every or self._stopped:
            return
        self.state = "learning"
        self.lesson = learner.refit(labels)
        self._learned = len(labels)
        self._note(self.lesson.point)
        self.state = "waiting"

    def _note(self, point: Point | None) -> None:
        if point is None or self._stopped:
            return
        curve = self._store.curve()
        again = bool(curve) and curve[-1].labels == point.labels  # after a restart
        if not again:
            self._store.note(point)

    def _labels(self) -> dict[str, str]:
        with self._store.reading() as ledger:
            held = ledger.labels()
        return {picture: answer for picture, answer in held.items() if answer != SKIP}

    def _fail(self, why: str) -> None:
        self.trouble = why
        self.state = "failed"


class _StoppedError(Exception):
    """The session ends while the learner is still preparing itself."""
