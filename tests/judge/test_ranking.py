from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from happysad.judge.ranking import rank


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("n", [2, 10, 500])
def test_curves_and_areas_agree_with_scikit_learn(n: int, ties: bool) -> None:
    rng = np.random.default_rng(n)
    positive = rng.random(n) < 0.4
    positive[:2] = True, False
    scores = rng.random(n) + 0.5 * positive
    scores = scores.round(1) if ties else scores
    ranking = rank(positive, scores)
    false, true, _ = reference.roc_curve(positive, scores, drop_intermediate=False)
    assert ranking.roc[0] == pytest.approx(false)
    assert ranking.roc[1] == pytest.approx(true)
    precision, recall, _ = reference.precision_recall_curve(positive, scores)
    # scikit-learn goes from the lowest threshold up and ends with an added point.
    assert ranking.precision_recall[0] == pytest.approx(precision[-2::-1])
    assert ranking.precision_recall[1] == pytest.approx(recall[-2::-1])
    assert ranking.roc_area == pytest.approx(reference.roc_auc_score(positive, scores))
    area = reference.average_precision_score(positive, scores)
    assert ranking.average_precision == pytest.approx(area)


def test_equal_scores_are_worth_a_guess() -> None:
    ranking = rank(np.array([True, True, False, False]), np.full(4, 0.3))
    assert ranking.roc_area == 0.5
    assert ranking.average_precision == 0.5
