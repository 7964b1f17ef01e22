"""From what was seen to an answer, and what is said about it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from happysad.bundle.archive import read
from happysad.bundle.manifest import FUSION_TERMS, Head, Manifest
from happysad.faces.finder import Place
from happysad.faces.views import Embedding
from happysad.faces.weighing import Weigher, rows_of, sigmoid

TINY = Path(__file__).parents[1] / "fixtures" / "tiny-two-view.happysad"


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    """Heads that read the first feature, and a fusion that adds the views' logits."""
    weights = dict.fromkeys(FUSION_TERMS, 0.0) | {"scene": 1.0, "faces": 1.0}
    heads = {"scene": Head((1.0, 0.0), 0.5), "faces": Head((2.0, 0.0, 0.0), 0.0)}
    return replace(read(TINY).manifest, heads=heads, fusion=weights)


def embedding(scene: float, *faces: float) -> Embedding:
    count = len(faces)
    features = np.zeros((count, 3), np.float32)
    features[:, 0] = faces
    return Embedding(
        scene=np.array([scene, 9.0], np.float32),
        faces=features,
        scores=np.full(count, 0.8, np.float32),
        areas=np.full(count, 0.1, np.float32),
        sides=np.full(count, 50.0, np.float32),
    )


def test_the_views_logits_are_joined(manifest):
    weighed = Weigher(manifest).weigh(embedding(1.0, 0.5, 1.5))
    assert weighed.scene == 1.5
    assert weighed.faces.tolist() == [1.0, 3.0]
    assert weighed.shares.logit == pytest.approx(1.5 + 2.0)
    assert weighed.off_topic is None


def test_rows_are_probabilities_of_both_classes(manifest):
    weigher = Weigher(manifest)
    embeddings = [embedding(1.0), embedding(-3.0, 1.0)]
    rows = weigher.probabilities(embeddings)
    assert rows.sum(axis=1) == pytest.approx([1, 1])
    assert rows[:, 1] == pytest.approx(sigmoid(np.array([1.5, -0.5])))
    assert weigher.probabilities([]).shape == (0, 2)
    assert np.array_equal(rows_of([weigher.weigh(item) for item in embeddings]), rows)


def test_without_a_face_the_scene_counts_alone(manifest):
    weigher = Weigher(manifest)
    views = weigher.views(weigher.weigh(embedding(-1.5)))
    assert (views.scene_share, views.faces_share) == (1, 0)
    assert views.scene == pytest.approx(1 / (1 + np.e))
    assert views.sentence == "scene 0.7 happy, no face"


def test_shares_say_how_much_each_view_moved_the_answer(manifest):
    weigher = Weigher(manifest)
    views = weigher.views(weigher.weigh(embedding(0.5, -1.5)))  # logits 1 and -3
    assert views.faces_share == pytest.approx(0.75)
    assert views.scene_share + views.faces_share == pytest.approx(1)
    assert views.sentence == "scene 0.7 sad, 1 face 1.0 happy"
    both = weigher.views(weigher.weigh(embedding(0.5, 0.2, 0.4)))
    assert both.sentence == "scene 0.7 sad, 2 faces 0.6 sad on average"
    silent = weigher.views(weigher.weigh(embedding(-0.5, 0.0)))
    assert (silent.scene_share, silent.faces_share) == (0.5, 0.5)


def test_each_face_keeps_its_own_reading(manifest):
    weigher = Weigher(manifest)
    place = Place((0.1, 0.2, 0.3, 0.4), ((0.0, 0.0),) * 6, 0.8)
    (face,) = weigher.faces(weigher.weigh(embedding(0.0, 1.0)), [place])
    assert face.box == place.box
    assert face.score == 0.8
    assert face.probabilities["sad"] == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert sum(face.probabilities.values()) == pytest.approx(1)


def test_what_is_neither_has_a_head_of_its_own(manifest):
    heads = {**manifest.heads, "off_topic": Head((0.0, 1.0), -8.0)}
    weighed = Weigher(replace(manifest, heads=heads)).weigh(embedding(1.0))
    assert weighed.off_topic == pytest.approx(1 / (1 + np.exp(-1.0)))


def test_the_map_s_mean_is_the_scene_s_logit(manifest):
    grid = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32)
    cells = Weigher(manifest).scene_map(grid)
    assert cells.shape == (3, 4)
    mean = replace(embedding(0.0), scene=grid.mean(axis=(0, 1)))
    assert cells.mean() == pytest.approx(Weigher(manifest).weigh(mean).scene, abs=1e-6)


def test_extreme_features_overflow_nowhere(manifest):
    with np.errstate(all="raise"):
        rows = Weigher(manifest).probabilities([embedding(1e30, -1e30), embedding(-1e30)])
    assert np.isfinite(rows).all()
