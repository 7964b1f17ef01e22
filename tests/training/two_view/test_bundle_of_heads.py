"""A bundle of learned heads: what goes along of the base model."""

from __future__ import annotations

import numpy as np
import pytest

from happysad.records import Entry
from happysad.training.two_view.embed import Embedded
from happysad.training.two_view.heads import learn_heads
from happysad.training.two_view.saving import bundle_of
from two_views import base, pictures

ORIGIN = {"name": "learned", "created": "2026-11-22T16:00:00Z", "training": ()}


@pytest.mark.parametrize(
    ("classes", "known"),
    [(("happy", "sad"), True), (("Happy", "Sad"), True), (("cat", "dog"), False)],
)
def test_neither_of_two_classes_says_nothing_of_two_others(
    classes: tuple[str, str], known: bool
) -> None:
    made, labels, groups = pictures(12)
    entries = tuple(
        Entry(f"{row}.jpg", classes[label], str(row), 1, "jpeg", 9, 9, "0", group)
        for row, (label, group) in enumerate(zip(labels, groups, strict=True))
    )
    seen = Embedded(tuple(made), np.asarray(labels, np.int64), entries, classes, {})
    one = base()
    heads = learn_heads(seen.stacked(), labels, groups, classes=classes, base=one.manifest)
    manifest = bundle_of(heads, seen, base=one, origin=ORIGIN).manifest
    assert manifest.classes == classes
    assert manifest.heads.get("off_topic") == (one.manifest.heads["off_topic"] if known else None)
    assert manifest.off_topic_above == (one.manifest.off_topic_above if known else 1)
