"""What is known of every picture of the training material: label, collection, fold, reading.

The material is a folder with ``web/manifest.csv`` and ``web/readings.csv``. A *reading* is what a
large vision-language model said of a picture without seeing its folder; it cleans and softens the
labels of training pictures and never touches a picture that is being judged.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CLASSES = ("happy", "sad")
KINDS = ("face", "group", "body", "drawing", "text", "other")
FOLDS = (0, 1, 2, 3, 4)
FACE_CROPS = "c25"


@dataclass(frozen=True)
class Table:
    """One row a picture; every array has shape (N,).

    Attributes:
        files: path relative to the material's folder.
        labels: int64, index into ``CLASSES``, from the folder's name.
        collections: name of the collection that the picture came from.
        folds: int64, 0 to 4; a collection lies in one fold.
        also_in: the collections that hold a copy of the picture.
        moods: int64, index into ``CLASSES``, from the reading.
        sure: bool, whether the reading was sure.
        kinds: one of ``KINDS``, from the reading.
    """

    files: NDArray[np.str_]
    labels: NDArray[np.int64]
    collections: NDArray[np.str_]
    folds: NDArray[np.int64]
    also_in: tuple[frozenset[str], ...]
    moods: NDArray[np.int64]
    sure: NDArray[np.bool_]
    kinds: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.files)

    @property
    def agreed(self) -> NDArray[np.bool_]:
        """Pictures whose reading is sure and says the same as the folder."""
        return self.sure & (self.moods == self.labels)

    def training_rows(self, left_out: int | None) -> NDArray[np.int64]:
        """Return the rows that may train a model that is judged on a fold.

        A picture that a collection of that fold also holds is left out with it.

        Args:
            left_out: the fold, or None for a model that trains on everything.
        """
        if left_out is None:
            return np.arange(len(self))
        hidden = set(self.collections[self.folds == left_out])
        free = np.array([hidden.isdisjoint(names) for names in self.also_in])
        return np.flatnonzero(free & (self.folds != left_out))

    def judged_rows(self, left_out: int | None) -> NDArray[np.int64]:
        """Return the rows that the model without a fold is judged on; every row for None."""
        return np.flatnonzero((self.folds == left_out) | (left_out is None))

    def scene_rows(self, left_out: int | None) -> NDArray[np.int64]:
        """Return the rows of ``training_rows`` that are worth the scene view's time.

        Left out: pictures that folder and reading tell apart and that the reading was not sure of;
        and two of three pictures of ``FACE_CROPS``, grey squares filled by a face, which train the
        expression view.
        """
        rows = self.training_rows(left_out)
        clear = self.sure | (self.moods == self.labels)
        crops = np.flatnonzero(self.collections == FACE_CROPS)
        clear[np.delete(crops, np.s_[::3])] = False
        return rows[clear[rows]]

    def targets(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return softened labels and weights for training, each of shape (N,).

        Label and reading are two noisy witnesses. Where both agree and the reading is sure, the
        target is nearly hard. Where a sure reading contradicts the folder, the reading is more
        often right. What could not be told either way counts half.
        """
        label, mood = self.labels.astype(np.float32), self.moods.astype(np.float32)
        share = np.where(self.sure, np.float32(0.65), np.float32(0.35))  # the reading's say
        target = share * mood + (1 - share) * label
        target = 0.03 + 0.94 * target
        weight = np.where(self.sure, np.float32(1.0), np.float32(0.5))
        return target.astype(np.float32), weight


def read_table(data: Path) -> Table:
    """Read manifest and readings.

    Args:
        data: folder of the training material.
    """
    with (data / "web" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (data / "web" / "readings.csv").open(newline="", encoding="utf-8") as file:
        readings = {row["file"]: row for row in csv.DictReader(file)}
    read = [readings[row["file"]] for row in rows]
    return Table(
        files=np.array([row["file"] for row in rows]),
        labels=np.array([CLASSES.index(row["label"]) for row in rows]),
        collections=np.array([row["collection"] for row in rows]),
        folds=np.array([int(row["fold"]) for row in rows]),
        also_in=tuple(frozenset(row["also_in"].split()) for row in rows),
        moods=np.array([CLASSES.index(row["mood"]) for row in read]),
        sure=np.array([row["sure"] == "1" for row in read]),
        kinds=np.array([row["kind"] for row in read]),
    )


def thinned(table: Table, share: int) -> Table:
    """Return every ``share``-th picture of every fold and label, for a quick run of the chain."""
    order = np.lexsort((table.files, table.labels, table.folds))
    keep = np.sort(order[::share])
    return Table(
        files=table.files[keep],
        labels=table.labels[keep],
        collections=table.collections[keep],
        folds=table.folds[keep],
        also_in=tuple(table.also_in[row] for row in keep),
        moods=table.moods[keep],
        sure=table.sure[keep],
        kinds=table.kinds[keep],
    )
