from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from happysad.collection.scan import scan
from happysad.config import CheckOptions
from happysad.drawn import Planted, draw_collection
from happysad.errors import UsageError
from happysad.records import CODES, Collection

PICTURES = 120


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return draw_collection(tmp_path_factory.mktemp("drawn"), pictures=PICTURES, seed=3, share=0.4)


@pytest.fixture(scope="module")
def checked(planted: Planted) -> Collection:
    return scan(planted.folder, options=CheckOptions(workers=2))


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_as_many_files_as_asked_for(planted: Planted) -> None:
    files = files_in(planted.folder)
    assert len(files) == PICTURES
    assert set(planted.clean) <= set(files)
    moods = Counter(file.partition("/")[0] for file in planted.clean)
    assert abs(moods["happy"] - moods["sad"]) <= 1


def test_every_kind_is_planted_under_a_known_code(planted: Planted) -> None:
    assert len(planted.faults) >= 16
    assert set(planted.faults) <= set(CODES)
    assert all(len(files) >= 2 for files in planted.faults.values())


def test_check_finds_every_planted_fault(planted: Planted, checked: Collection) -> None:
    found = defaultdict(set)
    for finding in checked.findings:
        found[finding.code].add(finding.file)
    missed = {code: set(files) - found[code] for code, files in planted.faults.items()}
    assert {code: files for code, files in missed.items() if files} == {}


def test_check_finds_nothing_in_clean_files(planted: Planted, checked: Collection) -> None:
    clean = set(planted.clean)
    assert [finding for finding in checked.findings if finding.file in clean] == []
    assert clean <= {entry.file for entry in checked.entries}


def test_no_fault_but_the_planted_is_grave(planted: Planted, checked: Collection) -> None:
    """A planted file may be noticed for more, but is set aside for what was planted alone."""
    for finding in checked.findings:
        if finding.severity == "fault":
            assert finding.file in planted.faults[finding.code]


def test_same_seed_draws_the_same_folder(tmp_path: Path) -> None:
    one = draw_collection(tmp_path / "one", pictures=30, seed=5)
    other = draw_collection(tmp_path / "other", pictures=30, seed=5)
    assert one.faults == other.faults
    assert files_in(one.folder) == files_in(other.folder)


def test_another_seed_shares_no_file(tmp_path: Path) -> None:
    one = draw_collection(tmp_path / "one", pictures=8, seed=5, plant=False)
    other = draw_collection(tmp_path / "other", pictures=8, seed=6, plant=False)
    assert one.faults == {}
    assert not set(files_in(one.folder).values()) & set(files_in(other.folder).values())


def test_progress_counts_every_file(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    draw_collection(
        tmp_path,
        pictures=5,
        plant=False,
        progress=lambda step, done, total, note="": calls.append((done, total)),
    )
    assert calls == [(done, 5) for done in range(1, 6)]


@pytest.mark.parametrize(
    ("options", "word"),
    [({"pictures": 3}, "pictures"), ({"seed": -1}, "seed"), ({"share": 2}, "share")],
)
def test_wrong_options_are_named(tmp_path: Path, options: dict[str, object], word: str) -> None:
    with pytest.raises(UsageError, match=f"'{word}' option must be"):
        draw_collection(tmp_path, **options)


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(UsageError, match="not empty"):
        draw_collection(tmp_path, pictures=4, plant=False)
    assert (tmp_path / "mine.txt").read_text() == "keep me"


def test_a_place_that_is_a_file_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("")
    with pytest.raises(UsageError, match="Choose another folder"):
        draw_collection(place, pictures=4, plant=False)
