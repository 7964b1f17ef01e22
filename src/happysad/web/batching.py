"""One thread that runs the model, on what several callers have ready at the moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from happysad.pictures.prepared import Prepared
    from happysad.predictor import Predictor
    from happysad.records import Explanation

MOST: Final = 8
"""Pictures of a batch; more gain nothing on a processor and make others wait."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A picture, who answers for it, and where the answer goes."""

    predictor: Predictor
    picture: Prepared
    explain: bool
    answer: Future[Explanation] = field(default_factory=Future)

    def goes_with(self, other: _Job) -> bool:
        """Whether one run of the model can answer both."""
        return self.predictor is other.predictor and self.explain == other.explain


class Batcher:
    """The model's thread and what waits for it.

    Nothing is held back to fill a batch: what came while the last batch was worked on is the next.

    Args:
        tell: called after each batch with the number of pictures and the seconds it took.
    """

    def __init__(self, tell: Callable[[int, float], None]) -> None:
        self._tell = tell
        self._waiting: list[_Job] = []
        self._news = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def submit(
        self, predictor: Predictor, picture: Prepared, *, explain: bool
    ) -> Future[Explanation]:
        """Have one picture answered.

        Args:
            predictor: which answers; another one may be given for the next picture.
            picture: prepared with that model's preprocessing.
            explain: also say what in the scene spoke for which class, where the model can.
        """
        job = _Job(predictor, picture, explain)
        with self._news:
            self._waiting.append(job)
            self._news.notify()
        return job.answer

    def close(self) -> None:
        """Finish what waits, and end."""
        with self._news:
            self._closed = True
            self._news.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while (batch := self._take()) is not None:
            wanted = [job for job in batch if job.answer.set_running_or_notify_cancel()]
            if wanted:
                started = time.perf_counter()
                self._answer(wanted)
                self._tell(len(wanted), time.perf_counter() - started)

    def _take(self) -> list[_Job] | None:
        """Wait for work; return the oldest job and what goes with it, or None at the end."""
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return None
            oldest = self._waiting[0]
            batch = [job for job in self._waiting if job.goes_with(oldest)][:MOST]
            taken = set(map(id, batch))
            self._waiting = [job for job in self._waiting if id(job) not in taken]
            return batch

    @staticmethod
    def _answer(batch: list[_Job]) -> None:
        pictures = [job.picture for job in batch]
        try:
            answers = batch[0].predictor.answer(pictures, explain=batch[0].explain)
        # Whatever goes wrong belongs to those who wait; the thread works for others, too.
        except Exception as error:
            for job in batch:
                job.answer.set_exception(error)
            return
        for job, answer in zip(batch, answers, strict=True):
            job.answer.set_result(answer)
