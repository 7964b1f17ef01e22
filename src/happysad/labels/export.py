"""What the labels are for: folders that train, tables that people and programs read."""

from __future__ import annotations

import csv
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from happysad.collection.decisions import Choice, Decision, write_decisions
from happysad.durable import replacing
from happysad.errors import LabelError, UsageError
from happysad.labels.ledger import SKIP
from happysad.records import UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from happysad.labels.ledger import Label, Ledger
    from happysad.labels.pool import Pool
    from happysad.labels.store import LabelStore
    from happysad.records import Entry

CSV_COLUMNS: Final = ("file", "label", "state", "answers", "sha256")
"""``state``: ``agreed``, ``settled``, ``disputed`` (then without a label) or ``skipped``."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        path: the folder or file.
        counts: label, or decision → pictures.
        left_out: pictures with an answer that were not written: in dispute, skipped or ``unsure``.
    """

    path: Path
    counts: Mapping[str, int]
    left_out: int


def rows(pool: Pool, store: LabelStore) -> list[tuple[str, str, str, str, str]]:
    """Return a row of ``CSV_COLUMNS`` for every picture with an answer, sorted by file."""
    with store.reading() as ledger:
        return [
            (
                entry.file,
                ledger.settled(entry.sha256) or "",
                _state(ledger, entry.sha256),
                "; ".join(f"{one.person}: {one.answer}" for one in said.values()),
                entry.sha256,
            )
            for entry, said in _answered(pool, ledger)
        ]


def write_csv(pool: Pool, store: LabelStore, path: Path) -> Exported:
    """Write every answer as a CSV file with the columns of ``CSV_COLUMNS``.

    Raises:
        LabelError: the file cannot be written.
    """
    found = rows(pool, store)
    write_table(path, [CSV_COLUMNS, *found])
    labels = Counter(label for _, label, *_ in found if label)
    return Exported(path, dict(labels), len(found) - labels.total())


def write_decision_list(pool: Pool, store: LabelStore, path: Path) -> Exported:
    """Write what people decided on the labels of a folder, as ``train`` and ``evaluate`` take it.

    A decision holds for the near duplicates of a picture too; ``unsure`` drops them.

    Raises:
        CollectionError: the file cannot be written.
    """
    decisions: list[Decision] = []
    left_out = 0
    with store.reading() as ledger:
        for entries in pool.groups.values():
            said = {ledger.settled(entry.sha256) for entry in entries} - {None}
            if len(said) == 1:
                decisions += [_decision(entry, str(*said)) for entry in entries]
            else:
                left_out += any(ledger.answers(entry.sha256) for entry in entries)
    decisions.sort(key=lambda decision: decision.file)
    write_decisions(decisions, path)
    return Exported(path, dict(Counter(one.choice for one in decisions)), left_out)


def write_table(path: Path, table: list[tuple[str, ...]]) -> None:
    """Write rows as CSV; an older file stays whole until the new one is on disk.

    Raises:
        LabelError: the file cannot be written.
    """
    lines = _Lines()
    csv.writer(lines, lineterminator="\n").writerows(table)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write("".join(lines).encode("utf-8", "surrogateescape"))
    except OSError as error:
        msg = f"Cannot write {str(path)!r}: {error.strerror}. Choose another place."
        raise LabelError(msg) from error


def write_folders(
    pool: Pool, store: LabelStore, folder: Path, *, how: Literal["copy", "link"] = "copy"
) -> Exported:
    """Put every picture with a class into a folder of that name, ready for ``train``.

    Pictures in dispute, skipped, or ``unsure`` stay out. Of near duplicates only the one that was
    shown is written.

    Args:
        pool: the pictures.
        store: their labels.
        folder: new, or empty.
        how: ``copy``, or ``link`` for hard links, which take no room and need the same disk.

    Raises:
        UsageError: the folder is not empty.
        LabelError: a picture cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"{str(folder)!r} is not an empty folder. Name a new one to export to."
        raise UsageError(msg)
    with store.reading() as ledger:
        answered = list(_answered(pool, ledger))
        labels = {entry.sha256: ledger.settled(entry.sha256) for entry, _ in answered}
    counts = dict.fromkeys(store.classes, 0)
    for entry, _ in answered:
        label = labels[entry.sha256]
        if label in counts:
            _put(Path(pool.root), entry, folder / label, how)
            counts[label] += 1
    return Exported(folder, counts, len(answered) - sum(counts.values()))


class _Lines(list[str]):
    """What ``csv`` writes to, where names need not be text."""

    def write(self, line: str) -> None:
        self.append(line)


def _answered(pool: Pool, ledger: Ledger) -> Iterator[tuple[Entry, Mapping[str, Label]]]:
    for entry in sorted(pool.by_picture.values(), key=lambda one: one.file):
        said = ledger.answers(entry.sha256)
        if said:
            yield entry, said


def _decision(entry: Entry, answer: str) -> Decision:
    if answer == UNSURE:
        return Decision(entry.file, entry.label, "drop")
    choice: Choice = "keep" if answer == entry.label else "relabel"
    return Decision(entry.file, entry.label, choice, answer)


def _state(ledger: Ledger, picture: str) -> str:
    if ledger.settled_by_hand(picture):
        return "settled"
    said = {label.answer for label in ledger.answers(picture).values()} - {SKIP}
    return ("skipped", "agreed", "disputed")[min(len(said), 2)]


def _put(root: Path, entry: Entry, folder: Path, how: str) -> None:
    source = os.path.join(root, entry.file)  # noqa: PTH118 - odd names
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / Path(entry.file).name
        if target.exists():  # two folders of the pool may hold files of one name
            target = folder / f"{target.stem[:180]}-{entry.sha256[:12]}{target.suffix}"
        if how == "link":
            os.link(source, target, follow_symlinks=False)
        else:
            shutil.copy2(source, target, follow_symlinks=False)
    except OSError as error:
        msg = f"{entry.file!r} cannot be put into {str(folder)!r}: {error.strerror}."
        raise LabelError(msg) from error
