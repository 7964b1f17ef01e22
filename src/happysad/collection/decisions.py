"""What a person decided about pictures whose label was in doubt: a list, and what follows from it.

``check --labels`` proposes such a list, a person changes it, ``train`` and ``evaluate`` follow it.
The folder itself stays as it is. The list is CSV with the columns ``file``, ``label``,
``decision`` and ``suggested``, in any order; other columns are for the reader. A decision is

* ``keep``, or nothing: the label is right;
* ``drop``: the picture is not used; of copies in several classes, those that are left count once
  they agree (see ``scan.judged``);
* ``relabel``: it is used as a picture of the class in ``suggested``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from happysad.collection.table import Table
from happysad.errors import CollectionError
from happysad.records import Collection, Finding

if TYPE_CHECKING:
    from happysad.records import Entry

DECISIONS = "decisions.csv"
"""Name of the list inside a run's folder."""

Choice = Literal["keep", "drop", "relabel"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
COLUMNS = ("file", "label", "decision", "suggested", "probability")

_NEEDED = COLUMNS[:4]
_TABLE = Table("decisions", COLUMNS, _NEEDED)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with one picture.

    Attributes:
        file: path relative to the collection's folder, with ``/``.
        label: the class that the folder says.
        choice: ``keep``, ``drop`` or ``relabel``.
        suggested: the class to take instead; may be empty unless it is ``relabel``.
        probability: of the label, by models that did not see the picture; None where unknown.
    """

    file: str
    label: str
    choice: Choice = "keep"
    suggested: str = ""
    probability: float | None = None


def write_decisions(decisions: Iterable[Decision], path: Path) -> None:
    """Write a list, replacing a file that is there.

    Raises:
        CollectionError: it cannot be written.
    """
    _TABLE.write(path, map(_row, decisions))


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Read a list.

    Raises:
        CollectionError: it cannot be read, lacks a column, or says something else than a
            decision in one.
    """
    lines = _TABLE.read(path, follow=True)
    return tuple(_decision(row, line, path) for line, row in lines)


def apply_decisions(collection: Collection, decisions: Sequence[Decision]) -> Collection:
    """Return the collection as a person decided it should be.

    A new label holds for the near copies of a picture, too, unless they have decisions of their
    own: pictures that are nearly the same cannot show two moods.

    Args:
        collection: a checked folder.
        decisions: each about one of its pictures.

    Raises:
        CollectionError: a decision is about a file that is not there or has another label, names
            an unknown class, or contradicts another one.
    """
    wanted = _by_file(collection, decisions)
    labels = _labels_by_group(collection.entries, wanted)
    kept: list[Entry] = []
    findings: list[Finding] = []
    for entry in collection.entries:
        decision = wanted.get(entry.file)
        if decision is not None and decision.choice == "drop":
            findings.append(dropped(entry.file))
            continue
        label = labels.get(entry.group, entry.label)
        if label != entry.label:
            message = f"Used as {label!r} by a decision of yours, not as {entry.label!r}."
            findings.append(Finding("relabelled", entry.file, "notice", message))
        kept.append(replace(entry, label=label))
    aside = {finding.file for finding in findings if finding.severity == "fault"}
    return replace(
        collection,
        entries=tuple(kept),
        set_aside=tuple(sorted({*collection.set_aside, *aside})),
        findings=tuple(sorted([*collection.findings, *findings], key=lambda item: item.file)),
    )


def dropped(file: str) -> Finding:
    """Return the finding of a picture that a person does not want to be used."""
    return Finding("dropped", file, "fault", "Dropped by a decision of yours.")


def _by_file(collection: Collection, decisions: Sequence[Decision]) -> dict[str, Decision]:
    """Return the decisions by file, held against the folder."""
    label_of = {entry.file: entry.label for entry in collection.entries}
    known = {*label_of, *collection.set_aside}
    by_file: dict[str, Decision] = {}
    for item in decisions:
        if item.file not in known:
            raise _unfit(item, f"there is no such picture in {collection.root!r}")
        if item.label != label_of.get(item.file, item.label):
            raise _unfit(item, f"its label is {label_of[item.file]!r}, not {item.label!r}")
        if item.choice == "relabel" and item.suggested not in collection.classes:
            classes = ", ".join(collection.classes)
            raise _unfit(item, f"{item.suggested!r} is not one of the classes {classes}")
        if by_file.setdefault(item.file, item) != item:
            raise _unfit(item, "it is on the list twice, with different decisions")
    return by_file


def _labels_by_group(entries: Sequence[Entry], wanted: Mapping[str, Decision]) -> dict[str, str]:
    """Return the label of every group of copies that a decision speaks of."""
    labels: dict[str, tuple[str, Decision]] = {}
    for entry in entries:
        decision = wanted.get(entry.file)
        if decision is None or decision.choice == "drop":
            continue
        label = decision.suggested if decision.choice == "relabel" else entry.label
        first, other = labels.setdefault(entry.group, (label, decision))
        if first != label:
            raise _unfit(
                decision,
                f"it is nearly the same picture as {other.file!r}, which is to be {first!r}",
            )
    return {group: label for group, (label, _) in labels.items()}


def _row(item: Decision) -> tuple[str, ...]:
    likely = "" if item.probability is None else f"{item.probability:.4f}"
    return item.file, item.label, item.choice, item.suggested, likely


def _decision(row: Mapping[str, str], line: int, path: Path) -> Decision:
    file, label, choice, suggested = (row[name].strip() for name in _NEEDED)
    choice = choice or "keep"
    if choice not in CHOICES:
        rule = ", ".join(CHOICES)
        raise _TABLE.wrong(path, f"line {line}: the decision must be one of {rule}, not {choice!r}")
    if not file:
        raise _TABLE.wrong(path, f"line {line}: it names no file")
    return Decision(
        file=row["file"],
        label=label,
        choice=choice,
        suggested=suggested,
        probability=_probability(row["probability"], line, path),
    )


def _probability(text: str, line: int, path: Path) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise _TABLE.wrong(path, f"line {line}: the probability must be 0 to 1, not {text!r}")
    return value


def _unfit(item: Decision, what: str) -> CollectionError:
    msg = (
        f"The decision on {item.file!r} cannot be followed: {what}. Correct the list, or make a "
        "new one with: happysad check FOLDER --labels"
    )
    return CollectionError(msg)
