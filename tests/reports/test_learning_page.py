"""The page of a replay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from happysad.errors import UsageError
from happysad.judge.learning_curves import Trial
from happysad.judge.learning_report import ALL, LearningReport, learning_report
from happysad.reports import plots
from happysad.reports.active import as_dict, write

NAMES = ("random", "margin", "bald", "badge", "coreset", "typiclust")


def report(names: tuple[str, ...] = NAMES, *, data: str = "pictures") -> LearningReport:
    chance = np.random.default_rng(0)
    groups = tuple(f"group {number}" for number in range(60))
    trials = [
        Trial(name, seed, (10, 20), chance.random((2, 60)) < 0.7, groups)
        for name in names
        for seed in (1, 2)
    ]
    trials.append(Trial(ALL, 1, (300,), chance.random((1, 60)) < 0.9, groups))
    return learning_report(trials, data=data, learner="heads on <b>views</b>")


def test_the_page_shows_every_strategy(tmp_path: Path) -> None:
    page = write(report(), tmp_path).read_text(encoding="utf-8")
    for name in NAMES:
        assert f'<th scope="row">{name}' in page
    assert "all 300 labels of the pool" in page
    assert "default-src 'none'" in page
    assert "<script" not in page


def test_names_are_text(tmp_path: Path) -> None:
    page = write(report(data="<img src=x>"), tmp_path).read_text(encoding="utf-8")
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page
    assert "<b>views</b>" not in page


def test_random_alone_makes_a_page_too(tmp_path: Path) -> None:
    alone = report(("random",))
    assert "nothing to compare" in write(alone, tmp_path).read_text(encoding="utf-8")
    assert as_dict(alone)["strategies"][0]["gain"] is None


def test_a_figure_has_a_panel_for_each_strategy_and_two_dresses() -> None:
    curves = report().curves
    light, dark = (plots.learning(curves, all_labels=0.9, dark=dark) for dark in (False, True))
    assert light.startswith(b"\x89PNG")
    assert light != dark


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="Cannot write"):
        write(report(), tmp_path / "file")
