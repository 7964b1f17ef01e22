"""Pictures that a person says belong together stay together, whatever reads the folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from happysad.collection.decisions import Decision
from happysad.collection.groups import place, read_groups, write_groups
from happysad.collection.scan import scan
from happysad.collection.split import split
from happysad.config import CheckOptions, SplitOptions
from happysad.drawn import draw, draw_collection
from happysad.errors import CollectionError

ONE_WORKER = CheckOptions(workers=1)
TINY_TWO_VIEW = Path(__file__).parents[1] / "fixtures" / "tiny-two-view.happysad"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty drawn pictures; the first six of each class are the frames of one burst."""
    root = tmp_path / "pictures"
    draw_collection(root, pictures=20, plant=False)
    burst = {
        f"{name}/{path.name}": f"burst {name}"
        for name in ("happy", "sad")
        for path in sorted((root / name).iterdir())[:6]
    }
    write_groups(root, burst)
    return root


def test_a_list_comes_back_with_odd_names_and_without_harm_from_lost_files(tmp_path: Path) -> None:
    groups = {'happy/a, "b"\nc\udcff é.jpg': "one", "happy/gone.jpg": "one"}
    write_groups(tmp_path, groups)
    assert read_groups(tmp_path) == groups
    assert read_groups(tmp_path / "elsewhere") == {}


def test_a_burst_is_one_group_and_lies_in_one_part(folder: Path) -> None:
    collection = scan(folder, options=ONE_WORKER)
    frames = [one for one in collection.entries if one.file in read_groups(folder)]
    assert len(frames) == 12
    for name in ("happy", "sad"):
        assert len({one.group for one in frames if one.label == name}) == 1
    assert not any(one.code == "near_duplicate" for one in collection.findings)
    for seed in range(5):
        parts = split(collection, options=SplitOptions(seed=seed)).parts
        for name in ("happy", "sad"):
            of_class = {one.sha256 for one in frames if one.label == name}
            assert sum(bool(of_class & set(members)) for members in parts.values()) == 1


def test_a_group_holds_within_a_class_and_copies_join_it(folder: Path) -> None:
    files = sorted(one.file for one in scan(folder, options=ONE_WORKER).entries)
    copy = folder / files[0]
    (folder / "happy" / "copy.bin").write_bytes(copy.read_bytes())
    write_groups(folder, dict.fromkeys([*files[:3], *files[-3:]], "both"))
    collection = scan(folder, options=ONE_WORKER)
    group_of = {one.file: one.group for one in collection.entries}
    assert len({group_of[file] for file in ("happy/copy.bin", *files[1:3])}) == 1
    assert group_of[files[1]] != group_of[files[-1]]
    split(collection)  # a group in two classes could not be dealt


@pytest.mark.parametrize(
    ("text", "said"),
    [("file\nhappy/a.png\n", "no column"), ("file,group\na,1\na,2\n", "two groups")],
)
def test_a_list_that_makes_no_sense_is_refused(folder: Path, text: str, said: str) -> None:
    place(folder).write_text(text)
    with pytest.raises(CollectionError, match=said):
        scan(folder, options=ONE_WORKER)


def test_the_command_line_honours_it(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    subprocess.run(
        [sys.executable, "-m", "happysad", "train", folder, "--base", TINY_TWO_VIEW,
         "--out", out, "--plain"],
        check=True, capture_output=True,
    )  # fmt: skip
    from happysad.collection.split_file import load_split

    parts = load_split(out / "split.json").parts
    sha_of = {one.file: one.sha256 for one in scan(folder, options=ONE_WORKER).entries}
    for name in ("happy", "sad"):
        burst = {sha_of[file] for file, group in read_groups(folder).items() if name in group}
        assert sum(bool(burst & set(members)) for members in parts.values()) == 1


def test_dropping_one_of_two_copies_in_two_classes_settles_which_is_right(tmp_path: Path) -> None:
    root = tmp_path / "pictures"
    draw_collection(root, pictures=16, plant=False)
    draw("happy", seed=99, side=200).save(root / "happy" / "twin.png")
    draw("happy", seed=99, side=200).save(root / "sad" / "twin.png")
    before = scan(root, options=ONE_WORKER)
    assert {"happy/twin.png", "sad/twin.png"} <= set(before.set_aside)
    for wrong, right in (("sad", "happy"), ("happy", "sad")):
        drop = Decision(f"{wrong}/twin.png", wrong, "drop")
        after = scan(root, options=ONE_WORKER, decisions=[drop])
        assert f"{right}/twin.png" in {one.file for one in after.entries}
        assert after.set_aside == (f"{wrong}/twin.png",)
        assert [one.code for one in after.findings if "twin" in one.file] == ["dropped"]
        assert after.counts["seen"] == before.counts["seen"]
