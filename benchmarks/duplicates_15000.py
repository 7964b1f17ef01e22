"""Duplicate groups among 15,000 pictures: are they right, and how fast are they found?

    python benchmarks/duplicates_15000.py [--out benchmarks/results]

5,000 signatures of drawn pictures (2,500 drawings and a repost of each) among 10,000 made at
random, some of them in long chains. Groups must equal those of a plain reference that counts the
differing bits of every pair. Expected: equal, in under ten seconds; two minutes on two cores,
most of it for drawing and for the reference.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from measuring import Mark, Result, finish, parser
from PIL import Image

from happysad.collection.duplicates import find_duplicates
from happysad.drawn import draw
from happysad.pictures.signature import NEAR_DISTANCE, signature

COUNT, DRAWN = 15_000, 2_500


def signatures() -> np.ndarray:
    """Return uint64 of shape (15000, 4)."""
    rows = []
    for seed in range(DRAWN):
        picture = draw("sad" if seed % 2 else "happy", seed=seed, side=160)
        half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BILINEAR)
        rows += [signature(np.asarray(picture)), signature(np.asarray(half))]
    rng = np.random.default_rng(1)
    rest = rng.integers(0, 2**64, size=(COUNT - len(rows), 4), dtype=np.uint64)
    # Chains: each link is near the one before it and far from the chain's start.
    for start in range(0, len(rest) // 2, 50):
        for link in range(start + 1, start + 20):
            rest[link] = rest[link - 1]
            for bit in rng.choice(256, size=NEAR_DISTANCE - 1, replace=False):
                rest[link, bit // 64] ^= np.uint64(1) << np.uint64(bit % 64)
    return rng.permutation(np.concatenate([np.stack(rows), rest]))


def reference(rows: np.ndarray) -> set[frozenset[int]]:
    """Return the groups by comparing every pair bit by bit and walking the graph."""
    bits = np.unpackbits(rows.view(np.uint8), axis=1).astype(np.float32)
    ones = bits.sum(axis=1)
    near: list[np.ndarray] = []
    for start in range(0, len(bits), 1000):
        part = bits[start : start + 1000]
        differing = ones[start : start + 1000, None] + ones[None] - 2 * part @ bits.T
        near += [np.flatnonzero(row <= NEAR_DISTANCE) for row in differing]
    groups, seen = set(), set()
    for first in range(len(rows)):
        if first in seen:
            continue
        group, pending = {first}, [first]
        while pending:
            for other in near[pending.pop()].tolist():
                if other not in group:
                    group.add(other)
                    pending.append(other)
        seen |= group
        if len(group) > 1:
            groups.add(frozenset(group))
    return groups


def main() -> int:
    options = parser(__doc__).parse_args()
    rows = signatures()
    started = time.perf_counter()
    found = find_duplicates([(index,) for index in range(len(rows))], rows)
    seconds = time.perf_counter() - started
    groups = {frozenset(group) for group in found.near}
    expected = reference(rows)
    result = Result(
        "duplicates_15000",
        "python benchmarks/duplicates_15000.py",
        marks=[
            Mark("groups that differ from the reference", len(groups ^ expected), at_most=0),
            Mark("seconds for 15,000 signatures", seconds, at_most=10),
        ],
        figures={
            "groups": len(groups),
            "pictures in groups": sum(map(len, groups)),
            "largest group": max(map(len, groups)),
        },
    )
    return finish(result, options.out)


if __name__ == "__main__":
    sys.exit(main())
