"""The files of a workspace, and every change to them that a page can ask for."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from happysad.collection.decisions import (
    DECISIONS,
    Decision,
    read_decisions,
    write_decisions,
)
from happysad.collection.groups import read_groups, write_groups
from happysad.collection.layout import read_layout
from happysad.collection.names import is_hidden
from happysad.durable import LOCK, locked, replacing, sync_folder
from happysad.errors import CollectionError, ConflictError, UsageError
from happysad.labels.pool import default_store
from happysad.workspace.names import class_names, numbered, safe_name

if TYPE_CHECKING:
    from happysad.collection.decisions import Choice

DEFAULT_CLASSES: Final = ("happy", "sad")
_MOST_TWINS: Final = 10_000


class Wish(NamedTuple):
    """What somebody wants to be done with a picture.

    Attributes:
        file: relative to the folder of pictures.
        choice: see ``collection.decisions``; None takes back what was decided.
        suggested: the class, to relabel it.
    """

    file: str
    choice: Choice | None
    suggested: str = ""


class Workspace:
    """One workspace; threads may share it.

    Attributes:
        root: its folder, absolute.
        pictures: the labelled folder in it.
        pool: folder of the pictures without labels; it need not exist.
        runs: folder of the trainings; it need not exist.
        decisions: the list of what is set aside or relabelled; it need not exist.

    Args:
        root: an empty folder, one that does not exist yet, or a workspace.
        classes: the two names for a new workspace.

    Raises:
        UsageError: it is a folder of something else, or has other classes than asked for.
        CollectionError: it cannot be made, or its pictures do not lie in two class folders.
    """

    def __init__(self, root: Path, classes: tuple[str, ...] = ()) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100  resolve() would follow links
        self.pictures = self.root / "pictures"
        self.pool = self.root / "pool"
        self.runs = self.root / "runs"
        self.decisions = self.root / DECISIONS
        self._lock = threading.RLock()
        self._coming: set[str] = set()
        self._open(class_names(classes) if classes else None)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.root.name or "workspace"

    @property
    def classes(self) -> tuple[str, str]:
        """The two class names in label order.

        Raises:
            CollectionError: there are not two class folders any more.
        """
        found = read_layout(self.pictures).classes
        if len(found) != 2:
            msg = (
                f"{str(self.pictures)!r} has {len(found)} class folders: {', '.join(found)}. "
                "A workspace has two; move the others elsewhere."
            )
            raise CollectionError(msg)
        return found[0], found[1]

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other page work here meanwhile: each would undo what the other decides.

        Raises:
            ConflictError: another one does, in this process or elsewhere.
            CollectionError: that cannot be found out.
        """
        with contextlib.ExitStack() as stack:
            with self._border("The workspace cannot be opened"):
                free = stack.enter_context(locked(self.root / LOCK))
            if not free:
                msg = (
                    f"Another page is at work in {str(self.root)!r}. Open the link that it "
                    "printed, or end it with Ctrl-C; several people may share one page."
                )
                raise ConflictError(msg)
            yield

    def rename_classes(self, names: tuple[str, ...]) -> None:
        """Give the classes other names, while no picture is there.

        Raises:
            UsageError: they cannot be names of classes.
            ConflictError: there are pictures already, or answers that name these classes.
            CollectionError: the folders cannot be renamed.
        """
        wanted = class_names(names)
        with self._lock, self._border("The classes cannot be renamed"):
            if any(any((self.pictures / name).iterdir()) for name in self.classes):
                msg = "There are pictures in these classes already; their names stay as they are."
                raise ConflictError(msg)
            if default_store(self.pool).exists():
                msg = "Pictures are labelled with these classes already; their names stay."
                raise ConflictError(msg)
            for name in self.classes:
                (self.pictures / name).rmdir()
            self._make_classes(wanted)

    def add(self, name: str, data: bytes, *, label: str | None, burst: str = "") -> str | None:
        """Keep the bytes of a picture as they are; when this returns, they are on the disk.

        Broken pictures are kept, too: the check finds them.

        Args:
            name: what it is called elsewhere.
            data: its bytes.
            label: its class; None puts it into the pool.
            burst: frames of one burst, which belong together, share this name.

        Returns:
            Its path relative to ``pictures`` or ``pool``; None for what systems leave in folders,
            which is not kept.

        Raises:
            UsageError: there is no such class.
            CollectionError: it cannot be written.
        """
        if is_hidden(name.replace("\\", "/").rpartition("/")[2]):
            return None
        with self._border("The picture cannot be kept"):
            path = self._place_for(name, label)
            file = _named(path, label)
            try:
                if burst and label is not None:
                    self._join(file, burst)
                with replacing(path) as target:
                    target.write(data)
            except BaseException:  # whatever ends it, no empty file stays behind
                with contextlib.suppress(OSError):
                    path.unlink()
                raise
            finally:
                with self._lock:
                    self._coming.discard(file)
        return file

    @contextlib.contextmanager
    def still(self) -> Iterator[frozenset[str]]:
        """Let no picture begin or end to come in meanwhile.

        Yields:
            What is coming in, relative to ``pictures`` or ``pool``: files that are there, but
            empty so far.
        """
        with self._lock:
            yield frozenset(self._coming)

    def changed(self, wishes: Iterable[Wish]) -> tuple[Decision, ...]:
        """Return the list of decisions as it would be with some more; ``write`` keeps it.

        Raises:
            UsageError: there is no such class.
            CollectionError: the list cannot be read.
        """
        held = {item.file: item for item in self.decided()}
        for file, choice, suggested in wishes:
            if choice == "relabel" and suggested not in self.classes:
                msg = f"There is no class {suggested!r}; the classes are {', '.join(self.classes)}."
                raise UsageError(msg)
            held.pop(file, None)
            if choice is not None:
                held[file] = Decision(file, file.partition("/")[0], choice, suggested)
        return tuple(held.values())

    def write(self, decisions: Iterable[Decision]) -> None:
        """Keep a list of decisions in the place of the former one.

        Raises:
            CollectionError: it cannot be written.
        """
        with self._lock:
            write_decisions(decisions, self.decisions)

    def decided(self, present: Container[str] | None = None) -> tuple[Decision, ...]:
        """Return what is decided.

        Args:
            present: leave out what is about other files than these.

        Raises:
            CollectionError: the list cannot be read.
        """
        with self._lock:
            listed = read_decisions(self.decisions) if self.decisions.exists() else ()
        return tuple(item for item in listed if present is None or item.file in present)

    def tidy(self) -> None:
        """Take the decisions off the list whose files are gone, which no training could follow.

        Raises:
            CollectionError: the list cannot be read or written.
        """
        with self._lock:
            listed = self.decided()
            # The folder itself is asked: a view of it may not have come to every file yet.
            kept = [item for item in listed if os.path.lexists(f"{self.pictures}/{item.file}")]
            if len(kept) < len(listed):
                write_decisions(kept, self.decisions)

    def _open(self, classes: tuple[str, str] | None) -> None:
        with self._border("The workspace cannot be made"):
            if not self.pictures.is_dir():
                if self.root.exists() and any(self.root.iterdir()):
                    msg = (
                        f"{str(self.root)!r} is no workspace: there is something in it, but no "
                        "folder 'pictures'. Name a new folder; the pictures of this one can be "
                        "dropped onto the page."
                    )
                    raise UsageError(msg)
                self.pictures.mkdir(parents=True)
            inside = self.pictures.iterdir()
            if not any(path.is_dir() and not is_hidden(path.name) for path in inside):
                self._make_classes(classes or DEFAULT_CLASSES)
        if classes and classes != self.classes:
            msg = (
                f"The classes of this workspace are {', '.join(self.classes)}. Got "
                f"{', '.join(classes)} instead; name another folder for these."
            )
            raise UsageError(msg)

    def _make_classes(self, names: tuple[str, ...]) -> None:
        for name in names:
            (self.pictures / name).mkdir(exist_ok=True)
        sync_folder(self.pictures)

    def _place_for(self, name: str, label: str | None) -> Path:
        """Make an empty file for a picture; from then on its class keeps its name."""
        with self._lock:
            if label is not None and label not in self.classes:
                msg = f"There is no class {label!r}; the classes are {', '.join(self.classes)}."
                raise UsageError(msg)
            folder = self.pool if label is None else self.pictures / label
            folder.mkdir(exist_ok=True)
            path = _reserved(folder, safe_name(name))
            self._coming.add(_named(path, label))
            return path

    def _join(self, file: str, burst: str) -> None:
        with self._lock:
            write_groups(self.pictures, read_groups(self.pictures) | {file: burst})

    @contextlib.contextmanager
    def _border(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            msg = f"{what} in {str(self.root)!r}: {reason}. Free some space or choose another."
            raise CollectionError(msg) from error


def _named(path: Path, label: str | None) -> str:
    """Return what a picture is called within ``pictures``, or within ``pool``."""
    return path.name if label is None else f"{label}/{path.name}"


def _reserved(folder: Path, name: str) -> Path:
    """Make an empty file that nobody else has made; its name is the first that is free.

    A process that is killed before the bytes are in leaves it empty, and the check says so.
    """
    for number in range(1, _MOST_TWINS):
        path = folder / numbered(name, number)
        try:
            path.open("xb").close()
        except FileExistsError:
            continue
        return path
    msg = f"There are too many pictures named {name!r}. Rename it."
    raise UsageError(msg)
