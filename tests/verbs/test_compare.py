from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from happysad.bundle import archive
from happysad.config import CheckOptions
from happysad.drawn import draw
from happysad.errors import UsageError
from happysad.predictor import load
from happysad.verbs.compare import compare

TINY = Path(__file__).parents[1] / "fixtures" / "v1-tiny.happysad"
IN_PROCESS = CheckOptions(workers=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("compare") / "drawn"
    for mood, seed in (("happy", 0), ("sad", 100)):
        (root / mood).mkdir(parents=True)
        for number in range(6):
            draw(mood, seed=seed + number, side=128).convert("RGB").save(
                root / mood / f"{number}.png"
            )
    return root


@pytest.fixture
def turned(tmp_path: Path) -> Path:
    """The tiny model with its classes the other way round: always of the other opinion."""
    bundle = archive.read(TINY)
    manifest = dataclasses.replace(bundle.manifest, classes=("sad", "happy"), name="turned")
    path = tmp_path / "turned.happysad"
    archive.write(path, dataclasses.replace(bundle, manifest=manifest))
    return path


def test_a_model_and_its_opposite_disagree_on_every_picture(folder: Path, turned: Path) -> None:
    result = compare(TINY, turned, folder, options=IN_PROCESS)
    assert result.n == 12
    assert result.only_a_right + result.only_b_right == 12
    assert result.accuracy_a.value == pytest.approx(1 - result.accuracy_b.value)
    assert result.difference.value == pytest.approx(
        (result.only_b_right - result.only_a_right) / 12
    )
    assert (result.model_a, result.model_b) == ("v1-tiny", "turned")


def test_models_of_one_name_are_told_apart(folder: Path) -> None:
    result = compare(TINY, load(TINY), folder, options=IN_PROCESS)
    assert result.model_a == f"A ({TINY})"
    assert result.model_b == "B (v1-tiny)"
    assert result.sentence.startswith("No difference shown with n = 12: B (v1-tiny) minus A (")


def test_unknown_classes_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "moods"
    shutil.copytree(folder, other)
    (other / "sad").rename(other / "furious")
    with pytest.raises(UsageError, match="also has furious"):
        compare(TINY, TINY, other, options=IN_PROCESS)
