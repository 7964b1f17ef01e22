from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from happysad.config import Limits
from happysad.errors import SourceError, UsageError
from happysad.sources.expand import Source, expand, is_url, load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.png", ".hidden.jpg", "deep/c.jpg", "deep/deeper/d.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "deep" / "loop").symlink_to(tmp_path)
    (tmp_path / "link.jpg").symlink_to(tmp_path / "a.png")
    os.mkfifo(tmp_path / "pipe.jpg")
    return tmp_path


def names(folder: Path, *arguments: str | Path, **options: object) -> list[str]:
    found = [source.name for source in expand(arguments, **options)]
    return [name.removeprefix(f"{folder}/") for name in found]


def test_a_folder_gives_its_files_in_order(folder: Path) -> None:
    assert names(folder, folder) == ["a.png", "b.jpg"]


def test_t10_recursion_follows_no_links(folder: Path) -> None:
    found = names(folder, folder, recursive=True)
    assert found == ["a.png", "b.jpg", "deep/c.jpg", "deep/deeper/d.jpg"]


def test_patterns_match_and_say_when_they_do_not(folder: Path) -> None:
    assert names(folder, f"{folder}/*.jpg") == ["b.jpg", "link.jpg", "pipe.jpg"]
    assert names(folder, f"{folder}/d*") == []
    assert names(folder, f"{folder}/d*", recursive=True) == ["deep/c.jpg", "deep/deeper/d.jpg"]
    assert names(folder, f"{folder}/*.none") == ["*.none"]
    (folder / "[1].jpg").write_bytes(b"x")
    assert names(folder, f"{folder}/[1].jpg") == ["[1].jpg"]


def test_files_urls_and_missing_names_stay_as_they_are(folder: Path) -> None:
    found = list(expand([folder / "a.png", "HTTPS://x.example/a?b", folder / "no.jpg"]))
    assert [source.kind for source in found] == ["file", "url", "file"]
    assert load(found[0]) == b"a.png"
    with pytest.raises(SourceError) as caught:
        load(found[2])
    assert caught.value.code == "missing"
    assert is_url("http://x")
    assert not is_url("httpx.jpg")


def test_a_link_that_is_named_is_followed(folder: Path) -> None:
    assert load(Source(str(folder / "link.jpg"), "file")) == b"a.png"


def test_t11_odd_names_go_through(tmp_path: Path) -> None:
    odd = [b"new\nline.jpg", "\u202egpj.exe.jpg".encode(), b"\xff\xfe.jpg", b"n" * 251 + b".jpg"]
    for name in odd:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(name)
    found = list(expand([tmp_path]))
    assert sorted(load(source) for source in found) == sorted(odd)
    assert sorted(os.fsencode(Path(source.name).name) for source in found) == sorted(odd)


def test_standard_input_may_be_one_picture() -> None:
    data = b"\xff\xd8\xff\xe0" + bytes(2000)
    (source,) = expand(["-"], stdin=io.BytesIO(data))
    assert source == Source("-", "bytes", data)
    assert load(source) == data
    with pytest.raises(SourceError) as caught:
        load(source, limits=Limits(max_bytes=100))
    assert caught.value.code == "too_many_bytes"
    (empty,) = expand(["-"], stdin=io.BytesIO(b""))
    assert empty.data == b""


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_standard_input_may_be_a_list(folder: Path, end: bytes) -> None:
    lines = [f"{folder}/a.png", "http://x.example/" + "y" * 200, "", f"{folder}/b.jpg"]
    text = (end or b"\n").join(map(os.fsencode, lines)) + end
    found = list(expand(["-"], stdin=io.BytesIO(text)))
    assert [source.name for source in found] == [line for line in lines if line]
    assert [source.kind for source in found] == ["file", "url", "file"]


def test_a_list_of_short_lines(folder: Path) -> None:
    found = expand(["-"], stdin=io.BytesIO(b"a\nb\nc\n" * 30))
    assert [source.name for source in found] == ["a", "b", "c"] * 30


def test_a_dash_without_standard_input_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="standard input"):
        list(expand(["-"]))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_t13_a_closed_folder_is_one_item_that_fails(folder: Path) -> None:
    (folder / "deep").chmod(0)
    found = list(expand([folder], recursive=True))
    (folder / "deep").chmod(0o755)
    assert found[-1].name == str(folder / "deep")
