"""Which pictures may be asked about, and which models are judged on."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.collection.split import folds
from happysad.config import SplitOptions
from happysad.errors import CollectionError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from happysad.records import Collection
    from happysad.training.replay.learner import Learner
    from happysad.training.replay.options import ActiveOptions

    Rows = NDArray[np.int64]

_LEAST_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one repeat takes place.

    Attributes:
        learner: has all pictures.
        pool: rows that may be asked about.
        test: rows that models are judged on; no duplicate of them is in the pool.
        seed: of this repeat.
    """

    learner: Learner
    pool: Rows
    test: Rows
    seed: int


def fold_stages(collection: Collection, learner: Learner, options: ActiveOptions) -> list[Stage]:
    """Return a stage for each repeat, each with another part of the folder to judge on.

    Raises:
        CollectionError: a class is too small.
    """
    dealing = SplitOptions(seed=options.seed, folds=max(_LEAST_FOLDS, options.seeds))
    stages = []
    for turn, split in enumerate(folds(collection, options=dealing)[: options.seeds]):
        members = frozenset(split.parts["test"])
        tested = np.array([entry.sha256 in members for entry in learner.entries])
        stages.append(_stage(learner, tested, options.seed + turn))
    return stages


def table_stages(learner: Learner, options: ActiveOptions, held_out: frozenset[str]) -> list[Stage]:
    """Return a stage for each repeat, all with the same files to judge on.

    Raises:
        CollectionError: nothing is left to ask about.
    """
    tested = np.array([entry.file in held_out for entry in learner.entries])
    return [_stage(learner, tested, options.seed + turn) for turn in range(options.seeds)]


def named_files(collection: Collection, table: Path, where: str | None) -> frozenset[str]:
    """Return the files of a collection that a table names, by their path or its end.

    Args:
        collection: whose files are meant.
        table: CSV file with a column ``file``.
        where: ``COLUMN=VALUE``: only these rows.

    Raises:
        UsageError: it is no such table, or names none of the pictures, or all.
    """
    known = {entry.file for entry in collection.entries}
    column, equals, value = (where or "").partition("=")
    if where is not None and not equals:
        msg = f"The 'where' option takes COLUMN=VALUE, e.g. fold=0. Got {where!r} instead."
        raise UsageError(msg)
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"The table {str(table)!r} cannot be read: {error}. Give a CSV file."
        raise UsageError(msg) from error
    missing = [name for name in ("file", column) if name and rows and name not in rows[0]]
    if missing or not rows:
        msg = f"The table {str(table)!r} has no rows, or no column {(missing or ['file'])[0]!r}."
        raise UsageError(msg)
    files = [row["file"] or "" for row in rows if not column or row[column] == value]
    named = frozenset(end for file in files for end in _ends(file) if end in known)
    if not 0 < len(named) < len(known):
        msg = (
            f"The table {str(table)!r} must name some of the {len(known)} pictures of "
            f"{collection.root!r}, and leave some. It names {len(named)}."
        )
        raise UsageError(msg)
    return named


def differing(stages: Sequence[Stage]) -> list[Stage]:
    """Return one stage for each set of test pictures."""
    by_test = {stage.test.tobytes(): stage for stage in reversed(stages)}
    return list(reversed(by_test.values()))


def _stage(learner: Learner, tested: NDArray[np.bool_], seed: int) -> Stage:
    """Return a stage whose pool has no duplicate of a test picture."""
    groups = np.array([entry.group for entry in learner.entries], object)
    pool = ~np.isin(groups.astype(str), np.unique(groups[tested].astype(str)))
    if not tested.any() or len(np.unique(learner.labels[pool])) < 2:
        msg = (
            "There must be pictures to judge on, and pictures of both classes to ask about. "
            f"Got {int(tested.sum())} of the one and {int(pool.sum())} of the other."
        )
        raise CollectionError(msg)
    return Stage(learner, np.flatnonzero(pool), np.flatnonzero(tested), seed)


def _ends(file: str) -> list[str]:
    """Return a path, and what is left of it without its first folders."""
    parts = file.split("/")
    return ["/".join(parts[number:]) for number in range(len(parts))]
