"""Callers that ask a service all at once, and the book in which they note what they got."""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from measuring import cpu_seconds, resident

CLIENTS = 32
_BOUNDARY = "picture-boundary"


@dataclass
class Load:
    """What came of one service under load.

    Attributes:
        answered: requests with an answer.
        wrong: answers that differ from the command line's.
        failed: requests with neither an answer nor a refusal.
        refused: requests that were sent away.
        silent: of those, without Retry-After.
        seconds: that it took.
        cpu: seconds of processor time that the service took.
        latencies: milliseconds of answers.
        refusals: milliseconds of refusals.
        memory: MiB of the service and its processes, sampled.
    """

    answered: int = 0
    wrong: int = 0
    failed: int = 0
    refused: int = 0
    silent: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Pictures answered a second."""
        return self.answered / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Processor time of an answer, ms."""
        return 1000 * self.cpu / self.answered

    @property
    def median(self) -> float:
        """Median of the answers' times, ms."""
        return statistics.median(self.latencies)

    @property
    def high(self) -> float:
        """95% of the answers took no longer, ms."""
        return sorted(self.latencies)[int(0.95 * len(self.latencies))]

    @property
    def peak_mib(self) -> float:
        """Largest memory seen."""
        return max(self.memory)

    @property
    def fifths(self) -> list[float]:
        """Memory of each fifth of the time, MiB."""
        return fifths(self.memory)

    @property
    def drift(self) -> float:
        """Memory in the last fifth over that in the first."""
        return self.fifths[-1] / self.fifths[0]

    def add(self, other: Load) -> None:
        """Add what came of another turn."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class Book:
    """Where all clients write down what they got."""

    load: Load
    lock: threading.Lock

    def note(self, status: int, taken: float, *, right: bool = False, told: bool = False) -> None:
        """Note one answer: status, milliseconds, whether it is right, whether it says when."""
        load = self.load
        with self.lock:
            if status == 200:
                load.answered += 1
                load.wrong += not right
                load.latencies.append(taken)
            elif status in {429, 503}:
                load.refused += 1
                load.silent += not told
                load.refusals.append(taken)
            else:
                load.failed += 1


def fifths(values: list[float]) -> list[float]:
    part = len(values) // 5
    if not part:
        return []
    return [round(statistics.mean(values[i * part : (i + 1) * part]), 1) for i in range(5)]


def form(path: Path) -> bytes:
    """Return a picture as the one part of a form, which both services take."""
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + path.read_bytes() + f"\r\n--{_BOUNDARY}--\r\n".encode()


def loaded(
    port: int,
    pid: int,
    bodies: Sequence[bytes],
    judge: Callable[[int, dict], bool],
    *,
    seconds: float = 0.0,
    requests: int = 0,
) -> Load:
    """Ask from all clients at once, for so long or so often; watch the memory meanwhile."""
    load, lock, numbers = Load(), threading.Lock(), count()
    before = cpu_seconds(pid)
    began = time.perf_counter()
    end = began + seconds if seconds else float("inf")

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while time.perf_counter() < end:
            with lock:
                number = next(numbers)
            if requests and number >= requests:
                break
            ask(connection, number % len(bodies), bodies, judge, Book(load, lock))
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        load.memory.append(resident(pid) / 2**20)
        time.sleep(0.25)
    load.seconds = time.perf_counter() - began
    load.cpu = cpu_seconds(pid) - before
    return load


def ask(
    connection: http.client.HTTPConnection,
    index: int,
    bodies: Sequence[bytes],
    judge: Callable[[int, dict], bool],
    book: Book,
) -> None:
    """Ask once; who is refused waits for as long as it is told, but not longer than it must."""
    kind = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    started = time.perf_counter()
    try:
        connection.request("POST", "/v1/predict", bodies[index], kind)
        answer = connection.getresponse()
        data = answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        book.note(0, 0.0)
        return
    taken = 1000 * (time.perf_counter() - started)
    after = answer.getheader("Retry-After")
    right = answer.status == 200 and judge(index, json.loads(data))
    book.note(answer.status, taken, right=right, told=after is not None)
    if after is not None:
        time.sleep(float(after))
