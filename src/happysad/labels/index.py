"""What was read of a pool before, so that a page that is opened again knows its pictures at once.

One line a picture, appended as it is read. It is a shortcut and no more: a line that is torn, or
about a file that has changed since, is passed over, and the whole file may be deleted at any time.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from happysad.durable import replacing
from happysad.records import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from happysad.config import Limits

# Grows whenever reading the same file would tell something else.
_READING: Final = 1
_STAMPS: Final = 4


class Known(NamedTuple):
    """A picture as it was read.

    Attributes:
        entry: the picture, in a group of its own.
        pixel_sha256: see ``pictures.examine``.
    """

    entry: Entry
    pixel_sha256: str


class Index:
    """The pictures of one pool that were read before.

    Args:
        path: the file; made, with its folder, when something is kept.
        limits: what a picture may cost; what was read under others is not taken.
    """

    def __init__(self, path: Path, *, limits: Limits) -> None:
        self._path = path
        self._about = json.dumps([_READING, asdict(limits)], sort_keys=True)

    def load(self, stamps: Mapping[str, tuple[int, ...]]) -> dict[str, Known]:
        """Return what is known of files that are still as they were.

        Args:
            stamps: file → ``stamp`` of it now.
        """
        try:
            lines = self._path.read_bytes().split(b"\n")
        except OSError:
            return {}  # nothing was read before, or not by somebody who could write here
        known: dict[str, Known] = {}
        for line in lines:
            if (found := _line(line, self._about)) is None:
                continue
            one, stamped = found
            if stamps.get(one.entry.file) == stamped:
                known[one.entry.file] = one
        if len(lines) > 2 * len(known) + 64:
            self._write(known.values(), stamps)
        return known

    def keep(self, pictures: Iterable[Known], stamps: Mapping[str, tuple[int, ...]]) -> None:
        """Append pictures that were read; where nothing can be written, they are read again.

        Args:
            pictures: as they were read.
            stamps: file → ``stamp`` of it before it was read.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                # The line break before them ends a line that a kill has left unfinished.
                file.write(b"\n" + b"".join(self._lines(pictures, stamps)))
        except OSError:
            return

    def _write(self, pictures: Iterable[Known], stamps: Mapping[str, tuple[int, ...]]) -> None:
        try:
            with replacing(self._path) as file:
                file.writelines(self._lines(pictures, stamps))
        except OSError:
            return

    def _lines(
        self, pictures: Iterable[Known], stamps: Mapping[str, tuple[int, ...]]
    ) -> Iterable[bytes]:
        for one in pictures:
            if stamped := stamps.get(one.entry.file):
                told = [self._about, stamped, one.pixel_sha256, asdict(one.entry)]
                yield json.dumps(told).encode("ascii") + b"\n"


def stamp(path: str) -> tuple[int, ...]:
    """Return what changes whenever a file's content does; nothing where it cannot be seen."""
    try:
        seen = os.lstat(path)
    except OSError:
        return ()
    return (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)


def _line(line: bytes, about: str) -> tuple[Known, tuple[int, ...]] | None:
    try:
        told: Any = json.loads(line)
        meant, stamped, pixels, entry = told
        if meant != about or len(stamped) != _STAMPS:
            return None
        return Known(Entry(**entry), str(pixels)), tuple(stamped)
    except (ValueError, TypeError):
        return None
