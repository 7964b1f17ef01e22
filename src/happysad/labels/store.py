"""One SQLite file that keeps every label, whatever happens to the process or the power.

The file is a list that only grows. An answer is accepted when its transaction is on the disk, and
not before. SQLite's rollback journal is used: its write-ahead log has a race between connections
in versions before 3.51.3, and an answer is too small to gain from it.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from happysad.errors import LabelError
from happysad.labels.ledger import Label, Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION: Final = 1
_BUSY_SECONDS: Final = 10.0
_COLUMNS: Final = tuple(item.name for item in fields(Label))
_SCHEMA: Final = f"""
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE labels (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    picture TEXT NOT NULL,
    person TEXT NOT NULL,
    answer TEXT NOT NULL,
    expects INTEGER NOT NULL,
    guess_shown INTEGER NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE lessons (
    labels INTEGER NOT NULL,
    accuracy REAL,
    low REAL,
    high REAL,
    n INTEGER NOT NULL,
    at TEXT NOT NULL
) STRICT;
PRAGMA user_version = {_VERSION};
"""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the learning curve: what a learner could do after so many labels.

    Attributes:
        labels: how many pictures it had learned from.
        accuracy: on pictures that came by lot and that it had not learned from, 0 to 1; None where
            there were too few.
        low: lower end of the 95% interval; None likewise.
        high: upper end; None likewise.
        n: pictures that the estimate rests on.
    """

    labels: int
    accuracy: float | None
    low: float | None
    high: float | None
    n: int


class LabelStore:
    """The labels of one pool.

    One connection, one lock: threads take turns. Another process may work on the same file; what
    it has added is read before anything is decided.

    Args:
        path: the file; made, with its folder, where there is none.
        classes: the two class names in the order of the keys; None takes those of the file.

    Raises:
        LabelError: it cannot be made or read, is no file of labels, or has other classes.
    """

    def __init__(self, path: Path, classes: tuple[str, str] | None = None) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._border():
            if classes is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            elif not path.is_file():
                msg = f"There are no labels in {str(path)!r} yet. Start with: happysad label"
                raise LabelError(msg)
            self._database = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._database.execute("PRAGMA journal_mode = TRUNCATE")
            self._database.execute("PRAGMA synchronous = FULL")
            self._ledger = Ledger(self._prepare(classes))
            self._catch_up()

    @property
    def classes(self) -> tuple[str, str]:
        """The two class names in the order of the keys."""
        return self._ledger.classes

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    @contextmanager
    def reading(self) -> Iterator[Ledger]:
        """Give the list as it is now; it does not change within the block."""
        with self._border():
            self._catch_up()
            yield self._ledger

    def accept(self, label: Label) -> Label:
        """Keep a label; when this returns, it is on the disk.

        Args:
            label: without number and time. Sent again, under the same id, it is accepted once.

        Returns:
            The label as it was accepted, now or before.

        Raises:
            UsageError: no such answer, or nothing to settle or take back.
            ConflictError: another label has come in between, or has the same id.
            LabelError: the file cannot be written.
        """
        with self._border(), self._writing():
            self._catch_up()
            known = self._ledger.known(label)
            if known is not None:
                return known
            self._ledger.examine(label)
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            accepted = replace(label, number=self._ledger.length + 1, at=now)
            self._insert(accepted)
        with self._lock:
            # Only now: had the transaction failed, the list would know of a label that is lost.
            self._catch_up()
        return accepted

    def note(self, point: Point) -> None:
        """Keep a point of the learning curve.

        Raises:
            LabelError: the file cannot be written.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        values = (point.labels, point.accuracy, point.low, point.high, point.n, now)
        with self._border(), self._writing():
            self._database.execute("INSERT INTO lessons VALUES (?, ?, ?, ?, ?, ?)", values)

    def curve(self) -> tuple[Point, ...]:
        """Return the learning curve so far, in the order in which it was noted."""
        with self._border():
            rows = self._database.execute(
                "SELECT labels, accuracy, low, high, n FROM lessons ORDER BY rowid"
            )
            return tuple(Point(*row) for row in rows)

    def _prepare(self, classes: tuple[str, str] | None) -> tuple[str, str]:
        """Make the tables in a new file; return the classes of the file."""
        with self._writing():
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version == 0 and classes is not None and not self._tables():
                for statement in _SCHEMA.strip().split(";\n"):
                    self._database.execute(statement)
                values = ("classes", json.dumps(classes))
                self._database.execute("INSERT INTO about VALUES (?, ?)", values)
            elif version != _VERSION:
                msg = (
                    f"{str(self.path)!r} is no file of labels that this version reads (its "
                    f"format is {version}, not {_VERSION}). Name another file with: --labels"
                )
                raise LabelError(msg)
        (text,) = self._database.execute(
            "SELECT value FROM about WHERE name = 'classes'"
        ).fetchone()
        first, second = json.loads(text)
        if classes is not None and set(classes) != {first, second}:
            msg = (
                f"The labels in {str(self.path)!r} are of the classes {first!r} and {second!r}. "
                f"Got {', '.join(classes)} instead; name another file with: --labels"
            )
            raise LabelError(msg)
        return classes or (first, second)

    def _tables(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return int(count)

    def _catch_up(self) -> None:
        """Read what has been added, by this process or another."""
        rows = self._database.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM labels WHERE number > ? ORDER BY number",  # noqa: S608
            (self._ledger.length,),
        )
        for row in rows.fetchall():
            values = dict(zip(_COLUMNS, row, strict=True))
            values["guess_shown"] = bool(values["guess_shown"])
            self._ledger.append(Label(**values))

    def _insert(self, label: Label) -> None:
        marks = ", ".join("?" * len(_COLUMNS))
        values = [getattr(label, name) for name in _COLUMNS]
        self._database.execute(
            f"INSERT INTO labels ({', '.join(_COLUMNS)}) VALUES ({marks})",  # noqa: S608
            values,
        )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction; the lock on the file is taken at its begin."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        finally:
            # Still open: something failed, the commit itself perhaps, for want of room.
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")

    @contextmanager
    def _border(self) -> Iterator[None]:
        """Let one thread in, and translate what SQLite and the system say."""
        with self._lock:
            try:
                yield
            except (sqlite3.Error, OSError) as error:
                msg = f"The labels in {str(self.path)!r} cannot be used: {error}."
                raise LabelError(msg) from error
