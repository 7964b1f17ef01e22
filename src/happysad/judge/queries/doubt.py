"""Pictures that the model, or a committee of models, is unsure of."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from happysad.judge.queries.strategy import Situation, Strategy

if TYPE_CHECKING:
    from happysad.judge.queries.strategy import Rows


def _unsure(situation: Situation, candidates: Rows, count: int, seed: int, *, method: str) -> Rows:
    from skactiveml.pool import UncertaintySampling

    from happysad.judge.queries.given_model import GivenModel, known_labels, row_numbers

    chosen: Rows = UncertaintySampling(method=method, random_state=seed).query(
        row_numbers(situation),
        known_labels(situation),
        GivenModel(situation.probabilities),  # type: ignore[arg-type]  # ask() saw to it
        fit_clf=False,
        candidates=candidates,
        batch_size=count,
    )
    return chosen


def _divided(situation: Situation, candidates: Rows, count: int, seed: int, *, kind: str) -> Rows:
    from skactiveml.pool import GreedyBALD, QueryByCommittee

    from happysad.judge.queries.given_model import GivenModel, known_labels, row_numbers

    asked = {"sample_predictions_method_name": "committee_probabilities", "random_state": seed}
    strategy = (
        GreedyBALD(**asked) if kind == "bald" else QueryByCommittee(method="vote_entropy", **asked)
    )
    members = situation.committee
    chosen: Rows = strategy.query(
        row_numbers(situation),
        known_labels(situation),
        GivenModel(members.mean(axis=0), members),  # type: ignore[union-attr]  # ask() saw to it
        fit_ensemble=False,
        candidates=candidates,
        batch_size=count,
    )
    return chosen


MARGIN = Strategy(
    "margin",
    "the two most probable classes are closest",
    "model",
    functools.partial(_unsure, method="margin_sampling"),
)
ENTROPY = Strategy(
    "entropy",
    "the probabilities are most even",
    "model",
    functools.partial(_unsure, method="entropy"),
)
LEAST_CONFIDENT = Strategy(
    "least-confident",
    "the most probable class is least probable",
    "model",
    functools.partial(_unsure, method="least_confident"),
)
COMMITTEE = Strategy(
    "committee",
    "models that learned from parts of the labels vote differently",
    "committee",
    functools.partial(_divided, kind="votes"),
)
BALD = Strategy(
    "bald",
    "such models are sure, each of something else",
    "committee",
    functools.partial(_divided, kind="bald"),
)
