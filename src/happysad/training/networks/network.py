"""What a network is to the rest of training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from happysad.errors import UsageError

if TYPE_CHECKING:
    from happysad.config import Preprocessing

Output = Literal["sigmoid", "softmax"]


@dataclass(frozen=True, slots=True)
class Network:
    """One architecture and how it wants to be trained.

    Attributes:
        name: the preset's name.
        summary: one line for people.
        preprocessing: what its input is made of.
        output: ``sigmoid``: one number, the probability of the second class; two classes only.
            ``softmax``: one number per class.
        learning_rate: of Adam, where the caller names none.
        builder: makes the untrained ``keras.Model`` for (number of classes, seed).
    """

    name: str
    summary: str
    preprocessing: Preprocessing
    output: Output
    learning_rate: float
    builder: Callable[[int, int], Any]

    @property
    def pixel_dtype(self) -> Literal["uint8", "float32"]:
        """Type of the pictures as ``pictures.prepare`` makes them for this network."""
        return "float32" if self.preprocessing.resample == "point" else "uint8"

    def build(self, classes: Sequence[str], *, seed: int) -> Any:
        """Return an untrained ``keras.Model``.

        It takes pictures of shape (N, height, width, 3), 0 to 255, and gives probabilities of
        shape (N, 1) for ``sigmoid`` or (N, C) for ``softmax``.

        Args:
            classes: class names in label order.
            seed: of the initial weights; the same seed gives the same weights.

        Raises:
            UsageError: the output cannot tell this number of classes apart.
            MissingExtraError: keras is not installed.
        """
        self.check_classes(classes)
        return self.builder(len(classes), seed)

    def check_classes(self, classes: Sequence[str]) -> None:
        """Refuse a number of classes that the output cannot tell apart.

        Raises:
            UsageError: a sigmoid with other than two classes.
        """
        if self.output == "sigmoid" and len(classes) != 2:
            msg = (
                f"The preset {self.name!r} tells exactly two classes apart. "
                f"Got {len(classes)}: {', '.join(classes)}. Keep two class folders."
            )
            raise UsageError(msg)
