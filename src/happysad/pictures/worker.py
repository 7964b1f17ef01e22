"""One plain Python process that does work for this one, and the pipes to it.

It runs ``worker_main`` and imports what the function needs and nothing else: it neither forks this
process, with whatever threads it has, nor runs its main script again, so that a notebook or a
script without a main guard may start one.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from typing import IO, Any

from happysad.errors import HappysadError, PictureError

_START_SECONDS = 60.0
_STARTS = 3
_LENGTH = struct.Struct("<Q")


class Worker:
    """One process.

    Args:
        setup: ``pack`` of the search path of modules and the function.
        seconds: time for one item.
    """

    def __init__(self, setup: bytes, seconds: float) -> None:
        self.late = False
        self._seconds = seconds
        self._deadline: float | None = None
        # Nothing that a C library prints about a damaged picture reaches the user's terminal.
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",  # a folder of pictures may hold a struct.py; nothing is imported from it
                "-c",
                "from happysad.pictures.worker import worker_main as main;main()",
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
        """Wait until it has started; False where it has not."""
        return self._receive(_START_SECONDS) is not None

    def send(self, items: list[Any]) -> bool:
        """Hand items over; False where it is gone."""
        return self._write(pack(items))

    def receive(self) -> tuple[Any] | None:
        """Return the next result as a tuple of one; None when the worker is gone."""
        return self._receive(self._seconds)

    def kill_if_late(self) -> None:
        """Stop it if its item has taken too long; called again and again by another thread."""
        deadline = self._deadline
        if deadline is not None and time.monotonic() > deadline:
            self.late = True
            self._process.kill()

    def kill(self) -> None:
        """Stop it and take its pipes down."""
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
        message: tuple[Any] | None = unpack(self._process.stdout)
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


def start_worker(setup: bytes, seconds: float, *, among: list[Worker]) -> Worker:
    """Return a process that is ready.

    Args:
        setup: see ``Worker``.
        seconds: time for one item.
        among: where it stands from its first moment, so that others can stop it.

    Raises:
        HappysadError: none could be started.
    """
    for _ in range(_STARTS):
        try:
            worker = Worker(setup, seconds)
        except OSError:
            # No such program, or no more processes just now.
            continue
        among.append(worker)
        if worker.ready():
            return worker
        worker.kill()
        among.remove(worker)
    msg = (
        f"The worker process {sys.executable!r} could not be started for decoding pictures; "
        "look whether memory or processes are limited."
    )
    raise HappysadError(msg)


def lost(worker: Worker, seconds: float, source: str = "") -> PictureError:
    """Return the error of the item with which a process was lost."""
    if worker.late:
        msg = f"Decoding took longer than {seconds:g} s and was stopped."
        return PictureError("decode_timeout", msg, source)
    msg = "Decoding ended its process; the file is damaged in a way that breaks decoders."
    return PictureError("decode_crashed", msg, source)


def worker_main() -> None:
    """Run a worker: take the function, then batches of items until the pipe is closed."""
    import signal

    # Ctrl-C reaches the whole process group, and a service manager's SIGTERM all processes of a
    # service; the parent decides what they mean, and its end closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tasks = sys.stdin.buffer
    results = os.fdopen(os.dup(1), "wb")
    # What a library prints must not get between the results.
    os.dup2(2, 1)
    setup = unpack(tasks)
    if setup is None:
        return
    sys.path[:], function = setup
    _send(results, "ready")
    while (batch := unpack(tasks)) is not None:
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
    pipe.write(pack((result,)))
    pipe.flush()


def pack(message: Any) -> bytes:
    """Return a message as it goes through a pipe."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def unpack(pipe: IO[bytes] | None) -> Any:
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
