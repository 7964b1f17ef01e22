"""Random sampling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.judge.queries.strategy import Situation, Strategy

if TYPE_CHECKING:
    from happysad.judge.queries.strategy import Rows


def _random(situation: Situation, candidates: Rows, count: int, seed: int) -> Rows:
    from skactiveml.pool import RandomSampling

    from happysad.judge.queries.given_model import known_labels, row_numbers

    chosen: Rows = RandomSampling(random_state=seed).query(
        row_numbers(situation), known_labels(situation), candidates=candidates, batch_size=count
    )
    return chosen


RANDOM = Strategy("random", "any picture; what the others have to beat", "nothing", _random)
