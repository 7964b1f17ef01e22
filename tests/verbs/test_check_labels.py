"""``check`` with ``labels``, on pictures that even a tiny random network can tell apart."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from happysad.bundle import archive, shelf
from happysad.bundle.manifest import TrainedPicture
from happysad.collection.decisions import (
    Decision,
    apply_decisions,
    read_decisions,
    write_decisions,
)
from happysad.collection.doubts import in_doubt, proposed
from happysad.errors import BundleError, CollectionError, UsageError
from happysad.records import Collection, Finding
from happysad.reports.collection import MOST_DOUBTS, write_check_page
from happysad.verbs.check import as_json, check
from two_views import BASE, base

WRONG = ("happy/07.png", "sad/11.png")


def tinted(path: Path, *, red: bool, seed: int) -> None:
    """Save a coarse random pattern, reddish or bluish."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 60, (8, 8, 3))
    pixels[..., 0 if red else 2] += 190
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).resize((96, 96)).save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Happy is red and sad is blue, but for one picture of each."""
    root = tmp_path_factory.mktemp("labels") / "pictures"
    for number in range(40):
        for label in ("happy", "sad"):
            file = f"{label}/{number:02d}.png"
            red = (label == "happy") != (file in WRONG)
            tinted(root / file, red=red, seed=2 * number + (label == "sad"))
    return root


@pytest.fixture(scope="module")
def checked(folder: Path) -> tuple[Collection, Path]:
    page = folder.parent / "pages" / "check.html"
    return check(folder, labels=BASE, report=page), page


def test_wrong_labels_are_found_with_a_suggestion(checked: tuple[Collection, Path]) -> None:
    found = [one for one in in_doubt(checked[0]) if one.code == "likely_wrong_label"]
    assert {one.file for one in found[:2]} == set(WRONG)
    assert len(found) < 6
    for one in found[:2]:
        assert one.severity == "notice"
        assert one.suggested == ("sad" if one.file.startswith("happy") else "happy")
        assert one.measure is not None
        assert one.measure > 0.5
    assert checked[0].wrong_labels is not None
    assert 0 < checked[0].wrong_labels < 12
    assert checked[0].counts["used"] == 80, "a doubt sets nothing aside"


def test_the_list_keeps_every_label_until_a_person_decides(
    checked: tuple[Collection, Path],
) -> None:
    collection, page = checked
    decisions = read_decisions(page.with_name("labels.csv"))
    assert [one.file for one in decisions] == [one.file for one in in_doubt(collection)]
    assert {one.choice for one in decisions} == {"keep"}
    assert apply_decisions(collection, decisions).entries == collection.entries
    assert decisions[0].probability == pytest.approx(
        1 - (in_doubt(collection)[0].measure or 0), abs=1e-4
    )


def test_the_page_shows_the_doubts_and_holds_the_list(
    checked: tuple[Collection, Path],
) -> None:
    html = checked[1].read_text(encoding="utf-8")
    assert 'id="likely_wrong_label"' in html
    first = in_doubt(checked[0])[0]
    label = first.file.partition("/")[0]
    assert f"{label} → {first.suggested}: {first.measure:.2f}" in html
    link = re.search(
        r'<a class="save" href="data:text/csv;base64,([^"]+)" download="([^"]+)"', html
    )
    assert link is not None
    assert link[2] == "labels.csv"
    assert base64.b64decode(link[1]) == checked[1].with_name("labels.csv").read_bytes()


def test_json_tells_suggestion_and_estimate(checked: tuple[Collection, Path]) -> None:
    document = json.loads(json.dumps(as_json(checked[0])))
    doubts = [one for one in document["findings"] if one["code"] == "likely_wrong_label"]
    assert {one["suggested"] for one in doubts} <= {"happy", "sad"}
    assert document["wrong_labels"] == checked[0].wrong_labels


def test_the_list_can_be_had_without_the_page(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "doubts.csv"
    known, sha256 = base(), hashlib.sha256((folder / "happy/00.png").read_bytes()).hexdigest()
    seen = TrainedPicture("elsewhere.png", sha256, "0" * 64)
    manifest = replace(known.manifest, training=(seen,))
    model = archive.write(tmp_path / "base.happysad", replace(known, manifest=manifest)).path
    collection = check(folder, labels=str(model), decisions=str(target))
    assert collection.seen_by_base == 1
    files = [one.file for one in proposed(collection)]
    assert [one.file for one in read_decisions(target)] == files
    assert set(WRONG) <= set(files)


def test_what_a_person_decided_outlives_another_look(
    checked: tuple[Collection, Path], folder: Path, tmp_path: Path
) -> None:
    first, second, *rest = read_decisions(checked[1].with_name("labels.csv"))
    undoubted = next(
        entry.file
        for entry in checked[0].entries
        if entry.label == "sad" and entry.file not in {one.file for one in rest}
    )
    relabel, drop = replace(second, choice="relabel"), Decision(undoubted, "sad", "drop")
    gone, kept = Decision("happy/gone.png", "happy", "drop"), Decision("happy/00.png", "happy")
    write_decisions([drop, gone, kept, relabel], tmp_path / "labels.csv")
    check(folder, labels=BASE, report=tmp_path / "check.html")
    assert read_decisions(tmp_path / "labels.csv") == (first, relabel, *rest, drop)


def test_another_table_of_that_name_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "labels.csv"
    for text in ("file,label,state,answers,sha256\n", "file,label,decision,suggested\na,b,dorp,\n"):
        target.write_text(text)
        with pytest.raises(CollectionError, match=r"It would be replaced.*--decisions FILE"):
            check(folder, labels=BASE, report=tmp_path / "check.html")
        assert target.read_text() == text


def test_a_list_that_cannot_be_written_is_a_clear_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CollectionError, match="cannot be written"):
        check(folder, labels=BASE, decisions=tmp_path / "file" / "doubts.csv")


def test_labels_are_of_two_classes(tmp_path: Path) -> None:
    for seed, label in enumerate(["calm", "happy", "sad"]):
        tinted(tmp_path / label / "a.png", red=True, seed=seed)
    told: list[str] = []
    with pytest.raises(UsageError, match="Got 3: calm, happy, sad"):
        check(tmp_path, labels=BASE, progress=lambda step, *_: told.append(step))
    assert told == [], "before any picture is read"


def test_t13_pictures_that_vanish_after_the_scan_are_one_error(tmp_path: Path) -> None:
    for seed, label in enumerate(["happy", "sad"]):
        tinted(tmp_path / label / "a.png", red=True, seed=seed)

    def unplug(step: str, done: int, total: int, note: str = "") -> None:
        if step == "reading pictures in two views":
            for path in tmp_path.rglob("*.png"):
                path.unlink()

    with pytest.raises(CollectionError, match="can be read any more"):
        check(tmp_path, labels=BASE, progress=unplug)


def test_a_list_needs_a_look_at_the_labels(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'decisions' option must be given with labels"):
        check(folder, decisions=tmp_path / "doubts.csv")


def test_a_base_that_is_missing_or_has_one_view_is_told_at_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "shipped", lambda: None)
    with pytest.raises(UsageError, match="none came with this happysad"):
        check(folder, labels="default")
    with pytest.raises(BundleError, match="no model"):
        check(folder, labels=tmp_path / "missing.happysad")
    with pytest.raises(UsageError, match="two views"):
        check(folder, labels=BASE.with_name("v1-tiny.happysad"))


def test_what_is_shown_is_capped_and_off_topic_comes_after_labels(tmp_path: Path) -> None:
    wrong = [
        Finding(
            "likely_wrong_label",
            f"happy/{row:03d}.jpg",
            "notice",
            "Wrong.",
            measure=0.5 + row / 1000,
            suggested="sad",
        )
        for row in range(150)
    ]
    aside = Finding("off_topic", "happy/000.jpg", "notice", "Neither.", measure=0.8)
    collection = Collection(
        str(tmp_path),
        ("happy", "sad"),
        (),
        (),
        (),
        (aside, *wrong),
        wrong_labels=12.4,
        seen_by_base=3,
    )
    assert in_doubt(collection)[0].file == "happy/149.jpg"
    assert in_doubt(collection)[-1] == aside
    page = tmp_path / "check.html"
    write_check_page(collection, page)
    html = page.read_text()
    assert "about <b>12</b>" in html
    assert "<b>3</b> of the 0 pictures are copies" in html
    assert html.count("happy → sad: ") == MOST_DOUBTS
    assert "off topic: 0.80" in html
    assert 'class="save"' not in html, "there is no list to save"


def test_no_doubt_is_said_calmly(tmp_path: Path) -> None:
    collection = Collection(str(tmp_path), ("happy", "sad"), (), (), (), (), wrong_labels=0.0)
    write_check_page(collection, tmp_path / "check.html")
    assert "No label is more likely wrong than right." in (tmp_path / "check.html").read_text()
    write_decisions(proposed(collection), tmp_path / "labels.csv")
    assert read_decisions(tmp_path / "labels.csv") == ()
