"""Processes that stand ready: each item's fate is its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import test_workers as here

from happysad.errors import HappysadError, PictureError
from happysad.pictures.pool import Pool
from waiting import until


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with started(seconds=120) as made:
        yield made


@contextmanager
def started(*, seconds: float) -> Iterator[Pool]:
    made: Pool = Pool(partial(here.work, add=5), workers=2, seconds=seconds)
    made.start()
    try:
        yield made
    finally:
        made.close()


def test_items_get_their_own_results(pool: Pool):
    asked = [pool.submit(number) for number in range(40)]
    assert [future.result(60) for future in asked] == [number + 5 for number in range(40)]
    large = pool.submit("large").result(60)
    assert large.shape == (300, 300, 3)
    assert pool.submit("noise").result(60) is None


@pytest.mark.parametrize(
    ("bad", "code"), [("exit", "decode_crashed"), ("crash", "decode_crashed"), ("bad", "truncated")]
)
def test_t03_one_that_ends_its_process_costs_itself_alone(pool: Pool, bad: str, code: str):
    asked = [pool.submit(item) for item in (1, bad, 2, bad, 3)]
    results = [future.result(60) for future in asked]
    assert [results[0], results[2], results[4]] == [6, 7, 8]
    for error in (results[1], results[3]):
        assert isinstance(error, PictureError)
        assert error.code == code


def test_t03_one_that_hangs_is_stopped_while_others_go_on():
    with started(seconds=4.0) as pool:
        hanging = pool.submit("hang")
        assert [pool.submit(number).result(60) for number in range(10)] == [*range(5, 15)]
        error = hanging.result(60)
        assert isinstance(error, PictureError)
        assert error.code == "decode_timeout"
        assert pool.submit(1).result(60) == 6
        until(lambda: pool.lost == 1)  # counted a moment after it is told


def test_what_was_not_begun_is_cancelled_at_the_end():
    made: Pool = Pool(here.work, workers=1, seconds=60)
    made.start()
    hanging, waiting = made.submit("hang"), [made.submit(number) for number in range(3)]
    until(hanging.running)
    made.close()
    assert all(future.cancelled() for future in waiting)
    assert hanging.done()


def test_a_pool_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.executable", "/no/such/python")
    made: Pool = Pool(here.work, workers=1)
    with pytest.raises(HappysadError, match="could not be started"):
        made.start()
    made.close()
