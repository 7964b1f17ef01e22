"""Heads on two views: what is learned, from how little, and what is kept of the base."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from happysad.errors import CollectionError
from happysad.faces.weighing import Weigher
from happysad.training.two_view.embedding import Embeddings
from happysad.training.two_view.grouped import STRENGTHS, choose_head, deal_folds
from happysad.training.two_view.heads import Heads, learn_heads, out_of_fold
from two_views import base, embedding, pictures

OTHER = ("calm", "wild")


def learned(count: int = 120, *, classes: tuple[str, str] = OTHER, **how: object) -> Heads:
    made, labels, groups = pictures(count, **how)  # type: ignore[arg-type]
    return learn_heads(
        Embeddings.of(made), labels, groups, classes=classes, base=base().manifest, seed=1
    )


def right(heads: Heads, **how: object) -> float:
    """Return the accuracy on pictures that were not learned from, by the code of predict."""
    made, labels, _ = pictures(200, seed=9, **how)  # type: ignore[arg-type]
    manifest = replace(
        base().manifest,
        heads={"scene": heads.scene, "faces": heads.faces},
        fusion=dict(heads.fusion),
    )
    rows = Weigher(manifest).probabilities(made)
    return float(((rows[:, 1] > 0.5) == labels).mean())


def test_both_views_are_learned_and_joined() -> None:
    heads = learned()
    assert right(heads) > 0.88
    assert right(heads, faces=(0,)) > 0.78
    assert np.argmax(np.abs(heads.scene.weights)) == 0
    assert np.argmax(np.abs(heads.faces.weights)) == 0
    assert heads.path is not None
    assert heads.path.held_out.min() < 0.6
    assert (np.diff(heads.path.loss) > 0).all()


def test_out_of_fold_answers_come_from_models_that_did_not_see_the_group() -> None:
    # Groups of copies with a random label: whoever saw a copy would know the answer.
    generator = np.random.default_rng(1)
    labels, made, groups = [], [], []
    for group in range(30):
        label = int(generator.integers(2))
        one = embedding(generator, 0, apart=0.0)
        made += [one] * 4
        labels += [label] * 4
        groups += [str(group)] * 4
    rows = out_of_fold(
        Embeddings.of(made), np.array(labels), groups, classes=OTHER, base=base().manifest
    )
    assert rows.sum(axis=1) == pytest.approx(1)
    said = rows[np.arange(len(labels)), labels]
    assert (said > 0.5).mean() < 0.75


@pytest.mark.parametrize("count", [2, 4, 10])
def test_a_handful_of_pictures_gives_a_model(count: int) -> None:
    made, labels, _ = pictures(count)
    groups = [str(row) for row in range(count)]
    heads = learn_heads(
        Embeddings.of(made), labels, groups, classes=OTHER, base=base().manifest, seed=1
    )
    assert np.isfinite([*heads.scene.weights, *heads.faces.weights]).all()
    assert np.isfinite(list(heads.fusion.values())).all()
    assert (heads.out_of_fold is None) == (count < 4)


def test_one_group_a_class_leaves_nothing_to_choose_by() -> None:
    made, labels, _ = pictures(10)
    groups = [str(label) for label in labels]
    manifest = base().manifest
    heads = learn_heads(Embeddings.of(made), labels, groups, classes=OTHER, base=manifest)
    assert heads.out_of_fold is None
    assert heads.path is None
    assert heads.fusion["scene"] == manifest.fusion["scene"]
    assert heads.fusion["bias"] == 0  # what it says of the base's classes
    with pytest.raises(CollectionError, match="two groups of pictures each"):
        out_of_fold(Embeddings.of(made), labels, groups, classes=OTHER, base=manifest)


def test_no_face_anywhere() -> None:
    heads = learned(faces=(0,))
    assert set(heads.faces.weights) == {0.0}
    assert right(heads, faces=(0,)) > 0.78
    kept = learned(faces=(0,), classes=("happy", "sad"))
    assert kept.faces == base().manifest.heads["faces"]


def test_faces_in_one_class_alone() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(40) % 2
    made = [embedding(generator, int(label), faces=int(label)) for label in labels]
    groups = [str(row) for row in range(40)]
    heads = learn_heads(
        Embeddings.of(made), labels, groups, classes=OTHER, base=base().manifest, seed=1
    )
    assert set(heads.faces.weights) == {0.0}
    assert heads.out_of_fold is not None
    assert heads.fusion["no_face"] < -0.2  # that there is a face is evidence by itself


def test_faces_in_a_few_pictures_of_one_fold() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(40) % 2
    made = [
        embedding(generator, int(label), faces=int(row < 2)) for row, label in enumerate(labels)
    ]
    groups = [str(row) for row in range(40)]
    heads = learn_heads(
        Embeddings.of(made), labels, groups, classes=OTHER, base=base().manifest, seed=1
    )
    assert np.isfinite(heads.out_of_fold).all()  # type: ignore[arg-type]


def test_with_the_base_s_classes_a_few_pictures_change_its_heads_a_little() -> None:
    manifest = base().manifest
    weights = np.zeros(16)
    weights[0] = 2.0
    good = replace(manifest.heads["scene"], weights=tuple(weights.tolist()), bias=0.0)
    known = replace(manifest, heads={**manifest.heads, "scene": good})
    made, labels, groups = pictures(12, faces=(0,))
    embeddings = Embeddings.of(made)
    near = learn_heads(embeddings, labels, groups, classes=("happy", "sad"), base=known)
    far = learn_heads(embeddings, labels, groups, classes=OTHER, base=known)
    assert right(near, faces=(0,)) > right(far, faces=(0,))
    assert near.scene.weights[0] > 1.0


def test_rare_classes_can_weigh_more() -> None:
    generator = np.random.default_rng(0)
    labels = np.array([0] * 90 + [1] * 10)
    made = Embeddings.of([embedding(generator, int(label), apart=0.4) for label in labels])
    groups = [str(row) for row in range(100)]
    share = []
    for weights in (None, np.where(labels == 1, 5.0, 0.5)):
        heads = learn_heads(
            made, labels, groups, classes=OTHER, base=base().manifest, weights=weights
        )
        assert heads.out_of_fold is not None
        share.append((heads.out_of_fold > 0).mean())
    assert share[1] > share[0] + 0.1


def test_the_seed_decides() -> None:
    assert learned().scene == learned().scene


def test_folds_keep_groups_whole_and_classes_even() -> None:
    _, labels, groups = pictures(100)
    folds = deal_folds(labels, groups, seed=1)
    assert folds is not None
    of_group: dict[str, set[int]] = {}
    for group, fold in zip(groups, folds, strict=True):
        of_group.setdefault(group, set()).add(int(fold))
    assert all(len(found) == 1 for found in of_group.values())
    for label in (0, 1):
        assert np.ptp(np.bincount(folds[labels == label], minlength=5)) <= 2
    other = deal_folds(labels, groups, seed=2)
    assert not np.array_equal(folds, other)


def test_the_ridge_follows_the_noise() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200, 30))
    folds = np.arange(200) % 5
    clear = choose_head(x, (x[:, 0] > 0).astype(float), folds, weights=np.ones(200))
    noise = choose_head(x, generator.integers(0, 2, 200).astype(float), folds, weights=np.ones(200))
    assert clear.ridge < noise.ridge
    assert noise.ridge == STRENGTHS[-1]


def test_rows_take_their_faces_along() -> None:
    made, _, _ = pictures(20)
    embeddings = Embeddings.of(made)
    chosen = embeddings.rows([7, 2, 3])
    expected = Embeddings.of([made[row] for row in (7, 2, 3)])
    for name in ("scene", "faces", "owners", "scores", "areas", "sides"):
        assert np.array_equal(getattr(chosen, name), getattr(expected, name))
    assert len(chosen) == 3
