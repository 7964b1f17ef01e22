"""Training two views from a folder: heads on the graphs of a base model, without keras."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import happysad
from happysad.bundle import archive
from happysad.bundle.manifest import TrainedPicture
from happysad.collection.decisions import DECISIONS, Decision, read_decisions, write_decisions
from happysad.config import AugmentOptions, SplitOptions, TrainOptions
from happysad.drawn import draw_collection
from happysad.errors import CollectionError, RunError, UsageError
from happysad.training.two_view.embed import views_digest
from happysad.verbs.train import Run
from two_views import BASE, base
from waiting import until

pytestmark = pytest.mark.usefixtures("no_plots")

QUICK = TrainOptions(base=str(BASE))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures") / "drawn"
    draw_collection(folder, pictures=48, seed=1, plant=False)
    return folder


@pytest.fixture(scope="module")
def run(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAPPYSAD_HOME", str(tmp_path_factory.mktemp("home")))
        assert sys.modules.get("matplotlib.figure", ...) is not None  # this one run is plotted
        return happysad.train(
            pictures, options=QUICK, out=tmp_path_factory.mktemp("runs") / "first"
        )


def test_a_run_leaves_everything_behind(run: Run) -> None:
    names = {path.relative_to(run.folder).as_posix() for path in run.folder.rglob("*")}
    assert names >= {
        "check/index.html",
        "curves.png",
        "fingerprint.json",
        "history.csv",
        "model.happysad",
        "options.json",
        "report/index.html",
        "report/report.json",
        "split.json",
    }
    lines = (run.folder / "history.csv").read_text().splitlines()
    assert lines[0] == "strength,loss,accuracy,val_loss,val_accuracy"
    assert len(lines) == 1 + len(run.history["strength"])
    page = run.report_page.read_text(encoding="utf-8")
    assert "strengths of the ridge" in page
    assert "matplotlib" not in page


def test_the_model_says_where_it_comes_from(run: Run) -> None:
    known, bundle = base(), archive.read(run.bundle)
    manifest = bundle.manifest
    assert (manifest.kind, manifest.preset) == ("two-view", "two-view")
    assert views_digest(bundle) == views_digest(known)
    assert manifest.heads["scene"] != known.manifest.heads["scene"]
    assert manifest.heads["off_topic"] == known.manifest.heads["off_topic"]
    assert manifest.off_topic_above == known.manifest.off_topic_above
    assert manifest.licence == known.manifest.licence
    assert "'tiny-two-view'" in manifest.notes
    assert known.manifest.graphs["scene"].sha256[:16] in manifest.notes
    assert known.manifest.notes in manifest.notes
    assert manifest.scores == dict(run.report.scores)
    parts = run.split.parts
    assert {item.sha256 for item in manifest.training} == {*parts["train"], *parts["validation"]}
    assert "keras" not in manifest.versions


def test_the_report_is_what_the_saved_model_answers(run: Run) -> None:
    predictor = happysad.load(run.bundle, verify=True)
    files = {answer.file: answer for answer in run.report.answers}
    assert len(files) == len(run.split.parts["test"])
    answers = predictor.predict([f"{run.collection.root}/{file}" for file in files])
    for prediction in answers:
        answer = files[prediction.source.removeprefix(f"{run.collection.root}/")]
        assert dict(prediction.probabilities) == pytest.approx(dict(answer.probabilities), abs=1e-4)
        assert prediction.verdict == answer.verdict


def test_folds_are_judged_too(pictures: Path, tmp_path: Path) -> None:
    options = replace(QUICK, split=SplitOptions(folds=3), class_weights=True)
    done = happysad.train(pictures, options=options, out=tmp_path / "folds")
    assert len(done.folds) == 3
    tested = [answer.sha256 for report in done.folds for answer in report.answers]
    assert sorted(tested) == sorted(entry.sha256 for entry in done.collection.entries)


def test_pictures_that_the_base_was_trained_on_are_marked(
    run: Run, pictures: Path, tmp_path: Path
) -> None:
    answer = run.report.answers[0]
    entry = next(item for item in run.collection.entries if item.sha256 == answer.sha256)
    seen = TrainedPicture("web/elsewhere.png", entry.sha256, entry.signature)
    known = base()
    archive.write(
        tmp_path / "base.happysad",
        replace(known, manifest=replace(known.manifest, training=(seen,))),
    )
    options = replace(QUICK, base=str(tmp_path / "base.happysad"))
    done = happysad.train(pictures, options=options, out=tmp_path / "run", split=run.split)
    assert done.report.seen_in_training == 1
    assert seen in archive.read(done.bundle).manifest.training


_PROGRAM = """
import sys
from pathlib import Path
sys.path.append(str(Path.cwd().parent))
from test_train_two_view import QUICK
import happysad
happysad.train(sys.argv[1], options=QUICK, out=Path(sys.argv[2]))
"""


@pytest.mark.parametrize("last", ["options.json", "model.happysad"])
def test_t24_t25_killed_and_resumed_gives_the_same_model(
    run: Run, pictures: Path, tmp_path: Path, last: str
) -> None:
    out = tmp_path / "killed"
    command = [sys.executable, "-c", _PROGRAM, str(pictures), str(out)]
    child = subprocess.Popen(command, cwd=Path(__file__).parent)
    try:
        until(lambda: child.poll() is not None or (out / last).exists())
    finally:
        child.kill()
        child.wait()
    assert (out / last).exists()
    resumed = happysad.train(pictures, out=out, resume=True)
    assert resumed.split == run.split
    first, second = (archive.read(item.bundle).manifest for item in (run, resumed))
    for name in ("scene", "faces"):
        assert second.heads[name].weights == pytest.approx(first.heads[name].weights, abs=1e-4)
    assert second.temperature == pytest.approx(first.temperature, abs=1e-4)


def test_t27_changed_options_base_or_pictures_are_refused(
    run: Run, pictures: Path, tmp_path: Path
) -> None:
    before = run.bundle.read_bytes()
    with pytest.raises(RunError, match=r"seed: 1 → 2"):
        happysad.train(pictures, options=replace(QUICK, seed=2), out=run.folder, resume=True)
    known = base()
    other = replace(known.manifest, fusion={**known.manifest.fusion, "bias": 0.5})
    archive.write(tmp_path / "other.happysad", replace(known, manifest=other))
    options = replace(QUICK, base=str(tmp_path / "other.happysad"))
    with pytest.raises(RunError, match="heads of the base"):
        happysad.train(pictures, options=options, out=run.folder, resume=True)
    assert run.bundle.read_bytes() == before


def test_t28_ctrl_c_leaves_a_hint(pictures: Path, tmp_path: Path) -> None:
    def interrupt(step: str, done: int, total: int, note: str = "") -> None:
        if step.endswith("two views") and done:
            raise KeyboardInterrupt

    with pytest.raises(RunError, match=r"What was read of the pictures is kept.*--resume"):
        happysad.train(pictures, options=QUICK, out=tmp_path / "run", progress=interrupt)


def test_decisions_are_followed_and_go_with_the_run(
    run: Run, pictures: Path, tmp_path: Path
) -> None:
    happy = [entry.file for entry in run.collection.entries if entry.label == "happy"]
    listed = (
        Decision(happy[0], "happy", "relabel", "sad", 0.1),
        Decision(happy[1], "happy", "drop"),
        Decision(happy[2], "happy"),
    )
    write_decisions(listed, tmp_path / "list.csv")
    out = tmp_path / "run"
    done = happysad.train(pictures, options=QUICK, out=out, decisions=tmp_path / "list.csv")
    labels = {entry.file: entry.label for entry in done.collection.entries}
    assert labels[happy[0]] == "sad"
    assert happy[1] not in labels
    assert happy[1] in done.collection.set_aside
    assert read_decisions(out / DECISIONS) == listed
    assert "used with another label" in done.report_page.read_text(encoding="utf-8")
    again = happysad.train(pictures, out=out, resume=True)
    assert again.split == done.split
    report = happysad.evaluate(out, pictures, part="test")
    assert {item.sha256: item.label for item in report.answers} == {
        item.sha256: item.label for item in done.report.answers
    }
    whole = happysad.evaluate(out, pictures, decisions=tmp_path / "list.csv")
    assert len(whole.answers) == len(done.collection.entries)
    assert not whole.unanswered


def test_wrong_decisions_are_named(run: Run, pictures: Path, tmp_path: Path) -> None:
    write_decisions([Decision("happy/none.png", "happy", "drop")], tmp_path / "list.csv")
    with pytest.raises(CollectionError, match="no such picture"):
        happysad.train(
            pictures, options=QUICK, out=tmp_path / "run", decisions=tmp_path / "list.csv"
        )
    with pytest.raises(UsageError, match="'decisions' option must be left out with resume"):
        happysad.train(pictures, out=run.folder, resume=True, decisions=tmp_path / "list.csv")


def test_wrong_use_is_named(pictures: Path, tmp_path: Path) -> None:
    one_view = BASE.parent / "v1-tiny.happysad"
    with pytest.raises(UsageError, match="must be a model of two views"):
        happysad.train(pictures, options=TrainOptions(base=str(one_view)), out=tmp_path / "run")
    for name, value in (("epochs", 3), ("augment", AugmentOptions()), ("patience", 2)):
        with pytest.raises(UsageError, match=rf"'{name}' option is for networks.*--preset seed"):
            happysad.train(pictures, options=replace(QUICK, **{name: value}), out=tmp_path / "run")
    three = tmp_path / "three"
    for name in ("a", "b", "c"):
        (three / name).mkdir(parents=True)
        (three / name / "x.png").write_bytes(b"")
    with pytest.raises(UsageError, match="two-view tells two apart"):
        happysad.train(three, options=QUICK, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_without_a_model_to_build_on_the_way_out_is_named(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("happysad.bundle.shelf._SHIPPED", tmp_path / "none.happysad")
    with pytest.raises(UsageError, match=r"--base FILE.*--preset seed"):
        happysad.train(pictures, out=tmp_path / "run")


_BARE = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
from happysad.cli import main
sys.argv = ["happysad", "train", {folder!r}, "--base", {base!r}, "--out", {out!r}, "--plain"]
main()
"""


def test_the_core_alone_trains_and_reports(pictures: Path, tmp_path: Path) -> None:
    names = ["keras", "tensorflow", "onnx", "sklearn", "scipy", "matplotlib", "h5py", "pandas"]
    code = _BARE.format(
        names=names, folder=str(pictures), base=str(BASE), out=str(tmp_path / "run")
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "accuracy" in done.stdout
    assert not (tmp_path / "run" / "curves.png").exists()
    page = (tmp_path / "run" / "report" / "index.html").read_text(encoding="utf-8")
    assert "The plots need matplotlib" in page
    assert happysad.load(tmp_path / "run").verify() < 1e-4
