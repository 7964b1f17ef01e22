from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from happysad.drawn import draw
from happysad.errors import CollectionError, LabelError, UsageError
from happysad.labels.ledger import SKIP, Label
from happysad.labels.pool import Pool, default_store, read_pool
from happysad.labels.store import LabelStore
from happysad.records import UNSURE
from happysad.verbs.label import export_labels

_IDS = count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pictures, two of the same name; not to be changed."""
    folder = tmp_path_factory.mktemp("pool") / "pool"
    (folder / "deep" / "er").mkdir(parents=True)
    for seed, name in enumerate(("a", "b", "c", "d", "deep/e", "deep/er/a")):
        draw("happy", seed=seed, side=96).save(folder / f"{name}.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    return folder


@pytest.fixture(scope="module")
def pool(folder: Path) -> Pool:
    return read_pool(folder)


@pytest.fixture
def store(pool: Pool, tmp_path: Path) -> Iterator[LabelStore]:
    store = LabelStore(tmp_path / "labels.sqlite", ("happy", "sad"))
    picture = {one.file: one.sha256 for one in pool.entries}
    for file, person, answer in (
        ("a.png", "ann", "happy"),
        ("deep/er/a.png", "ann", "happy"),
        ("b.png", "ann", "sad"),
        ("b.png", "bob", "sad"),
        ("c.png", "ann", "happy"),
        ("c.png", "bob", "sad"),
        ("d.png", "ann", UNSURE),
        ("deep/e.png", "ann", SKIP),
    ):
        name = f"id{next(_IDS)}"
        store.accept(
            Label(id=name, kind="answer", picture=picture[file], person=person, answer=answer)
        )
    yield store
    store.close()


def listed(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_a_pool_is_all_pictures_wherever_they_lie(pool: Pool):
    assert [one.file for one in pool.entries] == [
        "a.png", "b.png", "c.png", "d.png", "deep/e.png", "deep/er/a.png",
    ]  # fmt: skip
    assert {one.label for one in pool.entries} == {""}
    assert pool.left_out == 1


def test_no_folder_and_no_picture_are_told_apart(tmp_path: Path):
    with pytest.raises(CollectionError, match="There is no folder"):
        read_pool(tmp_path / "none")
    with pytest.raises(CollectionError, match="no pictures"):
        read_pool(tmp_path)


def test_folders_hold_what_people_agree_on_under_names_of_their_own(
    folder: Path, store: LabelStore, tmp_path: Path
):
    done = export_labels(folder, tmp_path / "out", store=store.path)
    files = listed(tmp_path / "out")
    assert done.counts == {"happy": 2, "sad": 1}
    assert done.left_out == 3
    assert files[0].startswith("happy/a-")
    assert files[1:] == ["happy/a.png", "sad/b.png"]
    assert (tmp_path / "out/sad/b.png").read_bytes() == (folder / "b.png").read_bytes()


def test_links_take_no_room(folder: Path, store: LabelStore, tmp_path: Path):
    export_labels(folder, tmp_path / "out", store=store.path, how="link")
    assert (tmp_path / "out/sad/b.png").samefile(folder / "b.png")


def test_t15_a_folder_with_something_in_it_is_refused(
    folder: Path, store: LabelStore, tmp_path: Path
):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").touch()
    with pytest.raises(UsageError, match="not an empty folder"):
        export_labels(folder, tmp_path / "out", store=store.path)
    assert listed(tmp_path / "out") == ["mine.txt"]


def test_the_table_holds_every_answer(folder: Path, store: LabelStore, tmp_path: Path):
    done = export_labels(folder, tmp_path / "labels.csv", store=store.path)
    with (tmp_path / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert {file: (row["label"], row["state"]) for file, row in rows.items()} == {
        "a.png": ("happy", "agreed"),
        "deep/er/a.png": ("happy", "agreed"),
        "b.png": ("sad", "agreed"),
        "c.png": ("", "disputed"),
        "d.png": (UNSURE, "agreed"),
        "deep/e.png": ("", "skipped"),
    }
    assert rows["b.png"]["answers"] == "ann: sad; bob: sad"
    assert done.counts == {"happy": 2, "sad": 1, UNSURE: 1}


def test_a_pool_nobody_labelled_says_how_to_start(folder: Path, tmp_path: Path):
    with pytest.raises(LabelError, match="happysad label"):
        export_labels(folder, tmp_path / "out")
    assert not default_store(folder).exists()


def test_a_place_that_cannot_be_written_is_one_clear_error(
    folder: Path, store: LabelStore, tmp_path: Path
):
    (tmp_path / "file").touch()
    with pytest.raises(LabelError, match="Cannot write"):
        export_labels(folder, tmp_path / "file" / "labels.csv", store=store.path)
    with pytest.raises(LabelError, match="cannot be put"):
        export_labels(folder, tmp_path / "file" / "out", store=store.path)
