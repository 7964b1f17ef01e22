"""Learning the fusion."""

import fuse
import numpy as np
import pytest
from table import Table

from happysad.faces.fusion import TERMS


def made_up(count: int = 600) -> tuple[Table, np.ndarray]:
    """Return pictures of six collections in three folds, with evidence that tells their mood."""
    generator = np.random.default_rng(4)
    labels = generator.integers(0, 2, count)
    number = np.arange(count) % 6
    terms = np.zeros((count, len(TERMS)))
    terms[:, TERMS.index("bias")] = 1
    terms[:, TERMS.index("scene")] = 2 * labels - 1 + generator.normal(0, 1, count)
    terms[:, TERMS.index("faces")] = 4 * labels - 2 + generator.normal(0, 1, count)
    table = Table(
        files=np.array([f"{row}.jpg" for row in range(count)]),
        labels=labels,
        collections=np.array([f"c{item}" for item in number]),
        folds=number // 2,
        also_in=tuple(frozenset() for _ in range(count)),
        moods=labels,
        sure=np.ones(count, bool),
        kinds=np.full(count, "face"),
    )
    return table, terms


def test_the_better_view_gets_the_larger_weight_and_two_views_beat_one():
    table, terms = made_up()
    targets, importance = table.targets()
    weights = fuse.learn(terms, targets, importance)
    assert weights[TERMS.index("faces")] > weights[TERMS.index("scene")] > 0
    right = {
        kept: np.mean((fuse.stacked(table, terms, kept) > 0) == table.labels)
        for kept in (TERMS, ("bias", "scene"), ("bias", "faces"))
    }
    assert right[TERMS] >= right["bias", "faces"] > right["bias", "scene"] > 0.7


def test_terms_that_are_not_kept_have_no_weight():
    table, terms = made_up()
    weights = fuse.learn(terms, *table.targets(), kept=("bias", "scene"))
    assert np.flatnonzero(weights).tolist() == [0, TERMS.index("scene")]


def test_no_fold_is_judged_by_weights_that_saw_it():
    table, terms = made_up()
    before = fuse.stacked(table, terms)
    swapped = np.where(table.folds == 1, 1 - table.labels, table.labels)
    other = Table(
        table.files, swapped, table.collections, table.folds, table.also_in, swapped, table.sure,
        table.kinds,
    )  # fmt: skip
    after = fuse.stacked(other, terms)
    own = table.folds == 1
    assert after[own] == pytest.approx(before[own])
    assert np.abs(after[~own] - before[~own]).max() > 0.1


def test_folds_without_evidence_stay_unknown_and_a_lone_fold_is_split_by_collection():
    table, terms = made_up()
    terms[table.folds != 2, TERMS.index("scene")] = np.nan
    logits = fuse.stacked(table, terms)
    assert np.isnan(logits[table.folds != 2]).all()
    assert np.mean((logits[table.folds == 2] > 0) == table.labels[table.folds == 2]) > 0.9


def test_figures_count_judged_pictures_alone():
    table, terms = made_up()
    terms[table.folds != 2, TERMS.index("scene")] = np.nan
    found = fuse.figures(table, fuse.stacked(table, terms))
    assert set(found) == {"fold 2, raw", "fold 2, agreed"}
    assert found["fold 2, raw"]["n"] == 200
    assert found["fold 2, raw"]["accuracy"] > 0.9
