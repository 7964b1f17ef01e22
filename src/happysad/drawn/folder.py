"""A labelled folder of drawn pictures in which every fault is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from happysad.config import require
from happysad.drawn.drawing import draw
from happysad.drawn.expression import MOODS, Mood
from happysad.drawn.faults import FAULTS, File, encoded, exact_copy, near_copy
from happysad.errors import UsageError
from happysad.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL import Image

_COPIES = ("exact_duplicate", "near_duplicate", "both_classes")
_ROUND = len(FAULTS) + 2 * len(_COPIES)
"""Files that one planting of every kind takes: a copy comes with its original."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What was drawn, and what a check of it has to find.

    Attributes:
        folder: the labelled folder.
        clean: files in which nothing is wrong and that no other file copies.
        faults: code → files that must have a finding of that code. A file may well deserve
            another finding too: a nearly black picture also holds little information.
    """

    folder: Path
    clean: tuple[str, ...]
    faults: Mapping[str, tuple[str, ...]]


def draw_collection(
    folder: str | Path,
    *,
    pictures: int = 240,
    seed: int = 1,
    plant: bool = True,
    share: float = 0.25,
    progress: Progress = silent,
) -> Planted:
    """Draw a labelled folder: ``happy/`` and ``sad/``, JPEG, PNG and WebP mixed.

    Args:
        folder: where; it must be empty or not exist yet.
        pictures: files in all, the planted ones included.
        seed: the same seed draws the same folder; another one shares no picture with it.
        plant: whether to plant faults, each kind equally often.
        share: of the files that are planted, 0 to 0.9; each kind comes at least once.
        progress: is told of every file.

    Returns:
        The clean files, and the planted ones by the code of their finding.

    Raises:
        UsageError: an option out of range, or a folder that is not empty or cannot be written.
    """
    least = 2 + _ROUND if plant else 2
    require(least <= pictures <= 1_000_000, "pictures", f"{least} to 1000000", pictures)
    require(seed >= 0, "seed", "0 or more", seed)
    require(0 <= share <= 0.9, "share", "0 to 0.9", share)
    rounds = max(1, int(pictures * share / _ROUND)) if plant else 0
    writer = _Writer(Path(folder), pictures, seed, progress)
    faults: dict[str, list[str]] = {code: [] for code in (*_COPIES, *FAULTS)} if plant else {}
    for index in range(rounds):
        mood = MOODS[index % 2]
        for code in _COPIES:
            faults[code] += writer.add_copies(code, mood)
        for code, spoil in FAULTS.items():
            image, rng = writer.next_drawing(mood)
            faults[code].append(writer.write(mood, spoil(image, rng)))
    clean = [writer.add_clean(MOODS[index % 2]) for index in range(pictures - rounds * _ROUND)]
    return Planted(
        folder=Path(folder),
        clean=tuple(sorted(clean)),
        faults={code: tuple(sorted(files)) for code, files in faults.items()},
    )


class _Writer:
    """Numbers drawings and files, and writes them."""

    def __init__(self, folder: Path, total: int, seed: int, progress: Progress) -> None:
        self._folder = folder
        self._total = total
        self._first = seed * 1_000_000
        self._drawn = 0
        self._written = 0
        self._progress = progress
        try:
            for mood in MOODS:
                (folder / mood).mkdir(parents=True, exist_ok=True)
            if any(path.is_file() for path in folder.rglob("*")):
                msg = f"The folder {str(folder)!r} is not empty. Name one that does not exist yet."
                raise UsageError(msg)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def next_drawing(self, mood: Mood) -> tuple[Image.Image, np.random.Generator]:
        """Draw the next picture; the generator is for what is done to it."""
        number = self._first + self._drawn
        self._drawn += 1
        rng = np.random.default_rng([number, 2])
        return draw(mood, seed=number, side=int(rng.integers(260, 400))), rng

    def write(self, mood: Mood, file: File, *, of: str = "") -> str:
        """Write a file and return its path relative to the folder; copies name their original."""
        stem = f"{Path(of).stem}_copy" if of else f"drawing{self._written:05d}"
        name = f"{mood}/{stem}{file.extension}"
        try:
            (self._folder / name).write_bytes(file.data)
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        self._written += 1
        self._progress("drawing pictures", self._written, self._total)
        return name

    def add_clean(self, mood: Mood) -> str:
        """Draw a picture in which nothing is wrong."""
        image, rng = self.next_drawing(mood)
        return self.write(mood, encoded(image, rng))

    def add_copies(self, code: str, mood: Mood) -> list[str]:
        """Draw a picture and its copy; return the files that deserve the finding."""
        image, rng = self.next_drawing(mood)
        original = encoded(image, rng)
        first = self.write(mood, original)
        exact = code == "exact_duplicate" or (code == "both_classes" and rng.random() < 0.5)
        copy = (exact_copy if exact else near_copy)(image, original, rng)
        other = MOODS[1 - MOODS.index(mood)]
        second = self.write(other if code == "both_classes" else mood, copy, of=first)
        return [second] if code == "exact_duplicate" else [first, second]


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        f"Cannot draw into {str(folder)!r}: {error.strerror or error}. Choose another folder."
    )
