"""Doubting labels from what two views saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from happysad.bundle.manifest import OFF_TOPIC, Head, Manifest
from happysad.errors import CollectionError
from happysad.faces.views import Embedding
from happysad.judge.ranking import rank
from happysad.records import Entry
from happysad.training.two_view.doubts import doubt_labels, left_out_probabilities
from happysad.training.two_view.embed import Embedded
from happysad.training.two_view.embedding import Embeddings
from happysad.training.two_view.grouped import deal_folds
from happysad.training.two_view.kernel import both_views, landmark_features, out_of_fold_scores
from two_views import base, embedding, pictures

CLASSES = ("calm", "wild")


def manifest(**heads: Head) -> Manifest:
    """Return that of the base, with or without a head for pictures that show neither class."""
    known = base().manifest
    kept = {name: known.heads[name] for name in ("scene", "faces")}
    return replace(known, heads=kept | heads, off_topic_above=0.9)


def embedded(made: list[Embedding], labels: np.ndarray, groups: list[str]) -> Embedded:
    entries = tuple(
        Entry(f"{CLASSES[label]}/{row}.jpg", CLASSES[label], str(row), 1, "jpeg", 9, 9, "0", group)
        for row, (label, group) in enumerate(zip(labels, groups, strict=True))
    )
    return Embedded(tuple(made), np.asarray(labels, np.int64), entries, CLASSES, {})


def spoilt(count: int = 160, *, share: float = 0.08) -> tuple[Embedded, np.ndarray]:
    """Return pictures of which some groups have the wrong label, and which these are."""
    made, labels, groups = pictures(count, apart=1.5)
    names = sorted(set(groups))
    chosen = np.random.default_rng(3).permutation(names)[: int(share * len(names))]
    wrong = np.isin(groups, chosen)
    return embedded(made, np.where(wrong, 1 - labels, labels), groups), wrong


def test_wrong_labels_are_doubted_most() -> None:
    pile, wrong = spoilt()
    told = doubt_labels(pile, base=manifest())
    doubts = [told.by_file[entry.file] for entry in pile.entries]
    assert rank(wrong, np.array([one.wrong for one in doubts])).average_precision > 0.8
    assert 0.3 * wrong.sum() < told.expected < 3 * wrong.sum()
    other = dict(zip(CLASSES, CLASSES[::-1], strict=True))
    for entry, doubt in zip(pile.entries, doubts, strict=True):
        assert doubt.suggested == other[entry.label]
        assert doubt.off_topic is None, "this base has no head for it"
    assert doubt_labels(pile, base=manifest()) == told


def test_a_copy_of_a_picture_never_speaks_for_it() -> None:
    # Groups of copies with a random label: whoever saw a copy would know the answer.
    generator = np.random.default_rng(1)
    labels = np.repeat(generator.integers(0, 2, 40), 3)
    one = [embedding(generator, 0, apart=0.0) for _ in range(40)]
    made = [item for item in one for _ in range(3)]
    groups = np.repeat(np.arange(40), 3).astype(str).tolist()
    rows = left_out_probabilities(
        Embeddings.of(made), labels, groups, classes=CLASSES, base=manifest()
    )
    assert rows.shape == (120, 2)
    assert rows.sum(axis=1) == pytest.approx(1)
    assert (rows.argmax(axis=1) == labels).mean() < 0.7


def test_what_shows_neither_class_is_told_by_the_head_of_the_base() -> None:
    pile, _ = spoilt(40)
    pile.embeddings[3].scene[5] = 50.0
    weights = np.zeros(16)
    weights[5] = 1.0
    head = Head(tuple(weights.tolist()), -10.0)
    known = manifest(**{OFF_TOPIC: head})
    told = doubt_labels(pile, base=known)
    assert {one.off_topic for one in told.by_file.values()} == {None}, "its classes are others"
    told = doubt_labels(pile, base=replace(known, classes=CLASSES))
    aside = {file: one.off_topic for file, one in told.by_file.items() if one.off_topic is not None}
    assert aside == {pile.entries[3].file: pytest.approx(1)}


def test_a_class_of_one_group_cannot_be_doubted() -> None:
    made, labels, _ = pictures(8)
    groups = ["same" if label else str(row) for row, label in enumerate(labels)]
    with pytest.raises(CollectionError, match="two groups"):
        doubt_labels(embedded(made, labels, groups), base=manifest())


def test_pictures_without_any_face_and_very_few_pictures() -> None:
    made, labels, groups = pictures(8, faces=(0,), apart=2.0)
    told = doubt_labels(embedded(made, labels, groups), base=manifest())
    assert all(0 <= one.wrong <= 1 for one in told.by_file.values())


def test_the_kernel_bends_where_a_line_cannot() -> None:
    generator = np.random.default_rng(5)
    corners = generator.integers(0, 2, (400, 2))
    labels = corners[:, 0] ^ corners[:, 1]
    nothing = np.zeros(0, np.float32)
    faces = np.zeros((0, 8), np.float32)
    scenes = (2.0 * corners - 1 + generator.normal(0, 0.3, (400, 2))).astype(np.float32)
    made = [Embedding(scene, faces, nothing, nothing, nothing) for scene in scenes]
    folds = deal_folds(labels, [str(row) for row in range(400)], seed=1)
    assert folds is not None
    features = landmark_features(both_views(Embeddings.of(made)), seed=1)
    scores = out_of_fold_scores(features, labels, folds)
    assert ((scores > 0) == labels).mean() > 0.97


def test_a_large_face_counts_more_than_a_small_one() -> None:
    one, two = np.eye(8, dtype=np.float32)[:2]
    areas = np.array([0.36, 0.01], np.float32)
    sure = np.ones(2, np.float32)
    crowd = Embedding(np.ones(3, np.float32), np.stack([one, two]), sure, areas, areas)
    alone = Embedding(-np.ones(3, np.float32), one[None], sure[:1], areas[:1], areas[:1])
    nobody = Embedding(np.zeros(3, np.float32), one[None][:0], sure[:0], areas[:0], areas[:0])
    views = both_views(Embeddings.of([crowd, alone, nobody]))
    assert views.shape == (3, 3 + 8 + 1)
    faces = views[:, 3:-1]
    assert (views[:, -1] > 0).tolist() == [False, False, True]
    assert not faces[2].any()
    assert np.linalg.norm(views[:, :3], axis=1).max() < 2
    # both are centred on their mean, so they lie opposite each other
    assert faces[0] == pytest.approx(-faces[1], abs=1e-6)
