"""Pictures that the model is unsure of and that differ from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from happysad.judge.queries.strategy import Situation, Strategy

if TYPE_CHECKING:
    from happysad.judge.queries.strategy import Rows


def _badge(situation: Situation, candidates: Rows, count: int, seed: int) -> Rows:
    from skactiveml.pool import Badge

    from happysad.judge.queries.given_model import GivenModel, known_labels, row_numbers

    model = GivenModel(
        situation.probabilities,  # type: ignore[arg-type]  # ask() saw to it
        features=situation.features,
    )
    chosen = Badge(random_state=seed, clf_embedding_flag_name="embeddings").query(
        row_numbers(situation),
        known_labels(situation),
        model,
        fit_clf=False,
        candidates=candidates,
        batch_size=count,
    )
    return np.asarray(chosen, np.int64)


BADGE = Strategy("badge", "would move the model most, each in another direction", "model", _badge)
