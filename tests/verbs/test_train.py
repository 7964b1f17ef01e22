"""The whole job on drawn pictures: what a run leaves behind, and what interrupts it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import happysad
from happysad.bundle import archive, shelf
from happysad.bundle.graph import weights
from happysad.collection.split_file import load_split
from happysad.config import AugmentOptions, SplitOptions, TrainOptions
from happysad.drawn import draw_collection
from happysad.errors import CollectionError, RunError, UsageError
from happysad.verbs.train import Run
from tiny_network import tiny_network
from two_views import BASE
from waiting import until

pytestmark = pytest.mark.usefixtures("no_plots")

QUICK = TrainOptions(
    preset="seed", epochs=2, batch_size=16, augment=AugmentOptions(flip=True, rotation=10.0)
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures") / "drawn"
    draw_collection(folder, pictures=32, seed=1, plant=True)
    return folder


@pytest.fixture(scope="module")
def run(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    assert sys.modules.get("matplotlib.figure", ...) is not None  # this one run is plotted
    out = tmp_path_factory.mktemp("runs") / "first"
    return happysad.train(pictures, options=QUICK, out=out)


def test_a_run_leaves_everything_behind(run: Run) -> None:
    names = {path.relative_to(run.folder).as_posix() for path in run.folder.rglob("*")}
    assert names >= {
        "checkpoint.npz",
        "check/index.html",
        "curves.png",
        "history.csv",
        "model.happysad",
        "options.json",
        "report/index.html",
        "report/report.json",
        "report/report.md",
        "split.json",
    }
    assert run.bundle == run.folder / "model.happysad"
    assert run.report_page == run.folder / "report" / "index.html"
    assert not [name for name in names if "writing" in name]
    assert run.bundle.stat().st_size < 16_000_000
    assert len((run.folder / "history.csv").read_text().splitlines()) == 3


def test_no_group_is_in_two_parts_and_faults_are_in_none(run: Run) -> None:
    split = load_split(run.folder / "split.json", run.collection)
    assert split == run.split
    part_of = {sha256: part for part, members in split.parts.items() for sha256 in members}
    places: dict[str, set[str]] = {}
    for sha256, part in part_of.items():
        places.setdefault(split.groups[sha256], set()).add(part)
    assert all(len(parts) == 1 for parts in places.values())
    assert {"both_classes", "truncated"} <= {finding.code for finding in run.collection.findings}
    assert set(part_of) == {entry.sha256 for entry in run.collection.entries}


def test_the_model_says_where_it_comes_from(run: Run) -> None:
    manifest = archive.read(run.bundle).manifest
    assert (manifest.preset, manifest.classes) == ("seed", ("happy", "sad"))
    assert manifest.scores == dict(run.report.scores)
    assert manifest.baseline == run.report.baseline
    assert manifest.options["augment"]["rotation"] == 10.0
    assert manifest.versions["happysad"] == happysad.__version__
    parts = run.split.parts
    trained = {picture.sha256 for picture in manifest.training}
    assert trained == {*parts["train"], *parts["validation"]}
    assert not trained & set(parts["test"])


def test_the_report_is_what_the_saved_model_answers(run: Run) -> None:
    predictor = happysad.load(run.bundle, verify=True)
    files = {answer.file: answer for answer in run.report.answers}
    assert len(files) == len(run.split.parts["test"])
    for prediction in predictor.predict([f"{run.collection.root}/{file}" for file in files]):  # type: ignore[union-attr]
        answer = files[prediction.source.removeprefix(f"{run.collection.root}/")]
        assert dict(prediction.probabilities) == pytest.approx(dict(answer.probabilities), abs=1e-5)
        assert prediction.verdict == answer.verdict


def test_the_last_trained_model_is_found_again(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With folds, so a network is trained three times; one that is quicker than those shipped."""
    for place in ("training.networks", "verbs.train"):
        monkeypatch.setattr(f"happysad.{place}.NETWORKS", {"tiny": tiny_network()})
    options = replace(QUICK, preset="tiny", epochs=1, split=SplitOptions(folds=2))
    run = happysad.train(pictures, options=options, out=tmp_path / "folds")
    assert shelf.find(None) == run.bundle.resolve()
    assert len(run.folds) == 2
    tested = [answer.sha256 for report in run.folds for answer in report.answers]
    assert sorted(tested) == sorted(entry.sha256 for entry in run.collection.entries)
    assert (run.folder / "folds" / "2" / "report.json").is_file()
    shown = run._repr_html_()
    assert "2 folds" in shown
    assert "accuracy" in shown


def test_a_split_is_used_again(run: Run, pictures: Path, tmp_path: Path) -> None:
    """Whatever the preset; this one takes no time."""
    options = TrainOptions(base=str(BASE), split=SplitOptions(seed=9))
    again = happysad.train(pictures, options=options, out=tmp_path / "again", split=run.split)
    assert again.split == run.split


_PROGRAM = """
import sys, time
from pathlib import Path
sys.path.append(str(Path.cwd().parent))
from test_train import QUICK
import happysad

def stay(step, done, total, note=""):
    if note.startswith("epoch 2"):
        time.sleep(600)

happysad.train(sys.argv[1], options=QUICK, out=Path(sys.argv[2]), progress=stay)
"""


def test_t24_t25_killed_and_resumed_gives_the_same_model(
    run: Run, pictures: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    child = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(pictures), str(out)], cwd=Path(__file__).parent
    )
    try:
        until(lambda: child.poll() is not None or (out / "checkpoint.npz").exists())
    finally:
        child.kill()
        child.wait()
    assert (out / "checkpoint.npz").exists()
    assert not (out / "model.happysad").exists()
    resumed = happysad.train(pictures, out=out, resume=True)
    assert resumed.split == run.split
    assert {k: v for k, v in resumed.history.items() if k != "seconds"} == {
        k: v for k, v in run.history.items() if k != "seconds"
    }
    graphs = [archive.read(item.bundle).graphs["scene"] for item in (run, resumed)]
    first, second = map(weights, graphs)
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_t27_changed_options_or_pictures_are_refused_with_the_differences(
    run: Run, pictures: Path
) -> None:
    before = run.bundle.read_bytes()
    with pytest.raises(RunError, match=r"epochs: 2 → 5"):
        happysad.train(pictures, options=replace(QUICK, epochs=5), out=run.folder, resume=True)
    extra = pictures / "happy" / "extra.png"
    extra.write_bytes((next((pictures / "happy").glob("*.png"))).read_bytes())
    changed = pictures / "happy" / "changed.png"
    try:
        from happysad.drawn import draw

        draw("happy", seed=999).save(changed)
        with pytest.raises(RunError, match=r"(?s)cannot be resumed.*changed\.png"):
            happysad.train(pictures, out=run.folder, resume=True)
    finally:
        extra.unlink()
        changed.unlink()
    assert run.bundle.read_bytes() == before


def test_t26_a_finished_run_is_not_overwritten(run: Run, pictures: Path) -> None:
    before = run.bundle.read_bytes()
    with pytest.raises(RunError, match="holds a run already"):
        happysad.train(pictures, options=QUICK, out=run.folder)
    assert run.bundle.read_bytes() == before


def test_t28_ctrl_c_leaves_a_hint_and_a_run_to_resume(pictures: Path, tmp_path: Path) -> None:
    def interrupt(step: str, done: int, total: int, note: str = "") -> None:
        if step == "training" and note.startswith("epoch 2"):
            raise KeyboardInterrupt

    with pytest.raises(RunError, match=r"Epoch 1 is saved.*--resume"):
        happysad.train(pictures, options=QUICK, out=tmp_path / "run", progress=interrupt)
    assert json.loads((tmp_path / "run" / "options.json").read_text())["epochs"] == 2


def test_wrong_use_is_named(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match=r"There is no run 'runs.*'out'"):
        happysad.train(pictures, resume=True)
    with pytest.raises(UsageError, match="preset"):
        happysad.train(pictures, options=TrainOptions(preset="nonesuch"))
    with pytest.raises(UsageError, match="split"):
        happysad.train(pictures, resume=True, split=tmp_path / "split.json", out=tmp_path)
    (tmp_path / "empty" / "happy").mkdir(parents=True)
    with pytest.raises(CollectionError):
        happysad.train(tmp_path / "empty")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
