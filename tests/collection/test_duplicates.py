"""Copies become groups: transitively, exactly, and also for very many of them."""

from __future__ import annotations

import numpy as np
import pytest

from happysad.collection.duplicates import GrowingGroups, connected, find_duplicates
from happysad.pictures.signature import NEAR_DISTANCE


def signatures_of(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 2**64, (count, 4), np.uint64, endpoint=False)


def flipped(signature: np.ndarray, first: int, count: int) -> np.ndarray:
    """The signature with ``count`` bits changed, from bit ``first`` on."""
    changed = signature.copy()
    for bit in range(first, first + count):
        changed[bit // 64] ^= np.uint64(1 << (bit % 64))
    return changed


def keys(count: int) -> list[tuple[str, str]]:
    return [(f"bytes {number}", f"pixels {number}") for number in range(count)]


def test_pairs_become_groups():
    assert connected(7, [(5, 1), (1, 3), (2, 6)]) == ((1, 3, 5), (2, 6))
    assert connected(3, []) == ()


def test_near_groups_are_transitive():
    base = signatures_of(1, 1)[0]
    chain = [flipped(base, 0, step * NEAR_DISTANCE) for step in range(5)]
    found = find_duplicates(keys(6), np.array([*chain, signatures_of(2, 1)[0]]))
    assert found.near == ((0, 1, 2, 3, 4),)
    assert found.exact == ()


def test_beyond_the_distance_nothing_is_near():
    base = signatures_of(1, 1)[0]
    found = find_duplicates(keys(2), np.array([base, flipped(base, 0, NEAR_DISTANCE + 1)]))
    assert found.near == ()


def test_same_bytes_or_same_pixels_are_exact_and_also_near():
    identities = [("a", "p"), ("b", "q"), ("a", "p"), ("c", "q"), ("p", "z")]
    found = find_duplicates(identities, signatures_of(3, 5))
    assert found.exact == ((0, 2), (1, 3))
    assert found.near == found.exact


def test_flat_pictures_are_near_their_exact_copies_only():
    flat = np.zeros((4, 4), np.uint64)
    found = find_duplicates([("a", "1"), ("b", "2"), ("a", "1"), ("c", "3")], flat)
    assert found.near == ((0, 2),)


def test_a_folder_of_copies_needs_no_pair_for_every_two_of_them():
    signatures = np.repeat(signatures_of(4, 2), 20_000, axis=0)
    found = find_duplicates(keys(40_000), signatures)
    assert [len(group) for group in found.near] == [20_000, 20_000]


def test_an_empty_folder_has_no_groups():
    found = find_duplicates([], np.empty((0, 4), np.uint64))
    assert (found.exact, found.near) == ((), ())


@pytest.mark.parametrize("count", [15_000])
def test_planted_groups_among_fifteen_thousand_are_found_exactly(count):
    signatures = signatures_of(5, count)
    planted = {}
    for number in range(500):
        signatures[count - 1 - number] = flipped(signatures[number], number % 200, NEAR_DISTANCE)
        planted[number] = count - 1 - number
    found = find_duplicates(keys(count), signatures)
    assert found.near == tuple(sorted(planted.items()))


def test_groups_that_grow_picture_by_picture_end_as_those_that_are_found_at_once():
    chance = np.random.default_rng(5)
    base = signatures_of(5, 60)
    rows = chance.integers(0, 60, 300)
    signatures = np.stack(
        [
            flipped(base[row], int(chance.integers(0, 200)), int(chance.integers(0, 40)))
            for row in rows
        ]
    )
    signatures[::17] = 0  # flat: near their exact copies only
    identities = [(f"bytes {chance.integers(0, 250)}", f"pixels {item}") for item in range(300)]
    growing = GrowingGroups()
    for start, end in ((0, 1), (1, 20), (20, 20), (20, 180), (180, 300)):
        growing.add(identities[start:end], signatures[start:end])
        assert growing.numbers.shape == (end,)
    found = find_duplicates(identities, signatures).near
    assert len(found) > 10
    expected = np.arange(300)
    for group in found:
        expected[list(group)] = group[0]
    assert growing.numbers.tolist() == expected.tolist()


def test_a_picture_joins_two_groups_that_were_apart():
    base = signatures_of(6, 1)[0]
    growing = GrowingGroups()
    for number, bits in enumerate((0, 2 * NEAR_DISTANCE, NEAR_DISTANCE)):
        growing.add([(f"{number}",)], flipped(base, 0, bits)[None])
        assert growing.numbers.tolist() == [[0], [0, 1], [0, 0, 0]][number]
