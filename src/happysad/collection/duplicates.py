"""Groups of pictures that are the same, or nearly so.

``pictures.signature`` says which two pictures are near; here pairs become groups: if A is near B
and B is near C, all three are one group, however far C is from A. A group that is split between
training and test would leak.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.pictures.signature import NEAR_DISTANCE, distances, is_flat, near_pairs

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from numpy.typing import NDArray

Groups = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Which pictures are copies of each other; pictures are numbered as they were given.

    Attributes:
        exact: groups of two or more pictures with the same bytes or the same pixels.
        near: groups of two or more pictures that are the same or nearly so; every exact group
            lies in one of them.
    """

    exact: Groups
    near: Groups


def find_duplicates(
    identities: Sequence[Sequence[Hashable]], signatures: NDArray[np.uint64]
) -> Duplicates:
    """Group pictures.

    Args:
        identities: for each picture what identifies it, e.g. the digests of its bytes and of its
            pixels; pictures that share one are exact copies.
        signatures: uint64 array of shape (N, 4), see ``pictures.signature``; pictures without
            structure (all zero) are near none but their exact copies.

    Returns:
        Groups in the order of their first picture, each ascending.
    """
    same = list(_same_pairs(identities))
    near = _near_links(signatures)
    count = len(identities)
    return Duplicates(exact=connected(count, same), near=connected(count, [*same, *near]))


class GrowingGroups:
    """Groups of copies among pictures that come in one by one.

    After the last one they are those of ``find_duplicates``. A picture can join two groups that
    were apart before it came.
    """

    def __init__(self) -> None:
        self._first: dict[tuple[int, Hashable], int] = {}
        self._signatures = np.zeros((64, 4), np.uint64)
        self._numbers = np.zeros(64, np.int64)
        self._count = 0

    def add(self, identity: Sequence[Hashable], signature: NDArray[np.uint64]) -> None:
        """Take in the next picture.

        Args:
            identity: what identifies it; pictures that share one are exact copies.
            signature: uint64 of shape (4,), see ``pictures.signature``.
        """
        item, numbers = self._count, self.numbers
        alike = numbers[distances(signature, self._signatures[:item]) <= NEAR_DISTANCE]
        same = [self._first.setdefault((place, key), item) for place, key in enumerate(identity)]
        mine = {*alike.tolist(), *(int(numbers[one]) for one in same if one != item)}
        number = min(mine, default=item)
        if len(mine) > 1:
            numbers[np.isin(numbers, list(mine))] = number
        if item == len(self._numbers):
            self._signatures = np.resize(self._signatures, (2 * item, 4))
            self._numbers = np.resize(self._numbers, 2 * item)
        self._signatures[item], self._numbers[item] = signature, number
        self._count += 1

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The group of each picture so far, named after its first one, shape (N,)."""
        return self._numbers[: self._count]


def connected(count: int, pairs: Iterable[tuple[int, int]]) -> Groups:
    """Return the groups of two or more among ``count`` things that pairs link, however indirectly.

    Args:
        count: number of things, numbered from 0.
        pairs: numbers of things that belong together.
    """
    root = list(range(count))

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]  # halves the way for the next search
            item = root[item]
        return item

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        root[high] = low
    members: dict[int, list[int]] = defaultdict(list)
    for item in range(count):
        members[find(item)].append(item)
    return tuple(tuple(group) for group in members.values() if len(group) > 1)


def _same_pairs(identities: Sequence[Sequence[Hashable]]) -> Iterable[tuple[int, int]]:
    first: dict[tuple[int, Hashable], int] = {}
    for item, keys in enumerate(identities):
        for place, key in enumerate(keys):
            yield first.setdefault((place, key), item), item


def _near_links(signatures: NDArray[np.uint64]) -> Iterable[tuple[int, int]]:
    """Yield enough pairs to link all near pictures.

    Equal signatures are linked in a row and compared with the others once: a thousand copies of a
    picture would make half a million pairs, and a folder of copies alone more than fit in memory.
    """
    distinct, which = np.unique(signatures, axis=0, return_inverse=True)
    first: dict[int, int] = {}
    for item, number in enumerate(which.ravel().tolist()):
        if first.setdefault(number, item) != item and not is_flat(distinct[number]):
            yield first[number], item
    for one, other in near_pairs(distinct).tolist():
        yield first[one], first[other]
