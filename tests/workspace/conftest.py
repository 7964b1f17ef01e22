"""A workspace of drawn pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from happysad.drawn import draw_collection
from happysad.durable import replacing
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


@pytest.fixture
def hold_back(monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[Event, Event]]:
    """Let pictures, from then on, stop coming in once their file is there.

    The first event says that one has stopped, the second lets it go on.
    """

    def hold() -> tuple[Event, Event]:
        begun, may_end = Event(), Event()

        @contextmanager
        def slowly(path: Path) -> Iterator[Any]:
            begun.set()
            may_end.wait(120)
            with replacing(path) as file:
                yield file

        monkeypatch.setattr("happysad.workspace.place.replacing", slowly)
        return begun, may_end

    return hold
