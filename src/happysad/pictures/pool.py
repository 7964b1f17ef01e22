"""Processes that stand ready for pictures one by one, for a program that answers for hours.

Like ``workers``, but kept: a picture pays for no start, and one that ends or hangs its process
costs itself alone. The process is replaced at once, whether or not there is more to do.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from happysad.errors import HappysadError, PictureError
from happysad.pictures.worker import Worker, lost, pack, start_worker
from happysad.pictures.workers import available_processors

Item = TypeVar("Item")
Result = TypeVar("Result")

_SECONDS_BETWEEN_LOOKS = 0.2


class Pool(Generic[Item, Result]):
    """Processes that call one function.

    Args:
        function: a function of an importable module, or a ``functools.partial`` of one; a
            ``PictureError`` that it raises is that item's result.
        workers: processes; 0 takes one per processor.
        seconds: time for one item, after which its process is stopped.

    Attributes:
        size: processes.
        lost: processes that ended or hung, and were replaced.
    """

    def __init__(
        self, function: Callable[[Item], Result], *, workers: int = 0, seconds: float = 20.0
    ) -> None:
        self.lost = 0
        self._setup = pack((list(sys.path), function))
        self.size = workers or available_processors()
        self._seconds = seconds
        self._jobs: queue.SimpleQueue[_Job[Item, Result] | None] = queue.SimpleQueue()
        self._workers: list[Worker] = []
        self._threads: list[threading.Thread] = []
        self._closed = threading.Event()

    def start(self) -> None:
        """Start the processes, and return when all are ready.

        Raises:
            HappysadError: they cannot be started.
        """
        starts: list[Future[None]] = [Future() for _ in range(self.size)]
        for started in starts:
            self._run(self._look_after, started)
        self._run(self._watch)
        for started in starts:
            started.result()

    def submit(self, item: Item) -> Future[Result | PictureError]:
        """Have one item worked on.

        Args:
            item: picklable.

        Returns:
            What becomes the function's result or a ``PictureError``: an item that ended its
            process has ``decode_crashed``, one that took too long ``decode_timeout``.
        """
        job: _Job[Item, Result] = _Job(item)
        self._jobs.put(job)
        return job.result

    def close(self) -> None:
        """Stop the processes; what was not begun is cancelled."""
        self._closed.set()
        for _ in self._threads:
            self._jobs.put(None)
        for worker in list(self._workers):
            worker.kill()
        for thread in self._threads:
            thread.join()
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is not None:
                job.result.cancel()

    def _run(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _look_after(self, started: Future[None]) -> None:
        """Keep one process busy, and replace it when it is lost; runs in a thread."""
        try:
            worker = start_worker(self._setup, self._seconds, among=self._workers)
        except HappysadError as error:
            started.set_exception(error)
            return
        started.set_result(None)
        while (job := self._jobs.get()) is not None:
            if self._closed.is_set():
                job.result.cancel()
            if not job.result.set_running_or_notify_cancel():
                continue
            # A process that ended while it had nothing to do is not this item's fault.
            if not worker.send([job.item]):
                worker = self._replaced(worker)
                worker.send([job.item])
            answer = worker.receive()
            job.result.set_result(lost(worker, self._seconds) if answer is None else answer[0])
            if answer is None and not self._closed.is_set():
                worker = self._replaced(worker)
        worker.kill()

    def _replaced(self, worker: Worker) -> Worker:
        """Return a new process in the place of one that is gone, however long it takes."""
        self.lost += 1
        worker.kill()
        self._workers.remove(worker)
        while not self._closed.is_set():
            try:
                return start_worker(self._setup, self._seconds, among=self._workers)
            except HappysadError:
                self._closed.wait(1.0)  # no memory or no processes just now: there may be soon
        return worker

    def _watch(self) -> None:
        """Stop the processes that take too long; runs in a thread."""
        while not self._closed.wait(_SECONDS_BETWEEN_LOOKS):
            for worker in list(self._workers):
                worker.kill_if_late()


class _Job(Generic[Item, Result]):
    """An item, and where its result goes."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: Future[Result | PictureError] = Future()
