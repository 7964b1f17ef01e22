"""What a preset is to ``train``: how it reads pictures, learns from them, and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from happysad.bundle.archive import Bundle
    from happysad.progress import Progress
    from happysad.records import Collection, Entry, Split

History = Mapping[str, tuple[float, ...]]


class Material(Protocol):
    """Pictures as a recipe learns from them."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The file behind each row."""

    def rows(self, chosen: Sequence[int]) -> Self:
        """Return some of the pictures, in the order asked for."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of learning.

    Attributes:
        bundle: calibrated on the validation part, not judged yet.
        history: measure → its value after each step, see ``Run``.
        note: what there is to say of how it went; may be empty.
    """

    bundle: Bundle
    history: History
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model says of one picture.

    Attributes:
        row: calibrated probability of each class, shape (C,).
        off_topic: probability that the picture is neither; None where the model cannot say.
        seen_in_training: the picture it copies of those that shaped the model before; or None.
    """

    row: NDArray[np.float64]
    off_topic: float | None = None
    seen_in_training: str | None = None


class Recipe(Protocol):
    """One way of training, chosen by the option ``preset``."""

    def check_classes(self, classes: Sequence[str]) -> None:
        """Refuse classes that this way cannot tell apart.

        Raises:
            UsageError: too many or too few.
        """

    def read(self, collection: Collection, *, folder: Path, progress: Progress) -> Any:
        """Return the ``Material`` of a collection; work files may lie in ``folder``."""

    def learn(
        self,
        parts: Mapping[str, Any],
        split: Split,
        *,
        name: str,
        folder: Path,
        resume: bool,
        progress: Progress,
    ) -> Learned:
        """Learn from the training part, choose on the validation part.

        Raises:
            RunError: it cannot go on from what lies in ``folder``.
        """

    def answer(self, bundle: Bundle, part: Any) -> list[Answered]:
        """Return what the learned model says of each picture of a part."""

    def kept(self, folder: Path) -> str:
        """Say in a few words what an interrupted training has kept."""
