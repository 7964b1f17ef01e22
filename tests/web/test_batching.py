"""The model's thread: what goes together, and what happens when something goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")

from services import ONE_VIEW, TWO_VIEWS, picture

from happysad.errors import BundleError
from happysad.pictures.prepared import Prepared, prepare_source
from happysad.predictor import Predictor, load
from happysad.sources.expand import Source
from happysad.web.batching import MOST, Batcher


def prepared(predictor: Predictor, seed: int = 1) -> Prepared:
    source = Source(f"picture {seed}", "bytes", picture(seed=seed, side=96))
    return prepare_source(source, preprocessing=predictor.manifest.preprocessing)


@pytest.fixture
def batches() -> list[int]:
    return []


@pytest.fixture
def batcher(batches: list[int]) -> Iterator[Batcher]:
    made = Batcher(lambda pictures, _: batches.append(pictures))
    yield made
    made.close()


def test_what_waits_is_answered_together_and_models_are_kept_apart(
    batcher: Batcher, batches: list[int]
):
    one, two = load(ONE_VIEW), load(TWO_VIEWS)
    first = [batcher.submit(one, prepared(one, seed), explain=False) for seed in range(10)]
    other = [batcher.submit(two, prepared(two, seed), explain=seed > 1) for seed in range(4)]
    batcher.start()
    for seed, answer in enumerate(first):
        assert answer.result(60).prediction.source == f"picture {seed}"
    maps = [answer.result(60).scene_map for answer in other]
    assert [one is None for one in maps] == [True, True, False, False]
    batcher.close()
    assert batches == [MOST, 2, 2, 2]


def test_a_failure_belongs_to_those_who_wait_for_it(batcher: Batcher, batches: list[int]):
    one, two = load(ONE_VIEW), load(TWO_VIEWS)
    batcher.start()
    failing = batcher.submit(two, prepared(one), explain=False)
    with pytest.raises(BundleError, match="cannot run"):
        failing.result(60)
    assert batcher.submit(one, prepared(one), explain=False).result(60)


def test_who_gave_up_costs_nothing(batcher: Batcher, batches: list[int]):
    one = load(ONE_VIEW)
    answers: list[Future] = [batcher.submit(one, prepared(one), explain=False) for _ in range(10)]
    assert all(answer.cancel() for answer in answers)
    last = batcher.submit(one, prepared(one), explain=False)
    batcher.start()
    assert last.result(60).prediction.error is None
    batcher.close()
    assert batches == [1]
