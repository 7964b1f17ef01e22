"""Fine-tuning from a folder: the scene's network learns on, and stays only where that helps."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import happysad
from happysad.bundle import archive
from happysad.config import AugmentOptions, TrainOptions
from happysad.errors import MissingExtraError, RunError, UsageError
from happysad.progress import silent
from happysad.training.tuning.scene import TunedScene
from happysad.training.two_view.embed import views_digest
from happysad.verbs.train import Run
from happysad.verbs.train_fine_tune import FineTuneRecipe
from tunable import tunable_base
from two_views import BASE

pytestmark = pytest.mark.usefixtures("no_plots")

QUICK = TrainOptions(fine_tune=True, epochs=2, batch_size=8, learning_rate=1e-3)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return stripes that lie (``happy``) and that stand (``sad``), in all colours.

    Of 57 the training part has 40: whole batches, since TensorFlow builds the network's training
    step anew for another size of batch, which takes longer than all the steps.
    """
    folder = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(4)
    for number in range(57):
        label = ("happy", "sad")[number % 2]
        steps = np.arange(96) / generator.uniform(5, 16) + generator.uniform(0, 9)
        wave = np.broadcast_to(np.sin(2 * np.pi * steps), (96, 96))
        wave = wave.T if label == "happy" else wave
        light, dark = generator.uniform(0, 255, (2, 3))
        mixed = 0.5 * (light + dark) + 0.5 * (light - dark) * wave[..., None]
        pixels = np.clip(mixed + generator.normal(0, 12, mixed.shape), 0, 255).astype(np.uint8)
        path = folder / label / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("base") / "tunable.happysad"
    tunable_base(path)
    return path


@pytest.fixture(scope="module")
def run(pictures: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAPPYSAD_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setitem(sys.modules, "matplotlib.figure", None)
        options = replace(QUICK, base=str(base))
        return happysad.train(
            pictures, options=options, out=tmp_path_factory.mktemp("runs") / "first"
        )


def test_the_history_is_that_of_the_epochs(run: Run) -> None:
    lines = (run.folder / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch,loss,accuracy,val_loss,val_accuracy,seconds"
    assert len(lines) == 3


def test_t28_ctrl_c_leaves_a_hint(pictures: Path, base: Path, tmp_path: Path) -> None:
    def interrupt(step: str, done: int, total: int, note: str = "") -> None:
        if step == "looking at crops":
            raise KeyboardInterrupt

    options = replace(QUICK, base=str(base))
    with pytest.raises(RunError, match=r"What was read of the pictures is kept.*--resume"):
        happysad.train(pictures, options=options, out=tmp_path / "run", progress=interrupt)


def test_a_scene_that_helps_is_kept(run: Run, base: Path) -> None:
    manifest, known = archive.read(run.bundle).manifest, archive.read(base).manifest
    assert "helped and was kept" in run.note
    assert "cannot tell any more which pictures are neither" in run.note
    assert run.note in run.report_page.read_text(encoding="utf-8")
    assert run.note in manifest.notes
    assert "'tunable'" in manifest.notes
    assert manifest.graphs["scene"].sha256 != known.graphs["scene"].sha256
    for name in ("expression", "finder"):
        assert manifest.graphs[name].sha256 == known.graphs[name].sha256
    assert "off_topic" in known.heads
    assert "off_topic" not in manifest.heads  # it was learned on other features
    assert manifest.off_topic_above == 1
    assert {"keras", "onnx"} <= set(manifest.versions)
    parts = run.split.parts
    assert {item.sha256 for item in manifest.training} == {*parts["train"], *parts["validation"]}


def test_the_report_is_what_the_saved_model_answers(run: Run) -> None:
    predictor = happysad.load(run.bundle, verify=True)
    files = {answer.file: answer for answer in run.report.answers}
    answers = predictor.predict([f"{run.collection.root}/{file}" for file in files])
    for prediction in answers:
        answer = files[prediction.source.removeprefix(f"{run.collection.root}/")]
        assert dict(prediction.probabilities) == pytest.approx(dict(answer.probabilities), abs=1e-4)
        assert prediction.verdict == answer.verdict


def test_a_scene_that_does_not_help_is_not_kept(run: Run, base: Path) -> None:
    recipe, known = FineTuneRecipe(replace(QUICK, base=str(base))), archive.read(base)
    material = recipe.read(run.collection, folder=run.folder, progress=silent)
    same = TunedScene(
        known.graphs["scene"], known.manifest.heads["scene"], {"loss": (0.7, 0.7)}, best_epoch=1
    )
    bundle, note = recipe.choose(known, same, material)
    assert "did not help and was not kept" in note
    assert "after 2 epochs" in note
    assert note in bundle.manifest.notes
    assert views_digest(bundle) == views_digest(known)
    assert bundle.manifest.heads == known.manifest.heads  # what it knows of other topics, too


def test_t27_changed_options_are_refused(run: Run, pictures: Path, base: Path) -> None:
    for name, value in (("epochs", 3), ("fine_tune", False)):
        options = replace(QUICK, base=str(base), **{"epochs": QUICK.epochs, name: value})
        with pytest.raises((RunError, UsageError)):
            happysad.train(pictures, options=options, out=run.folder, resume=True)


def test_wrong_use_is_named(
    pictures: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(**changes: object) -> None:
        options = replace(QUICK, **{"base": str(base), **changes})  # type: ignore[arg-type]
        happysad.train(pictures, options=options, out=tmp_path / "run")

    with pytest.raises(UsageError, match=r"'fine_tune' option must be left out.*--preset two-view"):
        train(preset="seed")
    with pytest.raises(UsageError, match=r"'base' option must be left out.*--preset two-view"):
        train(preset="seed", fine_tune=False)
    with pytest.raises(UsageError, match=r"'augment' option is for networks"):
        train(augment=AugmentOptions())
    with pytest.raises(UsageError, match=r"'base' option must be .*EfficientNet-Lite0"):
        train(base=str(BASE))
    with pytest.raises(UsageError, match=r"'epochs' option .*--fine-tune or --preset seed"):
        train(fine_tune=False)
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(MissingExtraError, match="keras"):
        train()
    assert not (tmp_path / "run").exists()
