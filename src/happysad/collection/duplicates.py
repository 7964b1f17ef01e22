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

from happysad.pictures.signature import is_flat, near_pairs

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
    """Groups of copies among pictures that come in little by little.

    After the last ones they are those of ``find_duplicates``. A picture can join two groups that
    were apart before it came.
    """

    def __init__(self) -> None:
        self._first: dict[tuple[int, Hashable], int] = {}
        # Of equal signatures one is compared with the others, that of the picture beside it.
        self._distinct = np.zeros((0, 4), np.uint64)
        self._owners: list[int] = []
        self._numbers = np.zeros(0, np.int64)

    def add(self, identities: Sequence[Sequence[Hashable]], signatures: NDArray[np.uint64]) -> None:
        """Take in the next pictures.

        Args:
            identities: for each what identifies it; pictures that share one are exact copies.
            signatures: uint64 of shape (N, 4), see ``pictures.signature``.
        """
        start, compared = len(self._numbers), len(self._owners)
        self._numbers = np.append(self._numbers, start + np.arange(len(identities)))
        for item, (keys, signature) in enumerate(zip(identities, signatures, strict=True), start):
            for place, key in enumerate(keys):
                self._join(item, self._first.setdefault((place, key), item))
            if is_flat(signature):
                continue
            twin = self._first.setdefault((-1, signature.tobytes()), item)
            self._join(item, twin)
            if twin == item:
                self._owners.append(item)
        fresh = signatures[[item - start for item in self._owners[compared:]]]
        self._distinct = np.concatenate([self._distinct, fresh])
        for one, other in near_pairs(self._distinct, since=compared).tolist():
            self._join(self._owners[one], self._owners[other])

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The group of each picture so far, named after its first one, shape (N,)."""
        return self._numbers

    def _join(self, one: int, other: int) -> None:
        low, high = sorted((int(self._numbers[one]), int(self._numbers[other])))
        if low != high:
            self._numbers[self._numbers == high] = low


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
