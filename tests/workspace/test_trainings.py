"""Trainings behind a page: one at a time, told of, ended when asked, read again after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from happysad.collection.decisions import Decision, read_decisions
from happysad.collection.scan import scan
from happysad.config import CheckOptions
from happysad.errors import BundleError, ConflictError
from happysad.predictor import load
from happysad.verbs.evaluate import evaluate
from happysad.workspace.place import Wish, Workspace
from happysad.workspace.results import Result
from happysad.workspace.trainings import Trainings, rounds_for
from waiting import until

pytestmark = pytest.mark.usefixtures("no_plots")

ONE_WORKER = CheckOptions(workers=1)
TINY_TWO_VIEW = Path(__file__).parents[1] / "fixtures" / "tiny-two-view.happysad"


def begun(workspace: Workspace, **settings: object) -> Trainings:
    trainings = Trainings(
        workspace,
        base=str(TINY_TWO_VIEW),
        check=ONE_WORKER,
        **settings,  # type: ignore[arg-type]
    )
    trainings.start(scan(workspace.pictures, options=ONE_WORKER))
    return trainings


def test_a_training_is_an_ordinary_run_and_its_score_rests_on_every_picture(
    filled: Workspace,
) -> None:
    dropped = f"sad/{min(path.name for path in (filled.pictures / 'sad').iterdir())}"
    gone = Decision("sad/gone.png", "sad", "drop")
    filled.write([*filled.changed([Wish(dropped, "drop")]), gone])
    told: list[Result] = []
    collection = scan(filled.pictures, options=ONE_WORKER)
    trainings = begun(filled, trained=told.append)
    with pytest.raises(ConflictError):
        trainings.start(collection)
    until(lambda: trainings.status.state != "running")
    assert trainings.status.state == "done", trainings.status.error
    (result,) = trainings.results
    assert told == [result]
    assert result.name == "work-1"
    assert result.rounds == 5
    assert result.pictures == 23
    assert result.report.scores["accuracy"].n == 23
    assert len(result.curves) == 6
    assert [one.file for one in read_decisions(filled.decisions)] == [dropped]
    assert {one.label != one.predicted for one in result.mistakes} <= {True}
    # The command line reads all of it.
    assert load(result.folder).manifest.name == "work-1"
    judged = evaluate(result.folder, filled.pictures, part="test", options=ONE_WORKER)
    assert judged.scores["accuracy"].n > 0
    # And so does the page after a restart.
    again = Trainings(filled, base=str(TINY_TWO_VIEW)).results
    assert [one.name for one in again] == ["work-1"]
    assert again[0].report == result.report


def test_pictures_that_the_base_model_had_learned_from_are_known(filled: Workspace) -> None:
    first = begun(filled)
    until(lambda: first.status.state != "running")
    (result,) = first.results
    assert result.report.seen_in_training == 0
    again = Trainings(filled, base=str(result.folder), check=ONE_WORKER)
    again.start(scan(filled.pictures, options=ONE_WORKER))
    until(lambda: again.status.state != "running")
    newest = again.results[-1]
    assert newest.name == "work-2"
    assert 0 < newest.report.seen_in_training < len(newest.report.answers)  # its test part was not


def test_cancelling_ends_it_and_leaves_no_run(filled: Workspace) -> None:
    trainings = begun(filled)
    trainings.cancel()
    until(lambda: trainings.status.state != "running")
    assert trainings.status.state == "cancelled"
    assert list(filled.runs.glob("*")) == []
    assert trainings.results == []


def test_a_model_that_came_to_nothing_after_all_is_not_the_newest_after_a_restart(
    filled: Workspace,
) -> None:
    def refuse(result: Result) -> None:
        assert result.bundle.is_file()
        msg = "It answers differently here."
        raise BundleError(msg)

    trainings = begun(filled, trained=refuse)
    until(lambda: trainings.status.state != "running")
    assert (trainings.status.state, trainings.status.error) == (
        "failed",
        "It answers differently here.",
    )
    assert list(filled.runs.iterdir()) == []
    assert Trainings(filled, base=str(TINY_TWO_VIEW)).results == []


def test_what_cannot_be_learned_from_is_told(filled: Workspace) -> None:
    for path in (filled.pictures / "sad").iterdir():
        path.unlink()
    trainings = Trainings(filled, base=str(TINY_TWO_VIEW), check=ONE_WORKER)
    trainings.start(scan_as_far_as_it_goes(filled))
    until(lambda: trainings.status.state != "running")
    assert trainings.status.state == "failed"
    assert "no pictures in 'sad'" in trainings.status.error
    assert not filled.runs.exists() or list(filled.runs.iterdir()) == []


def test_stopping_waits_for_its_end(filled: Workspace) -> None:
    trainings = begun(filled)
    trainings.stop(seconds=120)
    assert trainings.status.state != "running"


def test_few_pictures_get_no_rounds_and_damaged_runs_are_passed_over(filled: Workspace) -> None:
    for name in filled.classes:
        for path in sorted((filled.pictures / name).iterdir())[5:]:
            path.unlink()
    assert rounds_for(scan(filled.pictures, options=ONE_WORKER)) == 0
    trainings = begun(filled)
    until(lambda: trainings.status.state != "running")
    (result,) = trainings.results
    assert result.rounds == 0
    assert result.report.scores["accuracy"].n < result.pictures
    (result.folder / "split.json").write_text("{}")
    assert Trainings(filled, base=str(TINY_TWO_VIEW)).results == []


def scan_as_far_as_it_goes(workspace: Workspace):
    """Return what a page would have seen of a folder with an empty class."""
    from happysad.collection.scan import judged, read_all
    from happysad.collection.walk import walk
    from happysad.progress import silent

    root = str(workspace.pictures)
    survey, ignored = read_all(root, walk(root), ONE_WORKER, silent)
    return judged(survey, root, workspace.classes, ignored)


def test_results_of_nothing(tmp_path: Path) -> None:
    assert Trainings(Workspace(tmp_path / "new"), base=str(TINY_TWO_VIEW)).results == []
