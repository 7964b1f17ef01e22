from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from happysad.drawn import draw_collection
from two_views import BASE

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures") / "drawn"
    draw_collection(folder, pictures=40, seed=3, plant=False)
    return folder


def asked(pictures: Path) -> tuple[object, ...]:
    return (
        *("active", pictures, "--base", BASE, "--budget", "6", "--rounds", "2", "--seeds", "1"),
        *("--strategies", "margin, coreset"),
    )


def test_prints_a_table_and_the_conclusion(happysad: Run, pictures: Path, tmp_path: Path) -> None:
    result = happysad(*asked(pictures), "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    for word in ("random", "margin", "coreset", "With all", "Active learning"):
        assert word in result.stdout
    assert "index.html" in result.stderr.replace("\n", "")


def test_as_json_prints_nothing_else(happysad: Run, pictures: Path) -> None:
    result = happysad(*asked(pictures), "--json")
    document = json.loads(result.stdout)
    assert [item["name"] for item in document["strategies"]] == ["random", "margin", "coreset"]
    assert result.stderr == ""


def test_an_unknown_strategy_is_wrong_use(happysad: Run, pictures: Path) -> None:
    result = happysad("active", pictures, "--strategies", "magic")
    assert result.exit_code == 2
    assert "'magic'" in result.stderr
