"""Answers with their reasons drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bright_spots import picture
from happysad.errors import UsageError
from happysad.predictor import load
from happysad.verbs.explain import explain
from happysad.verbs.export import export
from happysad.verbs.predict import predict
from happysad.verbs.show import show

FIXTURES = Path(__file__).parents[1] / "fixtures"
TINY = FIXTURES / "tiny-two-view.happysad"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    for count in range(3):
        spots = [(8 + 44 * spot, 60, 24) for spot in range(count)]
        Image.fromarray(picture(180, 192, *spots)).save(made / f"{count}.png")
    (made / "9.jpg").write_bytes(b"nothing")
    return made


def test_answers_are_those_of_predict_and_each_is_drawn(folder: Path, tmp_path: Path) -> None:
    answers = list(explain(folder, tmp_path / "why", model=TINY))
    assert answers == list(predict(folder, model=TINY))
    names = sorted(path.name for path in (tmp_path / "why").iterdir())
    assert names == ["0001-0.png", "0002-1.png", "0003-2.png", "index.html"]
    page = (tmp_path / "why" / "index.html").read_text(encoding="utf-8")
    for answer in answers[:3]:
        assert answer.views is not None
        assert answer.views.sentence in page
    assert "9.jpg" in page


def test_the_page_is_written_when_no_more_answers_are_taken(folder: Path, tmp_path: Path) -> None:
    answers = explain([folder / "0.png", folder / "1.png"], tmp_path, model=load(TINY))
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert (tmp_path / "0001-0.png").is_file()
    assert "0002" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_model_of_one_view_says_so_at_once(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="preset two-view"):
        explain(folder, tmp_path / "why", model=FIXTURES / "v1-tiny.happysad")
    assert not (tmp_path / "why").exists()


def test_the_card_tells_of_both_views() -> None:
    text = show(TINY).markdown
    assert "**Views:** the scene (16 features) and every face (8 features)" in text
    assert "up to 192 pixels" in text
    assert "above 0.900" in text
    assert "Views" not in show(FIXTURES / "v1-tiny.happysad").markdown


def test_two_views_are_not_exported(tmp_path: Path) -> None:
    from happysad.errors import BundleError

    with pytest.raises(BundleError, match="two views"):
        export(TINY, to="onnx", out=tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_real_pictures_are_explained(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "seed").glob("*/*.jpg"))[:4]
    answers = list(explain(files, tmp_path, model=TINY))
    assert all(answer.error is None for answer in answers)
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as image:
            assert np.asarray(image).std() > 5
