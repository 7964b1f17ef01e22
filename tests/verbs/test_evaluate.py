from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from happysad.bundle import archive
from happysad.bundle.manifest import TrainedPicture
from happysad.collection.scan import scan
from happysad.collection.split import split
from happysad.collection.split_file import save_split
from happysad.config import CheckOptions
from happysad.drawn import draw
from happysad.errors import CollectionError, UsageError
from happysad.predictor import load
from happysad.records import Collection
from happysad.verbs.evaluate import evaluate, report_on

TINY = Path(__file__).parents[1] / "fixtures" / "v1-tiny.happysad"
IN_PROCESS = CheckOptions(workers=1)
COPY = "happy/0.jpg"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight drawn pictures of each class, a broken one and a copy."""
    root = tmp_path_factory.mktemp("evaluate") / "drawn"
    for mood, seed in (("happy", 0), ("sad", 100)):
        (root / mood).mkdir(parents=True)
        for number in range(8):
            picture = draw(mood, seed=seed + number, side=128)
            picture.convert("RGB").save(root / mood / f"{number}.jpg")
    (root / "sad" / "broken.jpg").write_bytes((root / "sad" / "0.jpg").read_bytes()[:900])
    shutil.copy(root / "happy" / "1.jpg", root / "happy" / "same.jpg")
    return root


@pytest.fixture(scope="module")
def collection(folder: Path) -> Collection:
    return scan(folder, options=IN_PROCESS)


@pytest.fixture
def run(tmp_path: Path, collection: Collection) -> Path:
    """A run's folder: a split, and a model that knows one of the pictures."""
    known = next(entry for entry in collection.entries if entry.file == COPY)
    bundle = archive.read(TINY)
    trained = (TrainedPicture("old/name.jpg", known.sha256, known.signature),)
    manifest = dataclasses.replace(bundle.manifest, name="tiny run", training=trained)
    archive.write(tmp_path / "model.happysad", dataclasses.replace(bundle, manifest=manifest))
    save_split(split(collection), tmp_path / "split.json")
    return tmp_path


def test_every_usable_picture_is_answered_and_the_broken_one_reported(
    folder: Path, collection: Collection
) -> None:
    seen: list[tuple[str, int, int]] = []

    def progress(step: str, done: int, total: int, note: str = "") -> None:
        seen.append((step, done, total))

    report = evaluate(TINY, folder, options=IN_PROCESS, progress=progress)
    assert [answer.file for answer in report.answers] == [e.file for e in collection.entries]
    assert len(report.answers) == 16
    assert report.unanswered == {"sad/broken.jpg": "truncated"}
    assert (report.model, report.data) == ("v1-tiny", "drawn")
    assert ("judging pictures", 0, 16) in seen
    assert seen[-1] == ("judging pictures", 16, 16)
    predictor = load(TINY)
    for answer in report.answers[::5]:
        expected = predictor.predict(folder / answer.file)
        assert answer.probabilities == pytest.approx(expected.probabilities)
        assert answer.verdict == expected.verdict
        assert answer.label == answer.file.partition("/")[0]


def test_copies_of_training_pictures_are_found_and_left_out_of_a_second_count(
    run: Path, folder: Path, tmp_path: Path
) -> None:
    report = evaluate(run, folder, out=tmp_path / "report", options=IN_PROCESS)
    assert report.seen_in_training == 1
    assert {a.file: a.seen_in_training for a in report.answers}[COPY] == "old/name.jpg"
    written = json.loads((tmp_path / "report" / "report.json").read_bytes())
    assert written["scores"]["accuracy"]["n"] == 16
    assert written["scores_without_copies"]["accuracy"]["n"] == 15
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "old/name.jpg" in page
    assert "data:image/jpeg;base64," in page
    assert "Copies of training pictures among these 16: 1." in page


def test_a_part_of_the_runs_split(run: Path, folder: Path, collection: Collection) -> None:
    report = evaluate(load(run), folder, part="test", options=IN_PROCESS)
    assert {answer.sha256 for answer in report.answers} == set(split(collection).parts["test"])
    assert report.data == "drawn, test part"
    assert not report.unanswered


def test_a_part_of_a_folder_that_has_changed_is_refused(
    run: Path, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "sad" / "3.jpg").unlink()
    with pytest.raises(CollectionError):
        evaluate(run, other, part="test", options=IN_PROCESS)


def test_a_part_needs_a_split(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"no split\.json lies beside the model"):
        evaluate(TINY, folder, part="test", options=IN_PROCESS)


def test_an_unknown_part_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'part' option must be train, validation or test"):
        evaluate(tmp_path / "none", tmp_path / "none", part="exam")


def test_folders_of_other_classes_are_refused_by_name(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "moods"
    shutil.copytree(folder, other)
    (other / "sad").rename(other / "furious")
    with pytest.raises(UsageError, match=r"classes happy, sad, but .* also has furious"):
        evaluate(TINY, other, options=IN_PROCESS)


def test_t13_a_picture_that_vanishes_after_the_check_is_unanswered(
    folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    checked = scan(other, options=IN_PROCESS)
    (other / "sad" / "3.jpg").unlink()
    report = report_on(load(TINY), checked)
    assert len(report.answers) == 15
    assert report.unanswered == {"sad/broken.jpg": "truncated", "sad/3.jpg": "missing"}
