"""A training that cannot begin leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

import happysad
from happysad.config import SplitOptions, TrainOptions
from happysad.drawn import draw_collection
from happysad.errors import CollectionError
from two_views import BASE


def test_too_few_pictures_leave_no_run_to_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draw_collection(tmp_path / "drawn", pictures=4, seed=1, plant=False)
    options = TrainOptions(base=str(BASE), split=SplitOptions(folds=3))
    with pytest.raises(CollectionError, match=r"3 groups are.*Add pictures that differ\."):
        happysad.train("drawn", options=options)
    assert not any((tmp_path / "runs").iterdir())
