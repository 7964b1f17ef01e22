"""Reading a pool in the background: people begin with its first pictures, and it grows meanwhile.

Files are read in an order drawn by lot, so that the first pictures are like the others. Copies of
a picture that come later join its group.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from happysad.collection.duplicates import GrowingGroups
from happysad.collection.names import claims_picture
from happysad.collection.scan import NO_PICTURE, entry_of, examine_each
from happysad.errors import CollectionError, HappysadError
from happysad.labels.index import Known, stamp
from happysad.labels.pool import Pool, files_of, refuse_no_picture
from happysad.pictures.signature import from_hex
from happysad.pictures.workers import available_processors
from happysad.progress import Progress, silent

if TYPE_CHECKING:
    from happysad.config import CheckOptions
    from happysad.labels.index import Index
    from happysad.records import Entry

# A pool is put together anew when it has grown by a quarter: often at first, and seldom once that
# takes a while.
_STEP: Final = 8
_GROWTH: Final = 1.25


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far the reading is.

    Attributes:
        done: files that were looked at.
        total: files there are.
        complete: whether nothing more will come.
        trouble: why it ended early; empty unless it did.
    """

    done: int
    total: int
    complete: bool
    trouble: str = ""


Grown = Callable[[Pool, Progressed], None]


class Reading:
    """A folder that is being read.

    Args:
        folder: flat or nested; folders in it mean nothing.
        options: what a picture may cost. Unless it says how many processes decode, one processor
            is left to whoever is labelling.
        index: what was read before; None reads everything.
        seed: of the order.
        progress: told of the files read, from the reading thread.

    Raises:
        CollectionError: there is no such folder.
    """

    def __init__(
        self,
        folder: str,
        *,
        options: CheckOptions,
        index: Index | None = None,
        seed: int = 1,
        progress: Progress = silent,
    ) -> None:
        root, found = files_of(folder)
        files = [item.file for item in found if item.kind == "file"]
        random.Random(seed).shuffle(files)  # noqa: S311  chance, not secrecy
        unread = sum(item.kind not in {"file", "ignored"} for item in found)
        workers = options.workers or max(1, available_processors() - 1)
        self.pool = Pool(root, (), unread)
        self.progressed = Progressed(0, len(files), complete=False)
        self._files = files
        self._options = replace(options, workers=workers)
        self._index = index
        self._progress = progress
        self._gathered = _Gathered(root, unread)
        self._told: Grown | None = None
        self._lock = threading.Lock()
        self._begun = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="reading", daemon=True)

    def start(self) -> None:
        """Begin, and return when the first picture is there.

        Raises:
            CollectionError: no file is a picture that can be read.
            HappysadError: the processes that read cannot be started.
        """
        self._thread.start()
        self._begun.wait()
        if not self.pool.entries:
            if self.progressed.trouble:
                raise CollectionError(self.progressed.trouble)
            refuse_no_picture(self.pool)

    def follow(self, told: Grown) -> None:
        """Say now, and whenever it has grown, what the pool is; at the end once more.

        Args:
            told: called with the pool and how far the reading is, from the reading thread, one
                call at a time.
        """
        with self._lock:
            self._told = told
            told(self.pool, self.progressed)

    def stop(self, *, seconds: float = 5.0) -> None:
        """End early, with what was read by then."""
        self._stopped = True
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def _work(self) -> None:
        trouble = ""
        try:
            self._read()
        except HappysadError as error:
            trouble = str(error)
        # A defect must not end the labelling of what was read already; the page shows it.
        except Exception as error:
            trouble = f"{type(error).__name__}: {error}"
        self._publish(replace(self.progressed, complete=True, trouble=trouble))

    def _read(self) -> None:
        stamps = {file: stamp(f"{self.pool.root}/{file}") for file in self._files}
        known = self._index.load(stamps) if self._index else {}
        self._gathered.add([known[file] for file in self._files if file in known])
        files = [file for file in self._files if file not in known]
        if known:
            self._publish(replace(self.progressed, done=len(known)))
        fresh: list[Known] = []
        published = len(known)
        for picture in self._examined(files):
            fresh += picture
            done = self.progressed.done + 1
            self.progressed = replace(self.progressed, done=done)
            # The first picture is given out as soon as it is there.
            if published + len(fresh) >= published * _GROWTH + (_STEP if published else 1):
                published += len(fresh)
                self._take_in(fresh, stamps)
                fresh = []
                self._publish(self.progressed)
            if self._stopped:
                break
        self._take_in(fresh, stamps)

    def _examined(self, files: Sequence[str]) -> Iterator[list[Known]]:
        """Yield each file's picture, or nothing for a file that is none."""
        for file, told in examine_each(self.pool.root, files, self._options, self._progress):
            if not told.code:
                yield [Known(replace(entry_of(file, told), label=""), told.pixel_sha256)]
                continue
            if told.code not in NO_PICTURE or claims_picture(file):
                self._gathered.left_out += 1
            yield []

    def _take_in(self, pictures: list[Known], stamps: dict[str, tuple[int, ...]]) -> None:
        # First on the disk: what was once given out is known after a restart.
        if self._index and pictures:
            self._index.keep(pictures, stamps)
        self._gathered.add(pictures)

    def _publish(self, progressed: Progressed) -> None:
        pool = self._gathered.pool()
        with self._lock:
            self.pool, self.progressed = pool, progressed
            if self._told is not None:
                self._told(pool, progressed)
        if pool.entries or progressed.complete:
            self._begun.set()


class _Gathered:
    """The pictures read so far, and which of them are copies."""

    def __init__(self, root: str, left_out: int) -> None:
        self.left_out = left_out
        self._root = root
        self._entries: list[Entry] = []
        self._groups = GrowingGroups()

    def add(self, pictures: Sequence[Known]) -> None:
        signatures = [from_hex(entry.signature) for entry, _ in pictures]
        self._groups.add(
            [(entry.sha256, pixel_sha256) for entry, pixel_sha256 in pictures],
            np.array(signatures, np.uint64).reshape(-1, 4),
        )
        self._entries += [entry for entry, _ in pictures]

    def pool(self) -> Pool:
        """Return them as a pool, each group under the smallest sha256 in it."""
        names: dict[int, str] = {}
        numbers = self._groups.numbers.tolist()
        for number, entry in zip(numbers, self._entries, strict=True):
            names[number] = min(names.get(number, entry.sha256), entry.sha256)
        for place, number in enumerate(numbers):
            if self._entries[place].group != names[number]:
                self._entries[place] = replace(self._entries[place], group=names[number])
        entries = tuple(sorted(self._entries, key=lambda entry: entry.file))
        return Pool(self._root, entries, self.left_out)
