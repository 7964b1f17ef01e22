"""A workspace of drawn pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from happysad.drawn import draw_collection
from happysad.workspace.place import Workspace


@pytest.fixture(scope="session")
def some_drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-four drawn pictures in class folders; not to be changed."""
    folder = tmp_path_factory.mktemp("taught") / "pictures"
    draw_collection(folder, pictures=24, plant=False)
    return folder


@pytest.fixture
def filled(some_drawn: Path, tmp_path: Path) -> Workspace:
    """A workspace with these pictures in it."""
    workspace = Workspace(tmp_path / "work")
    for path in sorted(some_drawn.glob("*/*")):
        workspace.add(path.name, path.read_bytes(), label=path.parent.name)
    return workspace
