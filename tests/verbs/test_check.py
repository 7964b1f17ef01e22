"""``check`` and ``undo`` as a user meets them: findings, a page, files aside and back."""

from __future__ import annotations

import base64
import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from happysad.drawn import draw
from happysad.drawn.folder import Planted, draw_collection
from happysad.errors import CollectionError, UsageError
from happysad.records import Collection, Entry, Finding
from happysad.reports.collection import (
    MOST_IN_GROUP,
    MOST_NAMES,
    MOST_TILES,
    TITLES,
    write_check_page,
)
from happysad.verbs.check import as_json, check, undo

UGLY = "<img src=x onerror=alert(1)>\n\u202egpj.jpg"


class Page(HTMLParser):
    """What a page holds: its tags, addresses, and the text that a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), "no script in attributes"
            if name in {"src", "href", "srcset", "action"}:
                self.addresses.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return draw_collection(
        tmp_path_factory.mktemp("planted") / "drawn", pictures=48, seed=3, share=0.5
    )


@pytest.fixture(scope="module")
def checked(planted: Planted) -> tuple[Collection, str]:
    target = planted.folder.parent / "pages" / "check.html"
    collection = check(planted.folder, report=target)
    return collection, target.read_text(encoding="utf-8")


def small(root: Path) -> Path:
    for seed, file in enumerate(["sad/a.jpg", "happy/a.jpg", "sad/b.jpg", "happy/b.jpg"]):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        draw("happy" if seed % 2 else "sad", seed=seed, side=96).save(root / file)
    return root


def test_the_page_is_one_file_without_script_or_outside_address(checked):
    page = Page(checked[1])
    assert not {"script", "iframe", "object", "link", "form"} & set(page.tags)
    pictures = [address for address in page.addresses if address.startswith("data:image/jpeg")]
    assert len(pictures) > 10
    inside = [address for address in page.addresses if address.startswith("#")]
    assert sorted([*pictures, *inside]) == sorted(page.addresses)
    assert all(f'id="{address[1:]}"' in checked[1] for address in inside)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', checked[1])
    assert policy is not None
    assert "default-src 'none'" in policy[1]


def test_the_page_tells_the_sum_and_every_kind_of_finding(checked):
    collection, html = checked
    page = Page(html)
    for code in {finding.code for finding in collection.findings}:
        assert f'id="{code}"' in html
        assert TITLES.get(code, code.replace("_", " ").capitalize()) in page.text
    assert str(collection.counts["seen"]) in page.text
    assert html.index('id="both_classes"') < html.index('id="truncated"')
    assert html.index('id="truncated"') < html.index('id="near_duplicate"')


def test_a_clean_folder_gets_a_calm_page(tmp_path):
    small(tmp_path / "pictures")
    check(tmp_path / "pictures", report=tmp_path / "check.html")
    text = Page((tmp_path / "check.html").read_text()).text
    assert "nothing is wrong with any of them" in text
    assert "Set aside" not in text


def test_t35_names_are_shown_as_text(tmp_path):
    root = small(tmp_path / "pictures")
    (root / "happy" / UGLY).write_bytes(b"")
    (root / "sad/b.jpg").rename(root / "sad" / os.fsdecode(b"\xff.png"))
    (root / "notes & more.txt").write_text("ignored")
    check(root, report=tmp_path / "check.html")
    html = (tmp_path / "check.html").read_text(encoding="utf-8")
    page = Page(html)
    assert "onerror" not in html.replace("&lt;img src=x onerror=alert(1)&gt;", "")
    assert r"<img src=x onerror=alert(1)>\n\u202egpj.jpg" in page.text
    assert r"sad/\udcff.png" in page.text
    assert "notes & more.txt" in page.text


def test_what_is_shown_is_capped_and_what_is_counted_is_not(tmp_path):
    count, root = 400, small(tmp_path / "pictures")
    twins = [f"happy/{number:03d}.jpg" for number in range(count)]
    findings = [Finding("dark", file, "notice", "Dark.") for file in twins]
    findings += [Finding("html", f"sad/{file[6:]}", "fault", "A page.") for file in twins]
    for start in range(0, count, 10):
        group = twins[start : start + 10]
        findings += [
            Finding("near_duplicate", file, "notice", "One of 10.", related=tuple(group))
            for file in group
        ]
    entries = tuple(Entry(f, "happy", "0", 1, "jpeg", 9, 9, "0", "0") for f in twins)
    ignored = tuple(f"sad/{number}.txt" for number in range(count))
    collection = Collection(
        str(root),
        ("happy", "sad"),
        entries,
        tuple(f"sad/{f[6:]}" for f in twins),
        ignored,
        tuple(findings),
    )
    write_check_page(collection, tmp_path / "check.html")
    page = Page((tmp_path / "check.html").read_text())
    text = " ".join(page.text.split())
    assert f"{count} files" in text
    assert page.tags.count("figure") == MOST_TILES * MOST_IN_GROUP
    assert f"{count // 10 - MOST_TILES} more groups are not shown" in text
    assert "and 4 more" in text
    assert f"{count - MOST_TILES - MOST_NAMES} more are not shown" in text
    assert f"{count - MOST_NAMES} more are not shown" in text
    assert f"and {count - MOST_NAMES} more" in text
    assert "no picture to show" in text, "none of these files is there"


def test_a_page_that_cannot_be_written_is_a_clear_error(tmp_path):
    root = small(tmp_path / "pictures")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="Cannot write"):
        check(root, report=tmp_path / "file" / "check.html")


def test_t15_quarantine_moves_exactly_what_is_set_aside_and_undo_brings_it_back(planted, checked):
    collection = checked[0]
    before = {path: path.read_bytes() for path in planted.folder.rglob("*") if path.is_file()}
    again = check(planted.folder, quarantine=True)
    assert again == collection
    rest = check(planted.folder)
    assert rest.entries == collection.entries
    assert rest.set_aside == ()
    assert rest.counts["seen"] == collection.counts["seen"] - len(collection.set_aside)
    undone = undo(planted.folder)
    assert undone.restored == collection.set_aside
    after = {path: path.read_bytes() for path in planted.folder.rglob("*") if path.is_file()}
    assert after == before


def test_nothing_is_moved_where_nothing_is_wrong(tmp_path):
    root = small(tmp_path / "pictures")
    check(root, quarantine=True)
    assert not (root / ".happysad").exists()


def test_files_that_cannot_be_moved_are_an_error_that_names_one(tmp_path, monkeypatch):
    root = small(tmp_path / "pictures")
    (root / "happy/zero.jpg").write_bytes(b"")
    (root / "sad/zero.jpg").write_bytes(b"")

    def refuse(source, target):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "rename", refuse)
    message = r"2 of 2 files .*'happy/zero.jpg' for one: Operation not permitted"
    with pytest.raises(CollectionError, match=message):
        check(root, quarantine=True)
    assert (root / "happy/zero.jpg").exists()


def test_json_has_the_documented_fields(checked):
    document = json.loads(json.dumps(as_json(checked[0])))
    assert list(document) == [
        "folder",
        "classes",
        "counts",
        "pictures",
        "set_aside",
        "ignored",
        "findings",
        "wrong_labels",
        "seen_by_base",
    ]
    assert list(document["pictures"][0]) == [
        "file",
        "label",
        "sha256",
        "size_bytes",
        "format",
        "width",
        "height",
        "signature",
        "group",
        "quality",
    ]
    assert list(document["findings"][0]) == [
        "code",
        "file",
        "severity",
        "message",
        "related",
        "measure",
        "suggested",
    ]
    assert document["wrong_labels"] is None
    assert list(document["counts"]) == ["seen", "used", "set_aside", "ignored"]


def test_thumbnails_carry_no_metadata(tmp_path):
    root = small(tmp_path / "pictures")
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    with Image.open(root / "sad/a.jpg") as image:
        image.save(root / "sad/a.jpg", exif=exif)
        image.save(root / "happy/copy.jpg", exif=exif)
    check(root, report=tmp_path / "check.html")
    html = (tmp_path / "check.html").read_text()
    shown = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", html)
    assert shown
    for item in shown:
        data = base64.b64decode(item)
        assert b"secret" not in data
        with Image.open(io.BytesIO(data)) as image:
            assert not image.getexif()


def test_undo_of_a_missing_folder_is_a_clear_error(tmp_path):
    with pytest.raises(CollectionError, match="no folder"):
        undo(tmp_path / "gone")
