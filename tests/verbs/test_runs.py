"""Which runs there were."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from happysad.bundle import shelf
from happysad.verbs.runs import past_runs

TINY = Path(__file__).parents[1] / "fixtures" / "v1-tiny.happysad"


def finished_run(folder: Path, *pages: str) -> Path:
    for page in pages:
        (folder / page).mkdir(parents=True)
        (folder / page / "index.html").write_text("page")
    folder.mkdir(exist_ok=True)
    shutil.copy(TINY, folder / "model.happysad")
    return folder / "model.happysad"


def test_runs_of_this_machine_come_the_last_one_first(tmp_path: Path) -> None:
    assert past_runs() == []
    first = finished_run(tmp_path / "first", "report", "check")
    second = finished_run(tmp_path / "second")
    shutil.copy(TINY, tmp_path / "no-run.happysad")
    for path in (first, second, tmp_path / "no-run.happysad"):
        shelf.remember(path)
    newer, older = past_runs()
    assert newer.folder == tmp_path / "second"
    assert newer.pages == {}
    assert older.pages == {"report": "report/index.html", "check": "check/index.html"}
    assert older.manifest is not None
    assert older.manifest.name == "v1-tiny"


def test_a_model_that_changed_is_read_again(tmp_path: Path) -> None:
    path = finished_run(tmp_path / "run")
    (known,) = past_runs([path])
    assert known.manifest is not None
    path.write_bytes(b"damaged")
    os.utime(path, ns=(1, 1))
    (damaged,) = past_runs([path])
    assert damaged.manifest is None
    path.unlink()
    (gone,) = past_runs([path])
    assert gone.manifest is None
