"""Dealing the pictures of a collection to train, validation and test without leaks.

What is dealt is groups of duplicates, never single copies, class by class. ``split_file`` keeps
the result on disk.
"""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING

from happysad.config import SplitOptions
from happysad.errors import CollectionError
from happysad.records import PARTS, Split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from happysad.records import Collection

Groups = dict[str, list[str]]


def split(collection: Collection, *, options: SplitOptions | None = None) -> Split:
    """Deal pictures to train, validation and test.

    Every class is dealt by itself, so each part keeps the balance of the classes; groups of exact
    and near duplicates stay whole, so that no part is tested on what another has learned. The
    result depends on the pictures' contents and the seed alone, not on file names or their order.

    Args:
        collection: a checked folder.
        options: shares and seed; ``folds`` is not used here, see ``folds``.

    Raises:
        CollectionError: a class has fewer than three groups, so a part would be empty.
    """
    options = options or SplitOptions()
    by_class = _groups_by_class(collection)
    _require_groups(by_class, 3, "one for each of train, validation and test")
    parts: dict[str, list[str]] = {part: [] for part in PARTS}
    carry = [0.0] * len(PARTS)
    for label in collection.classes:
        rng = _chance(options.seed, label)
        dealt = _deal(by_class[label], options.fractions, rng, carry)
        for part, groups in zip(PARTS, dealt, strict=True):
            parts[part] += [sha256 for group in groups for sha256 in by_class[label][group]]
    return _split_of(collection, parts, options.seed, options.fractions)


def folds(collection: Collection, *, options: SplitOptions) -> tuple[Split, ...]:
    """Deal pictures to ``options.folds`` splits whose test parts together are the collection.

    Every picture is tested in exactly one fold. What a fold does not test is dealt to train and
    validation in the proportion of their shares.

    Args:
        collection: a checked folder.
        options: with ``folds`` of 2 or more.

    Raises:
        CollectionError: a class has too few groups for so many folds.
    """
    k = options.folds
    by_class = _groups_by_class(collection)
    # What a fold leaves must fill both train and validation; of two folds each leaves the other.
    least = 2 if k == 2 else 1
    _require_groups(by_class, k * least, f"enough for {k} folds", ", or ask for fewer folds")
    tests: list[dict[str, list[str]]] = [{} for _ in range(k)]
    carry = [0.0] * k
    for label in collection.classes:
        rng = _chance(options.seed, "folds", label)
        dealt = _deal(by_class[label], [1 / k] * k, rng, carry, least=least)
        for test, groups in zip(tests, dealt, strict=True):
            test[label] = groups
    return tuple(
        _fold(collection, by_class, test, options, number) for number, test in enumerate(tests)
    )


def _fold(
    collection: Collection,
    by_class: Mapping[str, Groups],
    test: Mapping[str, Sequence[str]],
    options: SplitOptions,
    number: int,
) -> Split:
    """Return the split that tests on the given groups."""
    train, validation, _ = options.fractions
    shares = (train / (train + validation), validation / (train + validation))
    parts: dict[str, list[str]] = {part: [] for part in PARTS}
    carry = [0.0, 0.0]
    for label in collection.classes:
        groups = by_class[label]
        tested = set(test[label])
        rest = {group: groups[group] for group in groups if group not in tested}
        rng = _chance(options.seed, f"fold {number}", label)
        dealt = [*_deal(rest, shares, rng, carry), test[label]]
        for part, names in zip(PARTS, dealt, strict=True):
            parts[part] += [sha256 for group in names for sha256 in groups[group]]
    rest_share = 1 - 1 / options.folds
    fractions = (rest_share * shares[0], rest_share * shares[1], 1 / options.folds)
    return _split_of(collection, parts, options.seed, fractions)


def _chance(seed: int, *purpose: str) -> random.Random:
    """Return a generator of its own for a purpose; names that are no UTF-8 are fine."""
    return random.Random(f"{seed} {purpose!a}")  # noqa: S311  chance, not secrecy


def _groups_by_class(collection: Collection) -> dict[str, Groups]:
    """Return the pictures of each duplicate group of each class, all in the order of contents."""
    by_class: dict[str, Groups] = {label: defaultdict(list) for label in collection.classes}
    labels: dict[str, str] = {}
    for entry in sorted(collection.entries, key=lambda entry: entry.sha256):
        if labels.setdefault(entry.group, entry.label) != entry.label:
            msg = (
                f"{entry.file!r} has copies in the classes {labels[entry.group]!r} and "
                f"{entry.label!r}. Check the folder again; such pictures are set aside."
            )
            raise CollectionError(msg)
        by_class[entry.label][entry.group].append(entry.sha256)
    return by_class


def _require_groups(
    by_class: Mapping[str, Groups], least: int, why: str, way_out: str = ""
) -> None:
    for label, groups in by_class.items():
        if len(groups) < least:
            pictures = sum(len(members) for members in groups.values())
            msg = (
                f"The class {label!r} is too small to be split: {pictures} usable pictures in "
                f"{len(groups)} groups of duplicates, and {least} groups are needed ({why}). "
                f"Add pictures that differ{way_out}."
            )
            raise CollectionError(msg)


def _deal(
    groups: Groups,
    shares: Sequence[float],
    rng: random.Random,
    carry: list[float],
    *,
    least: int = 1,
) -> list[list[str]]:
    """Deal whole groups to parts so that the parts come near their shares of the pictures.

    Large groups go first, while there is room for them; each goes to the part that lacks most
    for its size and has room for it.

    Args:
        groups: pictures by group.
        shares: of each part; they add up to 1.
        rng: decides among groups of one size.
        carry: pictures by which earlier classes fell short of their shares through rounding;
            updated, so that the errors of several classes do not add up.
        least: groups that every part gets, whatever its share.

    Returns:
        The groups of each part.
    """
    names = sorted(groups)
    rng.shuffle(names)
    names.sort(key=lambda name: -len(groups[name]))
    targets = _round([len(members) for members in groups.values()], shares, carry)
    lacks = list(targets)
    dealt: list[list[str]] = [[] for _ in shares]
    for name in names:
        size = len(groups[name])
        fitting = [part for part, lack in enumerate(lacks) if lack >= size]
        if fitting:
            part = max(fitting, key=lambda part: lacks[part] / targets[part])
        else:
            part = max(range(len(lacks)), key=lambda part: lacks[part])
        dealt[part].append(name)
        lacks[part] -= size
    _fill(dealt, groups, least)
    return dealt


def _round(sizes: Sequence[int], shares: Sequence[float], carry: list[float]) -> list[int]:
    """Return whole numbers of pictures near the shares, at least 1 each, adding up to the total.

    The largest-remainder method (Hamilton's), with what earlier roundings left over.
    """
    total = sum(sizes)
    ideal = [total * share + rest for share, rest in zip(shares, carry, strict=True)]
    targets = [max(1, int(value)) for value in ideal]
    while sum(targets) < total:
        targets[_widest(ideal, targets, 1)] += 1
    while sum(targets) > total:
        targets[_widest(ideal, targets, -1)] -= 1
    # Never more than one picture: many tiny classes must not starve a part of a large one.
    carry[:] = [
        max(-1.0, min(1.0, value - target)) for value, target in zip(ideal, targets, strict=True)
    ]
    return targets


def _widest(ideal: Sequence[float], targets: Sequence[int], sign: int) -> int:
    """Return the part that lies furthest below (sign 1) or above (sign -1) its ideal."""
    movable = [part for part, target in enumerate(targets) if sign == 1 or target > 1]
    return max(movable, key=lambda part: sign * (ideal[part] - targets[part]))


def _fill(dealt: list[list[str]], groups: Groups, least: int) -> None:
    """Give every part that has too few groups the smallest of the part that has most."""
    for part in dealt:
        while len(part) < least:
            donor = max(dealt, key=len)
            smallest = min(donor, key=lambda name: len(groups[name]))
            donor.remove(smallest)
            part.append(smallest)


def _split_of(
    collection: Collection,
    parts: Mapping[str, Sequence[str]],
    seed: int,
    fractions: tuple[float, float, float],
) -> Split:
    return Split(
        parts={part: tuple(sorted(members)) for part, members in parts.items()},
        seed=seed,
        fractions=fractions,
        classes=collection.classes,
        labels={entry.sha256: entry.label for entry in collection.entries},
        groups={entry.sha256: entry.group for entry in collection.entries},
    )
