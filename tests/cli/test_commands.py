from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from happysad.drawn import draw_collection
from happysad.records import CODES

Run = Callable[..., Result]


def test_t08_check_prints_the_sum_of_files(happysad: Run, spoilt_folder: Path) -> None:
    result = happysad("check", spoilt_folder)
    assert result.exit_code == 0
    assert "zero_bytes" in result.stdout
    assert "seen 9 = used 8 + set aside 1 + ignored 0" in result.stdout
    assert "--report" in result.stderr


def test_check_as_json_prints_nothing_else(happysad: Run, spoilt_folder: Path) -> None:
    result = happysad("check", spoilt_folder, "--json")
    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert document["counts"] == {"seen": 9, "used": 8, "set_aside": 1, "ignored": 0}
    assert {finding["code"] for finding in document["findings"]} <= set(CODES)


def test_check_writes_a_page(happysad: Run, spoilt_folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "check.html"
    result = happysad("check", spoilt_folder, "--report", page)
    assert result.exit_code == 0
    assert str(page) in result.stderr.replace("\n", "")
    assert "empty.jpg" in page.read_text(encoding="utf-8")


def test_check_of_labels_says_how_to_go_on(
    happysad: Run, clean_folder: Path, tmp_path: Path, tiny_model: Path
) -> None:
    base = tiny_model.with_name("tiny-two-view.happysad")
    listed = tmp_path / "doubts.csv"
    done = happysad("check", clean_folder, "--labels", "--base", base, "--decisions", listed)
    assert done.exit_code == 0, done.output
    assert re.search(r"labels: about \d+ of 16 are wrong", " ".join(done.stdout.split()))
    assert f"happysad train {clean_folder} --decisions {listed}" in done.stderr
    assert listed.read_text().startswith("file,label,decision,suggested")
    refused = happysad("check", clean_folder, "--base", base)
    assert refused.exit_code == 2
    assert "--base needs --labels" in refused.stderr


def test_t15_quarantine_and_undo(happysad: Run, spoilt_folder: Path) -> None:
    empty = spoilt_folder / "happy" / "empty.jpg"
    result = happysad("check", spoilt_folder, "--quarantine")
    assert "1 files moved aside" in result.stderr
    assert not empty.exists()
    assert "1 files put back" in happysad("undo", spoilt_folder).stdout
    assert empty.exists()


def test_undo_says_what_it_could_not_put_back(happysad: Run, spoilt_folder: Path) -> None:
    happysad("check", spoilt_folder, "--quarantine")
    (spoilt_folder / "happy" / "empty.jpg").write_bytes(b"new")
    result = happysad("undo", spoilt_folder)
    assert result.exit_code == 1
    assert "Not put back: happy/empty.jpg" in result.stderr


def test_predict_answers_in_lines(happysad: Run, clean_folder: Path, tiny_model: Path) -> None:
    result = happysad("predict", clean_folder / "happy", "--model", tiny_model)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 8
    assert all(line.split()[0] in {"happy", "sad", "unsure"} for line in lines)
    assert result.stderr == "8 answered, 0 failed.\n"


def test_one_failed_picture_is_three_and_the_others_are_answered(
    happysad: Run, clean_folder: Path, tiny_model: Path
) -> None:
    picture = next((clean_folder / "sad").iterdir())
    result = happysad("predict", "no.jpg", picture, "-m", tiny_model)
    assert result.exit_code == 3
    first, second = result.stdout.splitlines()
    assert first.startswith("error")
    assert str(picture) in second


@pytest.mark.parametrize(("option", "said"), [((), True), (("--allow-private",), False)])
def test_an_address_of_ones_own_says_which_option_lets_it_in(
    happysad: Run, tiny_model: Path, option: tuple[str, ...], said: bool
) -> None:
    result = happysad("predict", "http://127.0.0.1:9/x.jpg", "-m", tiny_model, *option)
    assert result.exit_code == 3
    assert ("--allow-private" in result.stderr) == said


def test_a_command_to_paste_holds_folders_with_spaces(
    happysad: Run, spoilt_folder: Path, tmp_path: Path
) -> None:
    folder = spoilt_folder.rename(tmp_path / "my pictures")
    assert f"happysad check '{folder}' --report check.html" in happysad("check", folder).stderr


def test_a_port_that_no_machine_has_is_wrong_use(happysad: Run, tmp_path: Path) -> None:
    result = happysad("app", tmp_path / "work", "--port", "80000")
    assert result.exit_code == 2
    assert "65535" in result.output
    assert not (tmp_path / "work").exists()


def test_predict_as_json_lines(happysad: Run, clean_folder: Path, tiny_model: Path) -> None:
    result = happysad("predict", clean_folder, "no.jpg", "-r", "--jsonl", "-m", tiny_model)
    assert result.exit_code == 3
    assert result.stderr == ""
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    keys = ["source", "label", "verdict", "probabilities", "faces", "views", "off_topic"]
    keys += ["seen_in_training", "error"]
    assert all(list(answer) == keys for answer in answers)
    assert len(answers) == 17
    assert answers[-1]["error"]["code"] == "missing"


def test_predict_reads_a_picture_or_a_list_from_standard_input(
    happysad: Run, clean_folder: Path, tiny_model: Path
) -> None:
    pictures = sorted((clean_folder / "happy").iterdir())[:2]
    one = happysad("predict", "-", "-m", tiny_model, "--jsonl", stdin=pictures[0].read_bytes())
    assert [json.loads(line)["source"] for line in one.stdout.splitlines()] == ["-"]
    names = "".join(f"{picture}\n" for picture in pictures).encode()
    two = happysad("predict", "-", "-m", tiny_model, "--jsonl", stdin=names)
    assert [json.loads(line)["source"] for line in two.stdout.splitlines()] == [*map(str, pictures)]


def test_predict_writes_csv_and_parquet(
    happysad: Run, clean_folder: Path, tiny_model: Path, tmp_path: Path
) -> None:
    table = tmp_path / "answers.csv"
    folder = clean_folder / "happy"
    assert happysad("predict", folder, "-m", tiny_model, "--csv", table).exit_code == 0
    with table.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 8
    columns = tmp_path / "answers.parquet"
    assert happysad("predict", folder, "-m", tiny_model, "--parquet", columns).exit_code == 0
    assert columns.read_bytes()[:4] == b"PAR1"


def test_predict_sorts_files(
    happysad: Run, clean_folder: Path, tiny_model: Path, tmp_path: Path
) -> None:
    target = tmp_path / "sorted"
    result = happysad("predict", clean_folder / "sad", "-m", tiny_model, "--move-to", target)
    assert result.exit_code == 0
    assert sum(1 for path in target.rglob("*") if path.is_file()) == 8
    assert len(list((clean_folder / "sad").iterdir())) == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--jsonl", "--csv", "a.csv"), "Only one of"),
        (("--move",), "--move needs --move-to"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_use(
    happysad: Run, tiny_model: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = happysad("predict", "x.jpg", "-m", tiny_model, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_without_a_model_the_error_says_how_to_get_one(happysad: Run) -> None:
    result = happysad("predict", "x.jpg")
    if result.exit_code == 1:  # no model ships
        assert "happysad train FOLDER" in result.stderr
    else:
        assert result.exit_code == 3


def test_show_prints_the_card(happysad: Run, tiny_model: Path) -> None:
    result = happysad("show", tiny_model)
    assert result.exit_code == 0
    assert "v1-tiny" in result.stdout
    assert "happy, sad, or unsure" in result.stdout


def test_evaluate_prints_every_score_with_interval_and_baseline(
    happysad: Run, clean_folder: Path, tiny_model: Path
) -> None:
    result = happysad("evaluate", tiny_model, clean_folder)
    assert result.exit_code == 0, result.output
    assert "accuracy" in result.stdout
    assert "[" in result.stdout
    assert "always the majority" in result.stdout


def test_evaluate_as_json_and_with_unanswered_pictures(
    happysad: Run, spoilt_folder: Path, tiny_model: Path, tmp_path: Path
) -> None:
    result = happysad("evaluate", tiny_model, spoilt_folder, "--json", "--out", tmp_path / "report")
    assert result.exit_code == 3
    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert document["unanswered"] == {"happy/empty.jpg": "zero_bytes"}
    assert (tmp_path / "report" / "index.html").is_file()


def test_compare_says_it_in_a_sentence(happysad: Run, clean_folder: Path, tiny_model: Path) -> None:
    result = happysad("compare", tiny_model, tiny_model, clean_folder)
    assert result.exit_code == 0, result.output
    assert "No difference shown with n = 16" in " ".join(result.stdout.split())
    document = json.loads(
        happysad("compare", tiny_model, tiny_model, clean_folder, "--json").stdout
    )
    assert document["p_value"] == 1.0
    assert document["sentence"].startswith("No difference")


def test_doctor_tells_what_is_there(happysad: Run, own_home: Path) -> None:
    document = json.loads(happysad("doctor", "--json").stdout)
    assert document["home"] == str(own_home)
    assert document["missing"]["core"] == []
    assert document["versions"]["numpy"]
    result = happysad("doctor")
    assert result.exit_code == 0
    assert "onnxruntime" in result.stdout


def test_look_draws_and_tells(happysad: Run, clean_folder: Path, tmp_path: Path) -> None:
    result = happysad("look", clean_folder, "--out", tmp_path / "look")
    assert result.exit_code == 0, result.output
    assert "label 0 = happy: 8 pictures" in result.stdout
    assert "label 1 = sad: 8 pictures" in result.stdout
    assert (tmp_path / "look" / "batch.png").read_bytes().startswith(b"\x89PNG")


def test_look_knows_the_levels(happysad: Run, clean_folder: Path) -> None:
    result = happysad("look", clean_folder, "--augment", "wild")
    assert result.exit_code == 2
    assert "one of none, write-up, strong" in result.stderr


@pytest.mark.timeout(600)
def test_train_says_what_it_did_and_the_model_lives_on(
    happysad: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the folder to an answer, an export and back in, through the door people use."""
    folder = tmp_path / "pictures"
    draw_collection(folder, pictures=18, plant=False)
    monkeypatch.chdir(tmp_path)
    result = happysad(
        "train", folder, "--preset", "seed", "--epochs", 1, "--augment", "none", "--seed", 3
    )
    assert result.exit_code == 0, result.output
    assert "always the majority" in result.stdout
    assert "training" in result.stderr
    run = Path("runs/pictures-seed-1")
    assert json.loads((run / "options.json").read_text())["split"]["seed"] == 3
    picture = next((folder / "happy").iterdir())
    answer = happysad("predict", picture)  # the last one trained
    assert answer.exit_code == 0
    assert happysad("evaluate", run, folder, "--part", "test").exit_code == 0
    assert happysad("train", folder, "--out", run).exit_code == 1
    exported = happysad("export", run, "--to", "keras", "--out", "model.keras")
    assert exported.exit_code == 0, exported.output
    again = happysad("import", "model.keras", "--classes", "happy,sad", "--out", "back.happysad")
    assert again.exit_code == 0, again.output
    assert happysad("show", "back.happysad").exit_code == 0


def test_train_with_wrong_settings_is_wrong_use(happysad: Run, clean_folder: Path) -> None:
    result = happysad("train", clean_folder, "--set", "epoch=3")
    assert result.exit_code == 2
    assert "Unknown option 'epoch'" in result.stderr
