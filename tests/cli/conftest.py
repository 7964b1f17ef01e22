"""A drawn folder, a small model, and the command line to try on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from happysad.cli.app import app
from happysad.drawn import draw_collection

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def clean_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean") / "pictures"
    draw_collection(folder, pictures=16, plant=False)
    return folder


@pytest.fixture
def spoilt_folder(tmp_path: Path) -> Path:
    """A folder with one bad file in it."""
    folder = tmp_path / "pictures"
    draw_collection(folder, pictures=8, plant=False)
    (folder / "happy" / "empty.jpg").touch()
    return folder


@pytest.fixture
def tiny_model() -> Path:
    return Path(__file__).parents[1] / "fixtures" / "v1-tiny.happysad"


@pytest.fixture
def happysad() -> Run:
    def run(*arguments: object, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(app, [str(one) for one in arguments], input=stdin)

    return run
