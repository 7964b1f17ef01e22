"""``happysad predict`` with a model of two views."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import Result

from bright_spots import picture

Run = Callable[..., Result]
TINY = Path(__file__).parents[1] / "fixtures" / "tiny-two-view.happysad"


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "none.png", tmp_path / "one.png"]
    Image.fromarray(picture(180, 192)).save(paths[0])
    Image.fromarray(picture(180, 192, (40, 60, 24))).save(paths[1])
    return paths


def test_a_single_picture_gets_a_sentence(happysad: Run, pictures: list[Path]) -> None:
    one = happysad("predict", pictures[0], "-m", TINY).stdout.splitlines()
    assert len(one) == 2
    assert one[1].strip().startswith("because: scene ")
    assert one[1].endswith("no face")
    assert len(happysad("predict", *pictures, "-m", TINY).stdout.splitlines()) == 2


def test_json_lines_hold_faces_and_views(happysad: Run, pictures: list[Path]) -> None:
    result = happysad("predict", *pictures, "-m", TINY, "--jsonl")
    none, one = map(json.loads, result.stdout.splitlines())
    assert none["faces"] == []
    assert none["views"]["faces_share"] == 0
    assert set(one["faces"][0]) == {"box", "score", "probabilities"}
    assert set(one["views"]) == {"scene", "scene_share", "faces_share", "sentence"}
    assert 0 < one["off_topic"] < 1


def test_the_reasons_are_drawn(happysad: Run, pictures: list[Path], tmp_path: Path) -> None:
    why = tmp_path / "why"
    result = happysad("predict", *pictures, "-m", TINY, "--explain", why)
    assert result.exit_code == 0, result.output
    assert str(why / "index.html") in result.stderr
    assert len(list(why.glob("*.png"))) == 2


def test_reasons_of_one_view_are_an_error(
    happysad: Run, pictures: list[Path], tiny_model: Path, tmp_path: Path
) -> None:
    result = happysad("predict", pictures[0], "-m", tiny_model, "--explain", tmp_path / "why")
    assert result.exit_code == 2
    assert "cannot explain" in result.stderr
