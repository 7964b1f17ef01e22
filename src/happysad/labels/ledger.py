"""Who said what about which picture, and what follows from it.

Everything that happens is one ``Label`` more at the end of a list; nothing is changed or removed.
What is true now is what the list adds up to, so history, undo and a restart come for free. The
list knows the rules; ``store`` keeps it on the disk.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from happysad.errors import ConflictError, UsageError
from happysad.records import UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = Literal["answer", "settle", "undo"]

SKIP: Final = "skip"
"""The answer of a person who passes a picture on: to be asked again of others, not of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One thing that a person did.

    Attributes:
        id: made by the one who sends it, so that sending it twice is no second label.
        kind: ``answer``: what this person sees; ``settle``: which of several answers holds;
            ``undo``: takes an earlier label of the same person back.
        picture: sha256 of the picture's bytes.
        person: a name.
        answer: a class, ``unsure`` (neither) or ``skip``; empty for ``undo``.
        expects: number of the label that this one follows, 0 for none: of the same person and
            picture for ``answer`` and ``undo``, of the picture for ``settle``. If another one has
            come in between, the label is refused.
        guess_shown: whether the person saw the model's guess before answering.
        number: its place in the list, from 1; 0 as long as it is not accepted.
        at: when it was accepted, ISO 8601 in UTC.
    """

    id: str
    kind: Kind
    picture: str
    person: str
    answer: str = ""
    expects: int = 0
    guess_shown: bool = False
    number: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often people who saw the same pictures said the same.

    Attributes:
        same: pictures on which all answers are the same.
        seen: pictures that two or more people answered.
    """

    same: int
    seen: int


class Ledger:
    """The list of labels and what it adds up to.

    Args:
        classes: the two class names, in the order of the keys.
    """

    def __init__(self, classes: tuple[str, str]) -> None:
        self.classes = classes
        self._log: list[Label] = []
        self._by_id: dict[str, Label] = {}
        # picture → person → what stands, in order; undo takes the last one away
        self._answers: dict[str, dict[str, list[Label]]] = defaultdict(lambda: defaultdict(list))
        self._settled: dict[str, list[Label]] = defaultdict(list)

    @property
    def length(self) -> int:
        """Number of the last label."""
        return len(self._log)

    def known(self, label: Label) -> Label | None:
        """Return the accepted label of which this one is a repetition; None for a new one.

        Raises:
            ConflictError: a different label has the same id.
        """
        earlier = self._by_id.get(label.id)
        if earlier is None:
            return None
        if replace(earlier, number=0, at="") != replace(label, number=0, at=""):
            msg = f"The id {label.id!r} belongs to another label. Send this one under a new id."
            raise ConflictError(msg)
        return earlier

    def examine(self, label: Label) -> None:
        """Raise unless the label can be appended.

        Raises:
            UsageError: no such answer, or nothing to settle or take back.
            ConflictError: it follows a label that is no longer the last one.
        """
        allowed = {"answer": (*self.classes, UNSURE, SKIP), "settle": (*self.classes, UNSURE)}
        answers = allowed.get(label.kind, ("",))
        if label.answer not in answers:
            msg = f"The 'answer' must be one of {', '.join(answers)}. Got {label.answer!r} instead."
            raise UsageError(msg)
        if not label.person.strip():
            msg = "The 'person' must have a name. Got an empty one instead."
            raise UsageError(msg)
        last = self._last(label)
        if label.expects != (last.number if last else 0):
            raise ConflictError(self._between(last))
        if label.kind == "undo" and last is None:
            msg = "There is nothing to take back: this person has not answered this picture."
            raise UsageError(msg)

    def append(self, label: Label) -> None:
        """Append an accepted label, whose number is the next one."""
        if label.number != self.length + 1:
            msg = f"label {label.number} cannot follow label {self.length}"
            raise AssertionError(msg)
        self._log.append(label)
        self._by_id[label.id] = label
        if label.kind == "undo":
            self._stack_of(label).pop()
        elif label.kind == "settle":
            self._settled[label.picture].append(label)
        else:
            self._answers[label.picture][label.person].append(label)

    def answers(self, picture: str) -> Mapping[str, Label]:
        """Return what each person says of a picture now, by name; skips included."""
        people = self._answers.get(picture, {})
        return {person: labels[-1] for person, labels in people.items() if labels}

    def settled(self, picture: str) -> str | None:
        """Return the answer that holds; None where there is none, or people disagree."""
        if self.settled_by_hand(picture):
            return self._settled[picture][-1].answer
        said = self._said(picture)
        return said.pop() if len(said) == 1 else None

    def settled_by_hand(self, picture: str) -> bool:
        """Whether somebody has said which of several answers holds."""
        return bool(self._settled.get(picture))

    def labels(self) -> dict[str, str]:
        """Return the answer that holds for every picture that has one: a class or ``unsure``."""
        found = {picture: self.settled(picture) for picture in self._answers}
        return {picture: answer for picture, answer in found.items() if answer is not None}

    def disagreements(self) -> list[str]:
        """Return the pictures on which people disagree and nobody has settled it."""
        return [
            picture
            for picture in self._answers
            if len(self._said(picture)) > 1 and not self.settled_by_hand(picture)
        ]

    def agreement(self) -> Agreement:
        """Return how often people who saw the same pictures said the same."""
        said = [
            self._said(picture) for picture in self._answers if self._people_who_said(picture) > 1
        ]
        return Agreement(same=sum(len(one) == 1 for one in said), seen=len(said))

    def last_number(self, picture: str) -> int:
        """Return the number of the last standing label of a picture, of anybody; 0 for none."""
        labels = [*self.answers(picture).values(), *self._settled.get(picture, ())]
        return max((label.number for label in labels), default=0)

    def standing(self, person: str) -> list[Label]:
        """Return what a person has answered and not taken back, oldest first."""
        found = [people[person] for people in self._answers.values() if people.get(person)]
        return sorted((labels[-1] for labels in found), key=lambda label: label.number)

    def people(self) -> tuple[str, ...]:
        """Return the names of all who ever labelled, sorted."""
        return tuple(sorted({label.person for label in self._log}))

    def history(self, picture: str) -> tuple[Label, ...]:
        """Return everything that ever happened to a picture, oldest first."""
        return tuple(label for label in self._log if label.picture == picture)

    def __iter__(self) -> Iterator[Label]:
        return iter(self._log)

    def _said(self, picture: str) -> set[str]:
        return {label.answer for label in self.answers(picture).values()} - {SKIP}

    def _people_who_said(self, picture: str) -> int:
        return sum(label.answer != SKIP for label in self.answers(picture).values())

    def _stack_of(self, label: Label) -> list[Label]:
        """Return the list whose last label an ``undo`` takes back."""
        for stack in (self._answers[label.picture][label.person], self._settled[label.picture]):
            if stack and stack[-1].number == label.expects and stack[-1].person == label.person:
                return stack
        return []

    def _last(self, label: Label) -> Label | None:
        """Return the label that a new one has to follow."""
        if label.kind == "settle":
            number = self.last_number(label.picture)
            return self._log[number - 1] if number else None
        if label.kind == "undo" and (stack := self._stack_of(label)):
            return stack[-1]
        return self.answers(label.picture).get(label.person)

    def _between(self, last: Label | None) -> str:
        if last is None:
            return "The label that this one follows has been taken back meanwhile. Look again."
        return (
            f"{last.person!r} said {last.answer!r} meanwhile, and that is kept. "
            "Look again, then answer."
        )
