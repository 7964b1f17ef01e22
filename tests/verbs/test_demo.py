from __future__ import annotations

import sys
from pathlib import Path

import pytest

from happysad.bundle import shelf
from happysad.drawn import draw_collection
from happysad.errors import UsageError
from happysad.records import PARTS
from happysad.reports.demo import Story, write_demo_page
from happysad.verbs.demo import Demo, demo

PICTURES = 30
HEAVY = ("keras", "tensorflow", "onnx", "sklearn", "scipy", "matplotlib", "matplotlib.figure")


@pytest.fixture(scope="module")
def steps() -> list[str]:
    return []


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was trained before the demo."""
    path = tmp_path_factory.mktemp("mine") / "mine.happysad"
    path.write_bytes(b"a model")
    return path.resolve()


@pytest.fixture(scope="module")
def noted() -> list[Path]:
    return []


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], mine: Path, noted: list[Path]
) -> Demo:
    """A demo with the core alone."""

    def progress(step: str, done: int, total: int, note: str = "") -> None:
        if step not in steps:
            steps.append(step)

    with pytest.MonkeyPatch.context() as patch:
        for name in HEAVY:
            patch.setitem(sys.modules, name, None)
        patch.setenv("HAPPYSAD_HOME", str(tmp_path_factory.mktemp("home")))
        shelf.remember(mine)
        folder = tmp_path_factory.mktemp("demo") / "here"
        finished = demo(folder, seed=2, pictures=PICTURES, progress=progress)
        noted.extend(shelf.trained())
    return finished


def test_every_step_leaves_its_files(done: Demo) -> None:
    there = {path.relative_to(done.folder).as_posix() for path in done.folder.rglob("*")}
    assert {"index.html", "check.html", "look", "run/model.happysad"} <= there
    assert {"evaluation/index.html", "evaluation/report.json", "evaluation/report.md"} <= there
    assert done.page == done.folder / "index.html"


def test_every_planted_fault_is_found(done: Demo) -> None:
    found = {(finding.code, finding.file) for finding in done.collection.findings}
    planted = {(code, file) for code, files in done.planted.faults.items() for file in files}
    assert planted <= found
    assert done.collection.counts["seen"] == PICTURES


def test_model_is_judged_on_pictures_that_it_did_not_learn_from(done: Demo) -> None:
    assert len(done.report.answers) == PICTURES * 2 // 5
    assert done.report.seen_in_training == 0
    known = {sha256 for part in PARTS for sha256 in done.run.split.parts[part]}
    assert not known & {answer.sha256 for answer in done.report.answers}


def test_predictions_are_of_both_moods(done: Demo) -> None:
    assert len(done.predictions) == 12
    assert all(prediction.error is None for prediction in done.predictions)
    assert {Path(prediction.source).parent.name for prediction in done.predictions} == {
        "happy",
        "sad",
    }


def test_page_is_whole_and_loads_nothing(done: Demo) -> None:
    page = done.page.read_text(encoding="utf-8")
    assert "prove that the machinery works" in page
    assert "they do not say how accurate" in page
    for step in ("Check", "Look", "Split and train", "Judge", "Predict"):
        assert f"</span>{step}" in page
    assert page.count("<img") > 30
    assert 'src="http' not in page
    assert "<script" not in page
    accuracy = done.report.scores["accuracy"]
    assert f"{accuracy.value:.3f} [{accuracy.low:.3f}, {accuracy.high:.3f}]" in page
    for code in done.planted.faults:
        assert code in page
    assert 'class="missed"' not in page


def test_outcome_as_text(done: Demo) -> None:
    text = str(done)
    assert f"n = {len(done.report.answers)}" in text
    assert "majority baseline" in text
    assert "not the accuracy on photographs" in text
    assert str(done.page) in done._repr_html_()


def test_progress_names_the_steps(done: Demo, steps: list[str]) -> None:
    assert steps[0] == "drawing pictures"
    assert len(steps) >= 5


def test_a_model_of_ones_own_keeps_its_place(done: Demo, mine: Path, noted: list[Path]) -> None:
    assert done.run.bundle.is_file()
    assert noted == [mine]


def test_the_shipped_model_is_judged_on_the_same_pictures(done: Demo) -> None:
    assert done.before.model != done.report.model
    assert done.comparison.n == len(done.before.answers) == len(done.report.answers)
    page = done.page.read_text(encoding="utf-8")
    assert done.comparison.sentence in page
    said = f"of the same {done.comparison.n} pictures"
    assert said in page
    assert said in str(done)


def test_with_something_to_plot_with_the_page_has_plots(done: Demo, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra 'plots'")
    assert 'alt="Reliability"' not in done.page.read_text(encoding="utf-8")
    story = Story(
        planted=done.planted,
        collection=done.collection,
        looks=[],
        split=done.run.split,
        history=done.run.history,
        report=done.report,
        before=done.before,
        comparison=done.comparison,
        fresh=done.folder / "fresh-pictures",
        predictions=done.predictions,
        seconds=done.seconds,
        cores=2,
    )
    write_demo_page(tmp_path / "index.html", story)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    for title in ("Confusion matrix", "Reliability", "Loss and accuracy"):
        assert f'alt="{title}' in page


def test_a_folder_with_pictures_is_refused(tmp_path: Path) -> None:
    draw_collection(tmp_path / "pictures", pictures=2, plant=False)
    with pytest.raises(UsageError, match="not empty"):
        demo(tmp_path)
