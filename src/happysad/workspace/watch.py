"""Keeps the check of a workspace's pictures up to date while they come in.

A file is read once, when it appears or changes, in a process of its own; what was read is compared
with all the rest again whenever there is news. Files that people put there by other means are
found, too, a moment later.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from happysad.collection import groups
from happysad.collection.scan import judged, read_all
from happysad.collection.walk import walk
from happysad.config import CheckOptions
from happysad.errors import CollectionError, HappysadError, PictureError, UsageError
from happysad.pictures.examine import Examined, examine
from happysad.pictures.pool import Pool
from happysad.progress import silent

if TYPE_CHECKING:
    from pathlib import Path

    from happysad.collection.decisions import Decision
    from happysad.collection.survey import Survey
    from happysad.collection.walk import Found
    from happysad.records import Collection
    from happysad.workspace.place import Wish, Workspace

    Stamp = tuple[int, int, int]

# How long something that other programs do in the folder may stay unseen.
_SECONDS_BETWEEN_LOOKS: Final = 3.0
# While many pictures come in, all are compared again so often at most.
_SECONDS_BETWEEN_VIEWS: Final = 0.5


@dataclass(frozen=True, slots=True)
class View:
    """The pictures of a workspace at one moment.

    Attributes:
        version: grows with every view.
        done: files that have been read.
        total: files that are there.
        classes: the two class names in label order; empty until the first look is over.
        collection: the files that have been read, checked, as decided; None until then.
        decisions: what is decided about them.
        files: opaque id → file, of everything that has been read.
        broken: files that cannot be shown.
        bursts: file → the burst that it is a frame of.
        trouble: why the folder cannot be looked at, or nothing.
    """

    version: int = 0
    done: int = 0
    total: int = 0
    classes: tuple[str, ...] = ()
    collection: Collection | None = None
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    bursts: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""


class Watch:
    """Looks at a workspace's pictures in the background.

    Attributes:
        view: the latest.

    Args:
        workspace: what to look at.
        options: what a picture may cost, and what to look for.
    """

    def __init__(self, workspace: Workspace, *, options: CheckOptions | None = None) -> None:
        self.view = View()
        self._workspace = workspace
        self._root = str(workspace.pictures)
        self._options = options or CheckOptions()
        limits = self._options.limits
        self._pool: Pool[str, Examined] = Pool(
            partial(examine, limits=limits),
            workers=self._options.workers,
            seconds=limits.decode_seconds,
        )
        self._key = secrets.token_bytes(16)
        self._known: dict[str, Examined] = {}
        self._stamps: dict[str, Stamp] = {}
        self._found: list[Found] = []
        self._seen: object = None
        self._lock = threading.RLock()
        self._news = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to look.

        Raises:
            HappysadError: the reading processes cannot be started.
        """
        self._pool.start()
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped = True
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.close()

    def nudge(self) -> None:
        """Say that there is news in the folder."""
        self._news.set()

    def renamed(self) -> None:
        """Say that the classes have other names, which the view has when this returns.

        Raises:
            CollectionError: there are not two class folders any more.
        """
        self._publish()
        self.nudge()

    def file(self, number: str) -> str:
        """Return the file behind an id.

        Raises:
            PictureError: ``missing``: there is none, or it has changed since.
        """
        file = self.view.files.get(number)
        if file is None:
            raise PictureError("missing", "There is no such picture in this workspace.")
        return file

    @property
    def digests(self) -> frozenset[str]:
        """The sha256 digests of everything that has been read."""
        return frozenset(told.sha256 for told in list(self._known.values()))

    def decide(self, wishes: Sequence[Wish]) -> None:
        """Write down what is to be done with some pictures, and look again.

        Raises:
            UsageError: it contradicts another decision, or there is no such class; nothing is
                written then.
            CollectionError: the list cannot be read or written.
        """
        with self._lock:
            wanted = self._workspace.changed(wishes)
            survey, ignored = self._survey()
            present = self._present(survey)
            try:
                self._judged(survey, ignored, [item for item in wanted if item.file in present])
            except CollectionError as error:
                msg = f"{error} Take the other decision back first."
                raise UsageError(msg) from error
            self._workspace.write(wanted)
            self._publish()

    def _work(self) -> None:
        while not self._stopped:
            trouble = ""
            try:
                self._look()
            except (HappysadError, OSError) as error:
                trouble = str(error)
            # A defect must not end the looking unseen; the page shows it.
            except Exception as error:
                trouble = f"{type(error).__name__}: {error}"
            if trouble:
                self._seen = None  # so that the folder is looked at again once it is as before
                self._tell(trouble)
            self._news.wait(_SECONDS_BETWEEN_LOOKS)
            self._news.clear()

    def _look(self) -> None:
        """Read what is new, and publish views of what is known."""
        classes = self._workspace.classes
        with self._workspace.still() as coming:
            found = [item for item in walk(self._root) if item.file not in coming]
        stamps = {item.file: _stamp(self._root, item.file) for item in found if item.kind == "file"}
        lists = (self._workspace.decisions, groups.place(self._root))
        seen = (classes, found, stamps, [_stamp_of(path) for path in lists])
        if seen == self._seen:
            return
        with self._lock:
            self._found = found
            for file in [name for name, one in self._stamps.items() if stamps.get(name) != one]:
                self._known.pop(file, None)
            self._stamps = stamps
        self._read([file for file in stamps if file not in self._known])
        if not self._stopped:
            self._seen = seen
            self._publish()

    def _read(self, files: list[str]) -> None:
        """Read files, and publish a view now and then."""
        pending = {self._pool.submit(f"{self._root}/{file}"): file for file in files}
        waiting = set(pending)
        last = time.monotonic()
        while waiting and not self._stopped:
            done, waiting = wait(waiting, _SECONDS_BETWEEN_VIEWS, FIRST_COMPLETED)
            for future in done:
                told = future.result()
                if isinstance(told, PictureError):
                    told = Examined(pending[future], code=told.code, message=told.message)
                with self._lock:
                    self._known[pending[future]] = told
            if waiting and time.monotonic() - last > _SECONDS_BETWEEN_VIEWS:
                self._publish()
                last = time.monotonic()

    def _publish(self) -> None:
        with self._lock:
            survey, ignored = self._survey()
            decisions = self._workspace.decided(self._present(survey))
            trouble = ""
            try:
                collection = self._judged(survey, ignored, decisions)
            except HappysadError as error:
                collection, trouble = self._judged(survey, ignored, ()), str(error)
            self.view = View(
                version=self.view.version + 1,
                done=len(self._known),
                total=len(self._stamps),
                classes=self._workspace.classes,
                collection=collection,
                decisions={item.file: item for item in decisions},
                files={self._id(file): file for file in self._known},
                broken=frozenset(file for file, told in self._known.items() if told.code),
                bursts=groups.read_groups(self._root),
                trouble=trouble,
            )

    def _survey(self) -> tuple[Survey, list[str]]:
        """Compare everything that has been read; nothing is read here."""
        known = dict(self._known)
        found = [item for item in self._found if item.kind != "file" or item.file in known]
        return read_all(self._root, found, self._options, silent, known=known)

    def _judged(
        self, survey: Survey, ignored: list[str], decisions: list[Decision] | tuple[Decision, ...]
    ) -> Collection:
        return judged(survey, self._root, self._workspace.classes, ignored, decisions=decisions)

    @staticmethod
    def _present(survey: Survey) -> frozenset[str]:
        pictures = (one.file for one in survey.pictures)
        return frozenset([*pictures, *(one.file for one in survey.failures)])

    def _id(self, file: str) -> str:
        """Return a name for a file as it is now, which tells nothing of it."""
        stamp = repr((file, self._stamps.get(file))).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(stamp, key=self._key, digest_size=16).hexdigest()

    def _tell(self, trouble: str) -> None:
        with self._lock:
            if trouble != self.view.trouble:
                self.view = replace(self.view, version=self.view.version + 1, trouble=trouble)


def _stamp(root: str, file: str) -> Stamp:
    return _stamp_of(f"{root}/{file}") or (0, 0, 0)


def _stamp_of(path: str | Path) -> Stamp | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
