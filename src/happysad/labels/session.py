"""A pool, its labels, its queue and its learner together: what a labelling page stands on."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from happysad.config import Limits
from happysad.errors import LabelError, PictureError
from happysad.labels.learner import Lesson, Refits, State
from happysad.labels.reading import Progressed, Reading
from happysad.pictures.decode import decode
from happysad.pictures.thumbnail import thumbnail
from happysad.sources.read import read_file

if TYPE_CHECKING:
    from collections.abc import Collection

    from happysad.labels.learner import Makes
    from happysad.labels.ledger import Agreement, Label, Ledger
    from happysad.labels.pool import Pool
    from happysad.labels.queue import Queue
    from happysad.labels.store import LabelStore, Point
    from happysad.records import Entry

_KEPT_JPEGS: Final = 64


@dataclass(frozen=True, slots=True)
class Status:
    """How far the labelling is.

    Attributes:
        answered: groups of pictures about which somebody has said something.
        groups: groups to ask about, as far as they are read; near duplicates are one group.
        left_out: files that cannot be read as pictures.
        counts: answer → pictures on which it holds; both classes and ``unsure`` are always there.
        mine: labels of the person who asks that stand.
        agreement: of people who saw the same pictures.
        disagreements: pictures that wait for somebody to settle them.
        learner: what the learner is doing; ``none`` where there is none.
        prepared: share of the pictures that the learner has looked at, 0 to 1.
        trouble: why it failed, or nothing.
        curve: what it could do after so many labels.
        every: labels between two refits.
        reading: how far the reading of the pool is.
    """

    answered: int
    groups: int
    left_out: int
    counts: dict[str, int]
    mine: int
    agreement: Agreement
    disagreements: int
    learner: State
    prepared: float
    trouble: str
    curve: tuple[Point, ...]
    every: int
    reading: Progressed


class Session:
    """Labelling of one pool.

    Attributes:
        pool: the pictures, as far as they are read.
        store: the labels.
        review: whether the pictures lie in class folders, and the question is whether rightly.

    Args:
        pool: the pictures, or a reading of them that has begun; ended with the session.
        store: the labels; closed with the session.
        queue: which picture next.
        learner: makes what works in the background once all pictures are read; None for none.
        every: labels between two refits.
        limits: what a picture may cost.
        review: see above.
    """

    def __init__(
        self,
        pool: Pool | Reading,
        store: LabelStore,
        queue: Queue,
        *,
        learner: Makes | None = None,
        every: int = 10,
        limits: Limits = Limits(),
        review: bool = False,
    ) -> None:
        self.store = store
        self.review = review
        self._queue = queue
        self._every = every
        self._limits = limits
        self._jpegs: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        # Held for what is shown and asked; whoever waits for more pictures waits for its news.
        self._lock = threading.Condition()
        self._closed = False
        self._complete = False
        self._refits = Refits(learner, store, every=every) if learner else None
        self._reading: Reading | None = None
        if isinstance(pool, Reading):
            self._reading = pool
            pool.follow(self._grown)
        else:
            total = len(pool.entries) + pool.left_out
            self._grown(pool, Progressed(total, total, complete=True))

    def __enter__(self) -> Session:
        """Return the session; the block's end closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop reading and learning, and close the labels."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        if self._reading is not None:
            self._reading.stop()
        if self._refits is not None:
            self._refits.stop()
        self.store.close()

    def _grown(self, pool: Pool, progressed: Progressed) -> None:
        """Go on with more pictures, or with the news that there are no more."""
        with self._lock:
            self._progressed = progressed
            self.pool = pool
            self._entries = pool.by_picture
            self._queue.grow(pool.groups)
            # Last: who sees this without the lock finds every picture.
            self._complete = progressed.complete
            self._lock.notify_all()
        if self._refits is not None and progressed.complete and not self._closed:
            self._refits.start(pool)

    @property
    def reading(self) -> Progressed:
        """How far the reading of the pool is; complete when the last pictures can be asked for."""
        now = self._progressed if self._reading is None else self._reading.progressed
        return replace(now, complete=self._complete)

    def wait_until_read(self) -> None:
        """Return when all pictures are read, or the reading has ended early."""
        with self._lock:
            self._lock.wait_for(lambda: self._closed or self._complete)

    def next(
        self,
        person: str,
        *,
        count: int = 1,
        held: Collection[str] = (),
        seconds: float | None = None,
    ) -> list[Entry]:
        """Return the pictures that this person should look at next.

        While the pool is being read and there is nothing to give, this waits for more.

        Args:
            person: who asks.
            count: how many, at most.
            held: pictures given out before and not answered yet.
            seconds: how long to wait at most; None as long as it takes.
        """
        end = None if seconds is None else time.monotonic() + seconds
        with self._lock:
            while True:
                over = self._closed or self._complete
                with self.store.reading() as ledger:
                    found = self._asked(ledger, person, count, held)
                left = None if end is None else end - time.monotonic()
                if found or over or (left is not None and left <= 0):
                    return found
                self._lock.wait(left)

    def _asked(self, ledger: Ledger, person: str, count: int, held: Collection[str]) -> list[Entry]:
        ranked = self._lesson.ranked
        if self.review:
            self._queue.widen(ranked)
        return self._queue.next(ledger, person, count=count, held=held, ranked=ranked)

    def accept(self, label: Label) -> Label:
        """Keep a label; when this returns, it is on the disk.

        Raises:
            PictureError: ``missing``: there is no such picture in the pool.
            UsageError: no such answer, or nothing to settle or take back.
            ConflictError: another label has come in between, or has the same id.
            LabelError: the label cannot be kept; or the picture has not been read yet, and the
                label has to be sent again later.
        """
        over = self._complete  # asked first: what comes with the last news is then known
        if label.picture not in self._entries and not over:
            msg = "The pictures are still being read, and this one is not among them yet."
            raise LabelError(msg)
        self.entry(label.picture)
        accepted = self.store.accept(label)
        if self._refits is not None:
            self._refits.nudge()
        return accepted

    def status(self, person: str) -> Status:
        """Return how far the labelling is."""
        with self._lock, self.store.reading() as ledger:
            held = [
                answer for picture, answer in ledger.labels().items() if picture in self._entries
            ]
            names = (*self.store.classes, "unsure")
            return Status(
                answered=self._queue.answered(ledger),
                groups=len(self._queue),
                left_out=self.pool.left_out,
                counts={name: held.count(name) for name in names},
                mine=len(ledger.standing(person)),
                agreement=ledger.agreement(),
                disagreements=len(self._disputed(ledger.disagreements())),
                learner=self._refits.state if self._refits else "none",
                prepared=self._refits.prepared if self._refits else 0.0,
                trouble=self._refits.trouble if self._refits else "",
                curve=self.store.curve(),
                every=self._every,
                reading=self.reading,
            )

    def disagreements(self) -> list[tuple[Entry, list[Label], int]]:
        """Return each picture in dispute, who said what, and the number that a verdict follows."""
        with self.store.reading() as ledger:
            return [
                (
                    entry,
                    list(ledger.answers(entry.sha256).values()),
                    ledger.last_number(entry.sha256),
                )
                for entry in self._disputed(ledger.disagreements())
            ]

    def recent(self, person: str, *, count: int) -> list[tuple[Entry, Label]]:
        """Return what this person answered last and has not taken back, the oldest first."""
        with self.store.reading() as ledger:
            labels = [one for one in ledger.standing(person) if one.picture in self._entries]
        return [(self._entries[label.picture], label) for label in labels[-count:]]

    def guess(self, picture: str) -> float | None:
        """Return the learner's probability of the second class; None where it has none yet."""
        return self._lesson.guesses.get(picture)

    def entry(self, picture: str) -> Entry:
        """Return a picture of the pool.

        Raises:
            PictureError: ``missing``: there is none of this identity.
        """
        entry = self._entries.get(picture)
        if entry is None:
            raise PictureError("missing", "There is no such picture in this pool.")
        return entry

    def jpeg(self, picture: str, *, side: int) -> bytes:
        """Return a picture for a page: made anew from its pixels, without metadata.

        Args:
            picture: sha256 of its bytes.
            side: pixels of the longer side, at most.

        Raises:
            PictureError: it is not of this pool, or its file has changed or gone.
        """
        entry = self.entry(picture)
        key = (picture, side)
        with self._lock:
            if key in self._jpegs:
                self._jpegs.move_to_end(key)
                return self._jpegs[key]
        jpeg = self._made(entry, side)
        with self._lock:
            self._jpegs[key] = jpeg
            while len(self._jpegs) > _KEPT_JPEGS:
                self._jpegs.popitem(last=False)
        return jpeg

    def _made(self, entry: Entry, side: int) -> bytes:
        path = os.path.join(self.pool.root, entry.file)  # noqa: PTH118 - odd names
        data = read_file(path, limits=self._limits)
        # A reduced decode of a JPEG is no smaller than this on either side: enough for any shape.
        scale = side / max(entry.width, entry.height, 1)
        wanted = (max(1, round(entry.width * scale)), max(1, round(entry.height * scale)))
        picture = decode(data, source=entry.file, limits=self._limits, at_least=wanted)
        if picture.sha256 != entry.sha256:
            msg = "The file has changed since the pool was read. Start again to see it."
            raise PictureError("vanished", msg, entry.file)
        return thumbnail(picture, side=side)

    @property
    def _lesson(self) -> Lesson:
        return self._refits.lesson if self._refits else Lesson()

    def _disputed(self, pictures: list[str]) -> list[Entry]:
        return [self._entries[picture] for picture in pictures if picture in self._entries]
