"""The journal of a quarantine: every move is on disk before it happens.

One JSON object a line: ``{"from": "happy/a.jpg", "to": "1/happy/a.jpg", "code": "truncated"}``.
``from`` is relative to the collection, ``to`` to the quarantine folder. A line that breaks off at
the end of the file belongs to a move that never began.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from happysad.durable import sync_folder
from happysad.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Move:
    """One move, before or after it happened.

    Attributes:
        origin: path relative to the collection's folder, with ``/``.
        place: path relative to the quarantine folder, with ``/``.
        code: code of the finding that caused it.
    """

    origin: str
    place: str
    code: str


class Journal:
    """Appends moves to a journal file, each on disk when ``write`` returns.

    Args:
        path: the file; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Journal:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        self._file = os.fdopen(handle, "r+b")
        whole = self._file.read().rfind(b"\n") + 1
        self._file.seek(whole)
        self._file.truncate()  # what a power cut left of a last line
        sync_folder(self._path.parent)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, move: Move) -> None:
        """Append one move and wait until it is on disk."""
        line = json.dumps({"from": move.origin, "to": move.place, "code": move.code}) + "\n"
        self._file.write(line.encode("ascii"))
        self._file.flush()
        os.fsync(self._file.fileno())


def read_journal(path: Path) -> list[Move]:
    """Return the moves of a journal, the earliest first; none if there is no journal.

    Raises:
        CollectionError: the journal cannot be read, is damaged, or names places outside the
            collection.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        msg = f"The journal {str(path)!r} cannot be read: {error.strerror}."
        raise CollectionError(msg) from error
    return list(_moves(path, lines[:-1]))


def _moves(path: Path, lines: list[bytes]) -> Iterator[Move]:
    for number, line in enumerate(lines, start=1):
        try:
            item = json.loads(line)
            move = Move(origin=item["from"], place=item["to"], code=item["code"])
            good = all(isinstance(value, str) for value in asdict(move).values())
        except (ValueError, KeyError, TypeError, RecursionError):
            good = False
        if not good or not (_stays_inside(move.origin) and _stays_inside(move.place)):
            msg = (
                f"Line {number} of the journal {str(path)!r} is damaged or was not written by "
                f"happysad. The files set aside lie in {str(path.parent)!r}: put them back by hand."
            )
            raise CollectionError(msg)
        yield move


def _stays_inside(path: str) -> bool:
    """Whether a relative path names something below the folder it starts from."""
    parts = PurePosixPath(path).parts
    return bool(parts) and "\0" not in path and parts[0] != "/" and ".." not in parts
