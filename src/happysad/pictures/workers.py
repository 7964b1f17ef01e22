"""Work on many pictures in processes of their own, so that a bad one costs itself alone.

A decoder that crashes or hangs takes its process with it; the picture it was at becomes a
``PictureError``, the others of its batch go to a new process. Workers are plain Python processes
that run ``worker_main`` and import what the function needs and nothing else: they neither fork
this process, with whatever threads it has, nor run its main script again, so that a notebook or a
script without a main guard may call this.
"""

from __future__ import annotations

import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, TypeVar

from happysad.errors import HappysadError, PictureError

Item = TypeVar("Item")
Result = TypeVar("Result")

# Enough to hide the way to the worker and back, few enough to share the end of the work evenly.
_BATCH = 8
_START_SECONDS = 60.0
_STARTS = 3
_PROGRAM = "from happysad.pictures.workers import worker_main; worker_main()"
_LENGTH = struct.Struct("<Q")


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
        self._setup = _pack((list(sys.path), function))
        self._seconds = seconds
        self._source = enumerate(items)
        self._again: deque[tuple[int, Any]] = deque()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        # Bounded, so that a slow consumer holds the workers up instead of filling the memory.
        self._out: queue.Queue[tuple[int, Any] | BaseException | None] = queue.Queue(4 * _BATCH)
        self._workers: list[_Worker] = []
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
        worker: _Worker | None = None
        try:
            while not self._stopped.is_set() and (batch := self._take()):
                if worker is None:
                    worker = self._start()
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

    def _start(self) -> _Worker:
        for _ in range(_STARTS):
            try:
                worker = _Worker(self._setup, self._seconds)
            except OSError:
                # No such program, or no more processes just now.
                continue
            self._workers.append(worker)
            if worker.ready():
                return worker
            worker.kill()
            self._workers.remove(worker)
        msg = (
            f"The worker process {sys.executable!r} could not be started for decoding pictures; "
            "look whether memory or processes are limited."
        )
        raise HappysadError(msg)

    def _work(self, worker: _Worker, batch: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
        """Send a batch and pass the results on; return what the worker left undone."""
        if not worker.send(batch):
            return batch
        for done, (index, _) in enumerate(batch):
            result = worker.receive()
            if result is None:
                return batch[done:]
            self._put((index, result[0]))
        return []

    def _lose(self, left: list[tuple[int, Any]], worker: _Worker) -> None:
        """Report the item that a worker was lost with; the others are tried again."""
        if self._stopped.is_set():
            return
        (index, item), *others = left
        with self._lock:
            self._again.extend(others)
        name = item if isinstance(item, str) else ""
        if worker.late:
            msg = f"Decoding took longer than {self._seconds:g} s and was stopped."
            self._put((index, PictureError("decode_timeout", msg, name)))
        else:
            msg = "Decoding ended its process; the file is damaged in a way that breaks decoders."
            self._put((index, PictureError("decode_crashed", msg, name)))

    def _put(self, result: tuple[int, Any] | BaseException | None) -> None:
        while not self._stopped.is_set():
            try:
                self._out.put(result, timeout=0.2)
            except queue.Full:
                continue
            return


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, setup: bytes, seconds: float) -> None:
        self.late = False
        self._seconds = seconds
        self._deadline: float | None = None
        # Nothing that a C library prints about a damaged picture reaches the user's terminal.
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from happysad.pictures.workers import worker_main as main;main()",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "OPENBLAS_NUM_THREADS": "1",  # the processors are busy with the other workers
            },
        )
        self._write(setup)

    def ready(self) -> bool:
        return self._receive(_START_SECONDS) is not None

    def send(self, batch: list[tuple[int, Any]]) -> bool:
        return self._write(_pack([item for _, item in batch]))

    def receive(self) -> tuple[Any] | None:
        """Return the next result as a tuple of one; None when the worker is gone."""
        return self._receive(self._seconds)

    def kill_if_late(self) -> None:
        deadline = self._deadline
        if deadline is not None and time.monotonic() > deadline:
            self.late = True
            self._process.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    # What was still to be sent to a dead process cannot be flushed.
                    continue

    def _receive(self, seconds: float) -> tuple[Any] | None:
        self._deadline = time.monotonic() + seconds
        message: tuple[Any] | None = _unpack(self._process.stdout)
        self._deadline = None
        return message

    def _write(self, message: bytes) -> bool:
        pipe = self._process.stdin
        if pipe is None:
            return False
        try:
            pipe.write(message)
            pipe.flush()
        except (OSError, ValueError):
            return False
        return True


def worker_main() -> None:
    """Run a worker: take the function, then batches of items until the pipe is closed."""
    import signal

    # Ctrl-C reaches the whole process group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks = sys.stdin.buffer
    results = os.fdopen(os.dup(1), "wb")
    # What a library prints must not get between the results.
    os.dup2(2, 1)
    setup = _unpack(tasks)
    if setup is None:
        return
    sys.path[:], function = setup
    _send(results, "ready")
    while (batch := _unpack(tasks)) is not None:
        for item in batch:
            _send(results, _call(function, item))


def _call(function: Callable[[Any], Any], item: Any) -> Any:
    try:
        return function(item)
    except PictureError as error:
        return error
    # A defect in one item's work must not cost the others; it is reported like a crash.
    except Exception as error:
        msg = f"Decoding failed in an unexpected way ({type(error).__name__}: {error})."
        return PictureError("decode_crashed", msg, item if isinstance(item, str) else "")


def _send(pipe: IO[bytes], result: Any) -> None:
    pipe.write(_pack((result,)))
    pipe.flush()


def _pack(message: Any) -> bytes:
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def _unpack(pipe: IO[bytes] | None) -> Any:
    """Return the next message; None at the end of the pipe."""
    if pipe is None:
        return None
    try:
        head = pipe.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack(head)
        body = pipe.read(length)
    except (OSError, ValueError):
        return None
    # Both ends are processes of the same program and user; the bytes come from ``_pack``.
    return pickle.loads(body) if len(body) == length else None  # noqa: S301
