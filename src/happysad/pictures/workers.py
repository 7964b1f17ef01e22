"""Work on many pictures in processes of their own, so that a bad one costs itself alone.

A decoder that crashes or hangs takes its process with it; the picture it was at becomes a
``PictureError``, the others of its batch go to a new process. The processes are those of
``worker``, started for the work at hand; ``pool`` keeps some ready instead.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from happysad.pictures.worker import Worker, lost, pack, start_worker

if TYPE_CHECKING:
    from happysad.errors import PictureError

Item = TypeVar("Item")
Result = TypeVar("Result")

# Enough to hide the way to the worker and back, few enough to share the end of the work evenly.
_BATCH = 8


def map_isolated(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int = 0,
    seconds: float = 20.0,
) -> Iterator[tuple[int, Result | PictureError]]:
    """Call a function for each item in other processes.

    Args:
        function: a function of an importable module, or a ``functools.partial`` of one; a
            ``PictureError`` that it raises is that item's result.
        items: picklable; taken as they are needed.
        workers: processes; 0 takes one per processor.
        seconds: time for one item, after which its process is stopped.

    Yields:
        Index and result of each item, in the order in which they are finished. An item that
        ended its process has ``decode_crashed``, one that took too long ``decode_timeout``.

    Raises:
        HappysadError: the processes cannot be started.
    """
    crew = _Crew(function, items, workers or available_processors(), seconds)
    try:
        yield from crew.results()
    finally:
        crew.stop()


def available_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Crew:
    """The threads that each look after one worker, and the queues between them."""

    def __init__(
        self, function: Callable[..., Any], items: Iterable[Any], workers: int, seconds: float
    ) -> None:
        self._setup = pack((list(sys.path), function))
        self._seconds = seconds
        self._source = enumerate(items)
        self._again: deque[tuple[int, Any]] = deque()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        # Bounded, so that a slow consumer holds the workers up instead of filling the memory.
        self._out: queue.Queue[tuple[int, Any] | BaseException | None] = queue.Queue(4 * _BATCH)
        self._workers: list[Worker] = []
        self._threads: list[threading.Thread] = []
        first = self._take()
        self._again.extend(first)
        count = workers if len(first) == _BATCH else min(workers, -(-len(first) // 2))
        for _ in range(count):
            thread = threading.Thread(target=self._look_after, daemon=True)
            self._threads.append(thread)
            thread.start()

    def results(self) -> Iterator[tuple[int, Any]]:
        running = len(self._threads)
        while running:
            result = self._next()
            if result is None:
                running -= 1
            elif isinstance(result, BaseException):
                raise result
            else:
                yield result

    def stop(self) -> None:
        self._stopped.set()
        for worker in list(self._workers):
            worker.kill()
        for thread in self._threads:
            thread.join()

    def _next(self) -> tuple[int, Any] | BaseException | None:
        """Wait for the next result; meanwhile stop the workers that take too long."""
        while True:
            # Also while results keep coming: others must not hide the one that hangs.
            for worker in list(self._workers):
                worker.kill_if_late()
            try:
                return self._out.get(timeout=0.2)
            except queue.Empty:
                continue

    def _take(self) -> list[tuple[int, Any]]:
        """Return the next items for a worker; none when all are given out."""
        with self._lock:
            batch: list[tuple[int, Any]] = []
            while len(batch) < _BATCH:
                if self._again:
                    batch.append(self._again.popleft())
                    continue
                try:
                    batch.append(next(self._source))
                except StopIteration:
                    break
            return batch

    def _look_after(self) -> None:
        """Keep one worker busy, and replace it when it is lost; runs in a thread."""
        worker: Worker | None = None
        try:
            while not self._stopped.is_set() and (batch := self._take()):
                if worker is None:
                    worker = start_worker(self._setup, self._seconds, among=self._workers)
                left = self._work(worker, batch)
                if left:
                    worker.kill()
                    self._workers.remove(worker)
                    self._lose(left, worker)
                    worker = None
            self._put(None)
        # Whatever goes wrong in a thread belongs to the one who waits for the results.
        except BaseException as error:
            self._put(error)
        finally:
            if worker is not None:
                worker.kill()

    def _work(self, worker: Worker, batch: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
        """Send a batch and pass the results on; return what the worker left undone."""
        if not worker.send([item for _, item in batch]):
            return batch
        for done, (index, _) in enumerate(batch):
            result = worker.receive()
            if result is None:
                return batch[done:]
            self._put((index, result[0]))
        return []

    def _lose(self, left: list[tuple[int, Any]], worker: Worker) -> None:
        """Report the item that a worker was lost with; the others are tried again."""
        if self._stopped.is_set():
            return
        (index, item), *others = left
        with self._lock:
            self._again.extend(others)
        name = item if isinstance(item, str) else ""
        self._put((index, lost(worker, self._seconds, name)))

    def _put(self, result: tuple[int, Any] | BaseException | None) -> None:
        while not self._stopped.is_set():
            try:
                self._out.put(result, timeout=0.2)
            except queue.Full:
                continue
            return
