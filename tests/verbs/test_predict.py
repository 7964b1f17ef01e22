"""Answers in the order of the sources, in every form, and files sorted without loss."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from happysad.errors import BundleError, MissingExtraError, UsageError
from happysad.predictor import load
from happysad.records import Face, Prediction
from happysad.verbs.predict import (
    COLUMNS,
    predict,
    sort_into,
    to_jsonl,
    write_csv,
    write_jsonl,
    write_parquet,
)

TINY = Path(__file__).parents[1] / "fixtures" / "v1-tiny.happysad"


def png(seed: int) -> bytes:
    generator = np.random.default_rng(seed)
    small = Image.fromarray(generator.integers(0, 256, (6, 9, 3), dtype=np.uint8))
    file = io.BytesIO()
    small.resize((90, 60), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of six pictures, one broken file and one more picture further down."""
    path = tmp_path / "in"
    (path / "deeper").mkdir(parents=True)
    for number in range(6):
        (path / f"{number}.png").write_bytes(png(number))
    (path / "broken.png").write_bytes(b"\x89PNG")
    (path / "deeper" / "0.png").write_bytes(png(7))
    return path


def answered(
    source: str, verdict: str = "happy", label: str | None = None, **more: object
) -> Prediction:
    probabilities = {"happy": 0.75, "sad": 0.25}
    return Prediction(source, label or verdict, verdict, probabilities, **more)  # type: ignore[arg-type]


FAILED = Prediction("b.png", None, None, {}, error={"code": "missing", "message": 'gone, "so"'})
FACE = Face((0.0, 0.1, 0.5, 0.6), 0.9, {"happy": 1.0, "sad": 0.0})


# --- predict -------------------------------------------------------------------------------


def test_a_folder_in_the_order_of_its_names(folder: Path) -> None:
    answers = list(predict(folder, model=TINY))
    names = [Path(answer.source).name for answer in answers]
    assert names == [*(f"{number}.png" for number in range(6)), "broken.png"]
    assert [answer.error is None for answer in answers] == [True] * 6 + [False]
    assert len(list(predict([folder], model=TINY, recursive=True))) == 8


def test_a_loaded_predictor_and_standard_input(folder: Path) -> None:
    predictor = load(TINY)
    names = "\n".join(str(folder / f"{number}.png") for number in (4, 2, 0)).encode()
    answers = list(predict("-", model=predictor, stdin=io.BytesIO(names)))
    assert [Path(answer.source).name for answer in answers] == ["4.png", "2.png", "0.png"]
    (alone,) = predict("-", model=predictor, stdin=io.BytesIO(png(4)))
    assert alone.source == "-"
    assert alone.probabilities == pytest.approx(answers[0].probabilities)


def test_a_wrong_model_fails_at_once(folder: Path) -> None:
    with pytest.raises(BundleError):
        predict(folder, model=folder / "0.png")
    with pytest.raises(UsageError, match="standard input"):
        list(predict("-", model=TINY))


def test_verifying_first(folder: Path) -> None:
    (answer,) = predict(folder / "0.png", model=TINY, verify=True)
    assert answer.error is None


# --- forms ---------------------------------------------------------------------------------


def test_json_lines_have_stable_keys() -> None:
    stream = io.StringIO()
    faces = answered("a.png", faces=(FACE,))
    tally = write_jsonl([faces, FAILED], stream)
    assert (tally.answered, tally.failed) == (1, 1)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert list(first) == list(second) == [field.name for field in fields(Prediction)]
    assert first["faces"][0]["box"] == [0.0, 0.1, 0.5, 0.6]
    assert second["error"] == FAILED.error
    assert second["label"] is None


NAMES = ["new\nline.png", "\u202egnp.exe", "e\u0301.png", "\u00e9.png", 'a"b,c.png', "\udcff.png"]


def test_t11_odd_names_survive_json_and_csv(tmp_path: Path) -> None:
    answers = [answered(name) for name in NAMES]
    assert [json.loads(to_jsonl(answer))["source"] for answer in answers] == NAMES
    assert all(to_jsonl(answer).isascii() for answer in answers)
    write_csv(answers, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        assert [row["source"] for row in csv.DictReader(file)] == NAMES


def test_t11_half_a_utf16_pair_is_written_too(tmp_path: Path) -> None:
    write_csv([answered("\ud800.png")], tmp_path / "a.csv")
    assert b"\xed\xa0\x80.png" in (tmp_path / "a.csv").read_bytes()


def test_csv_columns_do_not_depend_on_the_model(tmp_path: Path) -> None:
    tally = write_csv([answered("a.png", "unsure", "sad"), FAILED], tmp_path / "a.csv")
    assert (tally.answered, tally.failed) == (1, 1)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert tuple(first) == COLUMNS
    assert first["verdict"] == "unsure"
    assert float(first["probability"]) == 0.25
    assert json.loads(first["probabilities"]) == {"happy": 0.75, "sad": 0.25}
    assert json.loads(first["faces"]) == []
    assert second["error_code"] == "missing"
    assert second["error_message"] == 'gone, "so"'
    assert second["probability"] == ""


def test_parquet_has_the_same_columns(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [answered(f"{number}.png") for number in range(1500)] + [FAILED, answered("\udcff.png")]
    tally = write_parquet(iter(rows), tmp_path / "a.parquet")
    assert (tally.answered, tally.failed) == (1501, 1)
    table = parquet.read_table(tmp_path / "a.parquet")
    assert tuple(table.column_names) == COLUMNS
    assert table.num_rows == 1502
    assert dict(table["probabilities"][0].as_py()) == {"happy": 0.75, "sad": 0.25}
    assert table["error_code"][1500].as_py() == "missing"
    assert table["source"][1501].as_py() == "\\udcff.png"


def test_parquet_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"happysad\[parquet\]"):
        write_parquet([], tmp_path / "a.parquet")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for write in (write_csv, write_parquet):
        with pytest.raises(UsageError, match="cannot be written"):
            write([answered("a")], tmp_path / "none" / "a")


# --- sorting -------------------------------------------------------------------------------


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_t15_sorting_copies_and_leaves_the_folder_alone(folder: Path, tmp_path: Path) -> None:
    before = files(folder)
    out = tmp_path / "out"
    answers = list(sort_into(out, predict(folder, model=TINY)))
    assert len(answers) == 7
    assert files(folder) == before
    expected = {
        f"{answer.verdict}/{Path(answer.source).name}": Path(answer.source).read_bytes()
        for answer in answers
        if answer.error is None
    }
    assert files(out) == expected
    # again: the same content is there already
    assert len(list(sort_into(out, predict(folder, model=TINY)))) == 7
    assert files(out) == expected


def test_moving_takes_the_answered_files_alone(folder: Path, tmp_path: Path) -> None:
    before = files(folder)
    out = tmp_path / "out"
    list(sort_into(out, predict(folder, model=TINY), move=True))
    assert set(files(folder)) == {"broken.png", "deeper/0.png"}
    assert sorted(files(out).values()) == sorted(before[f"{number}.png"] for number in range(6))


def test_t15_nothing_is_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "out"
    sources = []
    for number in range(3):
        path = tmp_path / str(number) / "same.png"
        path.parent.mkdir()
        path.write_bytes(png(number))
        sources.append(path)
    list(sort_into(out, [answered(str(path)) for path in sources]))
    assert files(out) == {
        "happy/same.png": png(0),
        "happy/same-2.png": png(1),
        "happy/same-3.png": png(2),
    }
    # moving what is there already leaves one of the two
    list(sort_into(out, [answered(str(sources[1]))], move=True))
    assert not sources[1].exists()
    assert len(files(out)) == 3
    # a file that lies where it belongs stays
    placed = out / "happy" / "same.png"
    list(sort_into(out, [answered(str(placed))], move=True))
    assert placed.read_bytes() == png(0)


def test_t11_the_longest_names_get_a_number_too(tmp_path: Path) -> None:
    name = "é" * 125 + "a.png"  # 255 bytes
    for number in range(2):
        path = tmp_path / str(number) / name
        path.parent.mkdir()
        path.write_bytes(png(number))
        list(sort_into(tmp_path / "out", [answered(str(path))]))
    assert set(files(tmp_path / "out")) == {f"happy/{name}", f"happy/{'é' * 124}-2.png"}


def test_times_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(1))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    list(sort_into(tmp_path / "out", [answered(str(path))]))
    assert (tmp_path / "out" / "happy" / "a.png").stat().st_mtime == 1_000_000_000


def test_what_is_no_file_is_passed_by(tmp_path: Path) -> None:
    passed = [answered("-"), answered("https://example.org/a.png"), answered("gone.png"), FAILED]
    assert list(sort_into(tmp_path / "out", passed)) == passed
    assert not (tmp_path / "out").exists()


def test_a_target_that_cannot_be_made(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(1))
    with pytest.raises(UsageError, match="cannot be written"):
        list(sort_into(path, [answered(str(path))]))
    assert path.read_bytes() == png(1)


def test_a_copy_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(1))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space"):
        list(sort_into(tmp_path / "out", [answered(str(path))], move=True))
    assert path.read_bytes() == png(1)
    assert files(tmp_path / "out") == {}
