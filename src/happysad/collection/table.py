"""The small CSV lists of a folder that a person may change: read with care, and written whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from happysad.config import Limits
from happysad.durable import replacing
from happysad.errors import CollectionError, SourceError
from happysad.sources.read import read_file

_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of list; its columns come in any order, and there may be others beside them.

    Names that are no UTF-8 come through as they are, as ``os.fsdecode`` has them.

    Attributes:
        of: what is on it, e.g. ``groups``, for the words of errors.
        columns: as they are written.
        needed: those without which it cannot be read.
        advice: what to do with a list that cannot be used.
    """

    of: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]
    advice: str = ""

    def read(
        self, path: Path, *, follow: bool = False, optional: bool = False
    ) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the number of each line and what it says, by column; what is left out is empty.

        Args:
            path: the file.
            follow: also through symbolic links.
            optional: whether a file that is not there is an empty list.

        Raises:
            CollectionError: it cannot be read, is no CSV, or lacks a column.
        """
        try:
            data = read_file(path, limits=Limits(max_bytes=_MOST_BYTES), follow=follow)
        except SourceError as error:
            if optional and error.code == "missing":
                return
            raise self.wrong(path, error.message.rstrip(".")) from error
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig", "surrogateescape"), newline=""))
        try:
            missing = [name for name in self.needed if name not in (rows.fieldnames or [])]
            if missing:
                needed = ", ".join(self.needed)
                raise self.wrong(path, f"it has no column {missing[0]!r}; it needs {needed}")
            for row in rows:
                yield rows.line_num, {name: row.get(name) or "" for name in self.columns}
        except csv.Error as error:
            raise self.wrong(path, f"line {rows.line_num}: {error}") from error

    def write(self, path: Path, rows: Iterable[Sequence[str]], *, new_folder: bool = False) -> None:
        """Write a list, replacing a file that is there.

        Args:
            path: the file.
            rows: what each line says, in the order of ``columns``.
            new_folder: whether its folder may have to be made.

        Raises:
            CollectionError: it cannot be written.
        """
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(self.columns)
        lines.writerows(rows)
        try:
            if new_folder:
                path.parent.mkdir(exist_ok=True)
            with replacing(path) as file:
                file.write(text.getvalue().encode("utf-8", "surrogateescape"))
        except OSError as error:
            reason = error.strerror or str(error)
            msg = f"The list of {self.of} {str(path)!r} cannot be written: {reason}."
            raise CollectionError(msg) from error

    def wrong(self, path: Path, what: str) -> CollectionError:
        """Return the error of a list that cannot be used."""
        msg = f"The list of {self.of} {str(path)!r} cannot be used: {what}."
        return CollectionError(f"{msg} {self.advice}".rstrip())
