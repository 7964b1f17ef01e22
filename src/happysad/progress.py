"""How long work tells where it is; the doors decide how that looks."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then while a step runs."""

    def __call__(self, step: str, done: int, total: int, note: str = "") -> None:
        """Take a step's name, how much of it is done of how much, and a remark.

        Args:
            step: a few words, stable during the step, e.g. ``reading pictures``.
            done: units finished, 0 to ``total``; the step is over when it equals ``total``.
            total: units in all; 0 where that is not known.
            note: what is worth a glance, e.g. ``loss 0.43``.
        """


def silent(step: str, done: int, total: int, note: str = "") -> None:
    """Report nothing."""
