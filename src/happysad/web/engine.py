"""What stands behind the service: room for calls, processes that decode, a thread with the model.

A call first gets its part of the ``room``, or is sent away at once. Then each of its
pictures is fetched where it is an address, decoded in a process of its own (``pictures.pool``),
and answered with those of other callers (``batching``).
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from happysad.bundle.document import to_json
from happysad.errors import BundleError, BusyError, PictureError
from happysad.pictures.pool import Pool
from happysad.pictures.prepared import Prepared, prepare_source
from happysad.records import Explanation, Prediction
from happysad.sources.expand import Source
from happysad.web.batching import MOST, Batcher
from happysad.web.fetching import fetched
from happysad.web.metrics import Metrics
from happysad.web.options import ServeOptions
from happysad.web.room import Room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from happysad.config import Limits, Preprocessing
    from happysad.predictor import Predictor

# One call's pictures that are under way at a time, so that a large call leaves room for others.
_OF_ONE_CALL: Final = 8
# Addresses that are fetched at a time; each may hold a picture of the largest size. Those that
# one call brings may all be slow ones: they leave most of the places to others.
_FETCHES: Final = 8
_FETCHES_OF_ONE_CALL: Final = 3


class Task(NamedTuple):
    """What a decoding process is handed."""

    source: Source
    preprocessing: Preprocessing


def prepare_task(task: Task, *, limits: Limits) -> Prepared:
    """Decode and prepare one picture; runs in a decoding process."""
    return prepare_source(task.source, preprocessing=task.preprocessing, limits=limits)


@dataclass(frozen=True, slots=True)
class Served:
    """The model that answers.

    Attributes:
        predictor: the model.
        sha256: hex digest of its file; of its manifest where it came from none.
    """

    predictor: Predictor
    sha256: str


class Engine:
    """Answers for the pictures of many callers.

    Args:
        predictor: the model; it may come later, with ``use``.
        options: how much is taken on at a time.
        metrics: where it is counted.

    Attributes:
        room: what all calls may hold together.
    """

    def __init__(
        self,
        predictor: Predictor | None = None,
        *,
        options: ServeOptions = ServeOptions(),
        metrics: Metrics | None = None,
    ) -> None:
        self.options = options
        self.metrics = metrics or Metrics()
        self.room = Room(most_pictures=options.queue_pictures, most_bytes=options.queue_bytes)
        self._served: Served | None = None
        self._state = "starting"
        self._pool: Pool[Task, Prepared] = Pool(
            partial(prepare_task, limits=options.limits),
            workers=options.workers,
            seconds=options.limits.decode_seconds,
        )
        self._batcher = Batcher(self._count_batch)
        # A prepared picture takes up to 2 MB: enough of them to fill batches, and no more.
        self._uploads = asyncio.Semaphore(2 * MOST + self._pool.size)
        self._fetches = asyncio.Semaphore(_FETCHES)
        self.metrics.watch(
            pictures=lambda: self.room.pictures,
            held_bytes=lambda: self.room.bytes,
            ready=lambda: float(self.is_ready),
            lost=lambda: self._pool.lost,
        )
        if predictor is not None:
            self.use(predictor)

    def __enter__(self) -> Engine:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def served(self) -> Served:
        """The model at work.

        Raises:
            BundleError: there is none yet.
        """
        if self._served is None:
            msg = "There is no model here yet. Train one first."
            raise BundleError(msg)
        return self._served

    @property
    def is_ready(self) -> bool:
        """Whether there is a model, its first answer is out, and no end in sight."""
        return self._state == "ready" and self._served is not None

    def use(self, predictor: Predictor) -> None:
        """Let another model answer from the next call on; calls under way keep theirs.

        It first computes its golden answers: that loads its graphs, so that no caller waits for
        it, and shows that it answers here as where it was made.

        Raises:
            BundleError: it does not.
        """
        predictor.verify()
        self._served = Served(predictor, _digest(predictor))

    def start(self) -> None:
        """Start the processes and the model's thread, and return when they work.

        Raises:
            HappysadError: the processes cannot be started.
        """
        self._batcher.start()
        self._pool.start()
        if self._state == "starting":
            self._state = "ready"

    def wind_down(self) -> None:
        """Say from now on that the end is near; calls are still answered, but nothing is fetched.

        A fetch cannot be broken off, and may take longer than what is left.
        """
        self._state = "stopping"

    def close(self) -> None:
        """Stop everything."""
        self._state = "stopping"
        self._pool.close()
        self._batcher.close()

    async def answer(
        self, sources: Sequence[Source], *, served: Served, explain: bool = False
    ) -> list[Explanation]:
        """Answer for the pictures of one call, in their order.

        Args:
            sources: bytes and addresses.
            served: the model; all pictures of a call are answered by the same.
            explain: also say what in each scene spoke for which class, where the model can.

        Raises:
            BundleError: the model failed.
            BusyError: an address would have to be fetched, but the end is near.
        """
        upload = asyncio.Semaphore(_OF_ONE_CALL), self._uploads
        fetch = asyncio.Semaphore(_FETCHES_OF_ONE_CALL), self._fetches

        async def one(source: Source) -> Explanation:
            turn, room = fetch if source.kind == "url" else upload
            async with turn, room:
                try:
                    prepared = await self._prepared(source, served)
                except PictureError as error:
                    return Explanation(Prediction.failed(error))
                answer = await asyncio.wrap_future(
                    self._batcher.submit(served.predictor, prepared, explain=explain)
                )
                # What was looked at is large, and only reasons are drawn from it.
                return answer if explain else Explanation(answer.prediction)

        answers = await asyncio.gather(*map(one, sources))
        self.metrics.count_pictures(answer.prediction for answer in answers)
        return answers

    async def fetch(self, url: str) -> bytes:
        """Return what lies at an address that somebody named.

        Raises:
            BusyError: the end is near.
            PictureError: see ``fetching.fetched``.
        """
        if self._state == "stopping":
            msg = "The service is about to stop, and fetches no more addresses. Ask again."
            raise BusyError(msg, retry_after=1)
        return await fetched(url, limits=self.options.limits, options=self.options.fetch)

    async def _prepared(self, source: Source, served: Served) -> Prepared:
        if source.kind == "url":
            source = Source(source.name, "bytes", await self.fetch(source.name))
        elif source.kind != "bytes":
            msg = f"A caller may not name a {source.kind}."
            raise AssertionError(msg)
        task = Task(source, served.predictor.manifest.preprocessing)
        result = await asyncio.wrap_future(self._pool.submit(task))
        if isinstance(result, PictureError):  # a lost process cannot say what it was at
            raise type(result)(result.code, result.message, source.name)
        return result

    def _count_batch(self, pictures: int, seconds: float) -> None:
        self.room.seconds_each += 0.1 * (seconds / pictures - self.room.seconds_each)
        self.metrics.count_batch(pictures, seconds)


def _digest(predictor: Predictor) -> str:
    if predictor.path is None:
        return hashlib.sha256(to_json(predictor.manifest)).hexdigest()
    try:
        with predictor.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        msg = f"The model '{predictor.path}' cannot be read any more: {error}"
        raise BundleError(msg) from error
