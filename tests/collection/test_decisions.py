"""The list of decisions: written, read, followed, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from happysad.collection.decisions import (
    Decision,
    apply_decisions,
    read_decisions,
    write_decisions,
)
from happysad.errors import CollectionError
from happysad.records import Collection, Entry


def entry(file: str, group: str = "") -> Entry:
    return Entry(file, file.partition("/")[0], f"sha {file}", 10, "png", 8, 8, "", group or file)


FOLDER = Collection(
    root="/pictures",
    classes=("happy", "sad"),
    entries=(
        entry("happy/a.png"),
        entry("happy/b.png", "copies"),
        entry("happy/c.png", "copies"),
        entry("sad/d.png"),
    ),
    set_aside=("sad/broken.png",),
    ignored=(),
    findings=(),
)


def test_a_list_comes_back(tmp_path: Path) -> None:
    odd = 'happy/a, "b"\nc\udcff é.jpg'
    written = (
        Decision(odd, "happy", "relabel", "sad", 0.0312),
        Decision("sad/d.png", "sad", "drop"),
        Decision("happy/a.png", "happy"),
    )
    write_decisions(written, tmp_path / "list.csv")
    assert read_decisions(tmp_path / "list.csv") == written
    first = (tmp_path / "list.csv").read_bytes().splitlines()[0]
    assert first == b"file,label,decision,suggested,probability"


def test_what_a_spreadsheet_makes_of_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(
        b"\xef\xbb\xbfsuggested,decision,label,file,note\r\n"
        b"sad, relabel ,happy,happy/a.png,hm\r\n,,sad,sad/d.png,\r\n"
    )
    assert read_decisions(path) == (
        Decision("happy/a.png", "happy", "relabel", "sad"),
        Decision("sad/d.png", "sad", "keep"),
    )


def test_pictures_change_class_or_are_left_out() -> None:
    done = apply_decisions(
        FOLDER,
        [
            Decision("happy/a.png", "happy", "relabel", "sad"),
            Decision("sad/d.png", "sad", "drop"),
            Decision("sad/broken.png", "sad", "drop"),
        ],
    )
    assert {item.file: item.label for item in done.entries} == {
        "happy/a.png": "sad",
        "happy/b.png": "happy",
        "happy/c.png": "happy",
    }
    assert done.set_aside == ("sad/broken.png", "sad/d.png")
    assert done.counts["seen"] == FOLDER.counts["seen"]
    assert [(item.code, item.file, item.severity) for item in done.findings] == [
        ("relabelled", "happy/a.png", "notice"),
        ("dropped", "sad/d.png", "fault"),
    ]


def test_copies_follow_unless_they_are_decided_on_themselves() -> None:
    relabel = Decision("happy/b.png", "happy", "relabel", "sad")
    done = apply_decisions(FOLDER, [relabel])
    assert [item.label for item in done.entries] == ["happy", "sad", "sad", "sad"]
    dropped = apply_decisions(FOLDER, [relabel, Decision("happy/c.png", "happy", "drop")])
    assert [item.file for item in dropped.entries] == ["happy/a.png", "happy/b.png", "sad/d.png"]
    with pytest.raises(CollectionError, match=r"c\.png.*nearly the same picture as 'happy/b\.png'"):
        apply_decisions(FOLDER, [relabel, Decision("happy/c.png", "happy", "keep")])


@pytest.mark.parametrize(
    ("decisions", "message"),
    [
        ([Decision("happy/z.png", "happy")], "no such picture in '/pictures'"),
        ([Decision("happy/a.png", "sad")], "its label is 'happy', not 'sad'"),
        ([Decision("happy/a.png", "happy", "relabel", "mad")], "'mad' is not one of the classes"),
        ([Decision("happy/a.png", "happy", "relabel")], "'' is not one of the classes happy, sad"),
        (
            [Decision("happy/a.png", "happy"), Decision("happy/a.png", "happy", "drop")],
            "on the list twice",
        ),
    ],
)
def test_a_list_of_another_folder_is_refused(decisions: list[Decision], message: str) -> None:
    with pytest.raises(CollectionError, match=message):
        apply_decisions(FOLDER, decisions)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column 'file'"),
        ("file,label,decision\n", "no column 'suggested'"),
        ("file,label,decision,suggested\na.png,happy,burn,\n", "line 2: the decision must be one"),
        ("file,label,decision,suggested\n,happy,keep,\n", "line 2: it names no file"),
        ("file,label,decision,suggested,probability\na,b,keep,,2\n", "probability must be 0 to 1"),
        ("file,label,decision,suggested,probability\na,b,keep,,x\n", "not 'x'"),
        (f"file,label,decision,suggested\n{'x' * 200_000},b,keep,\n", "line [12]: field larger"),
    ],
)
def test_a_malformed_list_says_where(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(CollectionError, match=message):
        read_decisions(path)


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match=r"(?i)no such file"):
        read_decisions(tmp_path / "list.csv")
    with pytest.raises(CollectionError, match="cannot be written"):
        write_decisions([], tmp_path / "nowhere" / "list.csv")


def test_a_list_that_is_too_long(tmp_path: Path) -> None:
    with (tmp_path / "list.csv").open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(CollectionError, match=r"(?i)limit|more than|larger"):
        read_decisions(tmp_path / "list.csv")
