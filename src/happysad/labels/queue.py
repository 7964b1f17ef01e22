"""Which picture next, and for whom."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Final

from happysad.labels.ledger import SKIP

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from happysad.labels.ledger import Label, Ledger
    from happysad.records import Entry

# Long enough to think about a picture, short enough that one who went away holds nobody up.
_LENT_SECONDS: Final = 300.0
# A model asks for hard pictures, so its score on them says little about the others. One in so many
# comes by lot, whatever the model wants, and the model is judged on these.
_BY_LOT: Final = 5


class Queue:
    """The pictures to ask for; of a group of near duplicates, one.

    Args:
        groups: group → its pictures.
        first: groups in the order in which to ask for them, for a review; others are asked for
            only where a model ranks them, and none comes by lot. None asks for all, in an order
            drawn by lot as long as no model has a say.
        double: share of the groups, 0 to 1, that two people are asked about.
        seed: of the lots.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        groups: Mapping[str, tuple[Entry, ...]],
        *,
        first: Sequence[str] | None = None,
        double: float = 0.0,
        seed: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first = first
        self._double = double
        self._seed = seed
        self._clock = clock
        # By picture: its group has another name once a copy of it has been found.
        self._lent: dict[str, tuple[str, float]] = {}
        self._asked: dict[str, None] = {}
        self.grow(groups)

    def grow(self, groups: Mapping[str, tuple[Entry, ...]]) -> None:
        """Go on with more pictures; those of before are among them, in the same or larger groups.

        Args:
            groups: group → its pictures, of all that are known now.
        """
        self._groups = groups
        self._group_of = {one.sha256: name for name in groups for one in groups[name]}
        names = sorted(groups, key=self._lot) if self._first is None else self._first
        self._asked = dict.fromkeys(names)

    def widen(self, ranked: Sequence[str]) -> None:
        """Ask also for pictures that were not in doubt when a review began.

        Args:
            ranked: pictures that a model is in doubt about now.
        """
        named = (self._group_of.get(picture) for picture in ranked)
        self._asked |= dict.fromkeys(name for name in named if name is not None)

    def _lot(self, group: str) -> bytes:
        return hashlib.sha256(f"{self._seed}:{group}".encode()).digest()

    def __len__(self) -> int:
        """Return how many groups there are to ask about."""
        return len(self._asked)

    def next(
        self,
        ledger: Ledger,
        person: str,
        *,
        count: int,
        held: Collection[str] = (),
        ranked: Sequence[str] = (),
    ) -> list[Entry]:
        """Return pictures that this person should look at, and keep them from others for a while.

        Args:
            ledger: what has been said.
            person: who asks.
            count: how many, at most.
            held: pictures that the person has been given before and not answered.
            ranked: pictures that a model would learn most from, best first.
        """
        taken = {self._group_of.get(picture) for picture in held}
        chosen = self._chosen(ledger, person, count, taken, ranked, lent=False)
        # What others have in hand is the last resort: a second answer does no harm.
        chosen = chosen or self._chosen(ledger, person, count, taken, ranked, lent=True)
        shown = [self._shown(ledger, group) for group in chosen]
        self._lent |= dict.fromkeys((one.sha256 for one in shown), (person, self._clock()))
        return shown

    def _chosen(
        self,
        ledger: Ledger,
        person: str,
        count: int,
        taken: set[str | None],
        ranked: Sequence[str],
        *,
        lent: bool,
    ) -> list[str]:
        wanted: list[str] = []
        lots: list[str] = []
        second: list[str] = []
        asked = [0, 0]  # so far: because a model wanted it, by lot
        for group in self._in_order(ranked):
            said = self._said(ledger, group)
            lot = bool(ranked) and self._by_lot(group)
            if said or group in taken:
                asked[lot] += 1
            if group in taken or person in said or self._is_settled(ledger, group):
                continue
            if not lent and self._lent_to_another(group, {person, *said}):
                continue
            answers = sum(label.answer != SKIP for label in said.values())
            if answers == 0:
                (lots if lot else wanted).append(group)
            elif answers == 1 and self.is_double(group):
                second.append(group)
        fresh = _mixed(wanted[:count], lots[:count], asked)
        most_second = int(-(-count * self._double // 1))  # their share of what is given out
        return [*second[:most_second], *fresh][:count]

    def _is_settled(self, ledger: Ledger, group: str) -> bool:
        return any(ledger.settled_by_hand(entry.sha256) for entry in self[group])

    def is_double(self, group: str) -> bool:
        """Whether two people are asked about a group; the same groups every time."""
        return int(group[:8], 16) / 2**32 < self._double

    def answered(self, ledger: Ledger) -> int:
        """Return about how many groups somebody has said something, skips apart."""
        return sum(
            any(label.answer != SKIP for label in self._said(ledger, group).values())
            for group in self._asked
        )

    def __getitem__(self, group: str) -> tuple[Entry, ...]:
        return self._groups[group]

    def _in_order(self, ranked: Sequence[str]) -> Iterator[str]:
        """Yield all groups, those that a model ranked first."""
        named = (self._group_of.get(picture) for picture in ranked)
        first = dict.fromkeys(name for name in named if name is not None and not self._by_lot(name))
        yield from first
        yield from (name for name in self._asked if name not in first)

    def _said(self, ledger: Ledger, group: str) -> dict[str, Label]:
        said: dict[str, Label] = {}
        for entry in self[group]:
            said |= ledger.answers(entry.sha256)
        return said

    def _shown(self, ledger: Ledger, group: str) -> Entry:
        """The picture that others answered, so that answers can be compared; else the largest."""
        entries = self[group]
        answered = [entry for entry in entries if ledger.answers(entry.sha256)]
        return max(answered or entries, key=lambda entry: entry.width * entry.height)

    def _by_lot(self, group: str) -> bool:
        return self._first is None and by_lot(group)

    def _lent_to_another(self, group: str, done: set[str]) -> bool:
        """Whether somebody is looking at it who has neither asked just now nor answered."""
        now, free = self._clock(), {"", *done}
        lent = (self._lent.get(entry.sha256, ("", 0.0)) for entry in self[group])
        return any(name not in free and now - since < _LENT_SECONDS for name, since in lent)


def by_lot(group: str) -> bool:
    """Whether a group comes in its own time and not when a model asks for it."""
    return int(group[8:16], 16) % _BY_LOT == 0


def _mixed(wanted: Sequence[str], lots: Sequence[str], asked: Sequence[int]) -> list[str]:
    """Put a group that comes by lot after every four that a model wants, over all that is asked."""
    others, by_chance = asked
    mixed: list[str] = []
    places = {True: iter(lots), False: iter(wanted)}
    for _ in range(len(wanted) + len(lots)):
        lot = (by_chance + 1) * (_BY_LOT - 1) <= others
        group = next(places[lot], None)
        if group is None:
            break
        mixed.append(group)
        others, by_chance = others + (not lot), by_chance + lot
    return [*mixed, *places[False], *places[True]]
