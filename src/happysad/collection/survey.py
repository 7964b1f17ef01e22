"""What the checks look at: everything that is known of a folder before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from happysad.records import CODES, Finding, Severity

if TYPE_CHECKING:
    from happysad.config import CheckOptions
    from happysad.records import Entry


@dataclass(frozen=True, slots=True)
class Failure:
    """One file that gave no picture.

    Attributes:
        file: path relative to the folder, with ``/``.
        code: why, a key of ``CODES``.
        message: one sentence for people.
    """

    file: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """What models that did not see a picture say of its label.

    Attributes:
        wrong: probability that the label is wrong, 0 to 1.
        suggested: the class that the picture more likely belongs to.
        off_topic: probability that the picture shows neither class, 0 to 1; None where that is
            not likely, or nobody can tell.
    """

    wrong: float
    suggested: str
    off_topic: float | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """A folder as it was read, before it is judged.

    Attributes:
        pictures: the readable pictures, sorted by file.
        failures: the files that gave no picture, sorted by file.
        exact: groups of pictures with the same bytes or pixels, sorted by file.
        near: groups of pictures that are the same or nearly so, sorted by file; each exact group
            lies in one of them.
        options: what to look for.
        doubts: file → what is said of its label; empty where labels are not looked at.
    """

    pictures: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    exact: tuple[tuple[Entry, ...], ...]
    near: tuple[tuple[Entry, ...], ...]
    options: CheckOptions
    doubts: Mapping[str, Doubt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look for in a folder.

    Attributes:
        code: a key of ``CODES``; every finding of the check carries it.
        severity: ``fault``: the file is set aside; ``notice``: it is used.
        advice: what to do about it, a sentence or two for people.
        find: yields the findings of a survey, at most one a file.
    """

    code: str
    severity: Severity
    advice: str
    find: Callable[[Survey], Iterator[Finding]]

    @property
    def meaning(self) -> str:
        """What the code stands for."""
        return CODES[self.code]
