"""``happysad export`` as people type it: a page for browsers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

TWO_VIEWS = Path(__file__).parents[1] / "fixtures" / "tiny-two-view.happysad"


def test_a_page_needs_the_runtime_that_is_named(
    happysad: Callable[..., Result], tmp_path: Path
) -> None:
    place = tmp_path / "page"
    done = happysad("export", TWO_VIEWS, "--to", "web", place, "--runtime", tmp_path / "none.tgz")
    assert done.exit_code == 1
    assert "npm pack onnxruntime-web@" in done.stderr
    assert not place.exists()


def test_the_place_is_said_once(happysad: Callable[..., Result], tmp_path: Path) -> None:
    done = happysad("export", TWO_VIEWS, tmp_path / "a", "--to", "web", "--out", tmp_path / "b")
    assert done.exit_code == 2
    assert "Say where to once" in done.stderr


def test_other_formats_name_the_page_for_two_views(
    happysad: Callable[..., Result], tmp_path: Path
) -> None:
    done = happysad("export", TWO_VIEWS, tmp_path / "model.onnx", "--to", "onnx")
    assert done.exit_code == 1
    assert "'--to web' makes a page" in done.stderr
