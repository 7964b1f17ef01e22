from __future__ import annotations

import base64
import csv
import dataclasses
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from answers import CLASSES, answer, answers_of, random_answers
from happysad.judge.metrics import judge
from happysad.records import Answer, Collection, Finding, Report, Split
from happysad.reports.evaluation import Training, as_csv, as_dict, as_html, as_markdown, write
from happysad.reports.wording import TITLES, headline, meanings, remarks

NASTY = "happy/<img src=x onerror=alert(1)>\n\u202e\udc80.jpg"


def report_on(answers: list[Answer], **more: object) -> Report:
    return judge(answers, classes=CLASSES, model="seed-1", data="holiday", **more)


def thirty(right: int, *, copies: int = 0) -> Report:
    """Thirty pictures, 17 of them happy, of which the given number are answered right."""
    labels = [0] * 17 + [1] * 13
    shares = [
        0.9 if bool(label) == (number < right) else 0.1 for number, label in enumerate(labels)
    ]
    answers = answers_of(labels, shares)
    for number in range(copies):
        answers[number] = dataclasses.replace(answers[number], seen_in_training="happy/old.jpg")
    return report_on(answers)


def training(**more: object) -> Training:
    pictures = {f"{number:064x}": CLASSES[number % 2] for number in range(10)}
    ids = tuple(pictures)
    finding = Finding("truncated", "happy/t.jpg", "fault", "Breaks off.")
    return Training(
        collection=Collection("/photos", CLASSES, (), ("happy/t.jpg",), ("notes.txt",), (finding,)),
        split=Split(
            parts={"train": ids[:6], "validation": ids[6:8], "test": ids[8:]},
            seed=7,
            fractions=(0.6, 0.2, 0.2),
            classes=CLASSES,
            labels=pictures,
            groups=dict.fromkeys(ids, ids[0]),
        ),
        **more,
    )


def test_the_headline_says_right_on_how_many_and_what_guessing_gives() -> None:
    assert headline(thirty(25), unseen=True) == (
        "Right on 25 of 30 unseen pictures: accuracy 0.833 [0.664, 0.927]. "
        "Always answering ‘happy’ would be right on 17 of them: 0.567."
    )
    assert "unseen" not in headline(thirty(25), unseen=False)
    assert "unseen" not in headline(thirty(25, copies=1), unseen=True)


@pytest.mark.parametrize(
    ("right", "kind", "text"),
    [
        (28, "good", "is better than always answering ‘happy’ (0.567)"),
        (20, "warn", "do not show that the model is better than always answering ‘happy’"),
        (5, "warn", "is worse than always answering ‘happy’"),
    ],
)
def test_the_baseline_decides_the_first_remark(right: int, kind: str, text: str) -> None:
    first, few = remarks(thirty(right), origin_known=True)
    assert first.kind == kind
    assert text in first.text
    assert "The test is small (n = 30)" in few.text


def test_a_large_clean_test_has_one_remark() -> None:
    assert len(remarks(report_on(random_answers(200)), origin_known=True)) == 1


def test_copies_come_with_the_accuracy_without_them() -> None:
    report = thirty(25, copies=4)
    texts = " ".join(remark.text for remark in remarks(report, origin_known=True))
    assert "Copies of training pictures among these 30: 4." in texts
    assert "On the 26 others its accuracy is 0.808" in texts
    every = " ".join(remark.text for remark in remarks(thirty(25, copies=30), origin_known=True))
    assert "among these 30: 30." in every
    assert "others" not in every


def test_a_model_of_unknown_origin_is_called_so() -> None:
    texts = [remark.text for remark in remarks(thirty(25), origin_known=False)]
    assert any("does not say which pictures it was trained on" in text for text in texts)


def test_the_json_is_complete_and_strict() -> None:
    report = report_on([answer("happy", 0.2, name=NASTY)], unanswered={"sad/x.jpg": "truncated"})
    text = json.dumps(as_dict(report), allow_nan=False)
    back = json.loads(text)
    assert list(back) == [
        "format_version",
        "model",
        "data",
        "classes",
        "pictures",
        "scores",
        "baseline",
        "confusion",
        "seen_in_training",
        "scores_without_copies",
        "unanswered",
        "answers",
    ]
    assert list(back["scores"]) == list(TITLES)
    assert back["scores"]["recall"] == {
        "value": None,
        "low": None,
        "high": None,
        "n": 0,
        "method": "undefined: no picture of 'sad'",
    }
    assert back["answers"][0]["file"] == NASTY
    assert back["answers"][0]["probabilities"] == {"happy": 0.8, "sad": 0.2}
    assert back["unanswered"] == {"sad/x.jpg": "truncated"}


def test_the_json_has_the_scores_without_copies() -> None:
    assert as_dict(thirty(25))["scores_without_copies"] is None
    fresh = as_dict(thirty(25, copies=4))["scores_without_copies"]
    assert fresh["accuracy"]["n"] == 26
    assert fresh["accuracy"]["value"] == pytest.approx(21 / 26)


def test_the_table_has_a_line_for_each_picture() -> None:
    answers = [answer("happy", 0.2, name=NASTY), answer("sad", 0.4, name="sad/2.jpg")]
    text = as_csv(report_on(answers, unanswered={"sad/3.jpg": "truncated"}))
    first, second, third = csv.DictReader(io.StringIO(text))
    assert first["file"] == NASTY
    assert (first["right"], second["right"]) == ("1", "0")
    assert second["predicted"] == "happy"
    assert second["probability_sad"] == "0.400000"
    assert (third["file"], third["error"], third["label"]) == ("sad/3.jpg", "truncated", "")


def test_markdown_keeps_names_from_becoming_markup() -> None:
    report = dataclasses.replace(thirty(25), model="*a* <b>|", data="[x](y)")
    text = as_markdown(report)
    assert text.startswith("# \\*a\\* \\<b\\>\\| on \\[x\\](y)\n")
    assert "| accuracy | 0.833 [0.664, 0.927] | 30 |" in text
    assert "| happy | 17 | 0 |" in text
    assert "| true class | answered happy | answered sad |" in text


def without_data(page: str) -> str:
    return re.sub(r"data:[^\"]*", "", page)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", without_data(page)))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one real picture, whose metadata must not show."""
    folder = tmp_path_factory.mktemp("pictures") / "happy"
    folder.mkdir()
    image = Image.new("RGB", (500, 300), (200, 80, 40))
    exif = image.getexif()
    exif[0x010E] = "secret place"
    image.save(folder / "here.jpg", exif=exif)
    return folder.parent


@pytest.fixture(scope="module")
def run_page(pictures: Path) -> str:
    """The page of a run with everything that a page can have."""
    answers = [
        answer("happy", 0.97, name="happy/here.jpg"),
        answer("happy", 0.96, name=NASTY, seen_in_training=NASTY),
        *answers_of([0] * 40, [0.9] * 40),
        *answers_of([1] * 30, [0.8] * 30),
    ]
    answers[2:] = [
        dataclasses.replace(item, seen_in_training=f"old/{number}.jpg")
        for number, item in enumerate(answers[2:])
    ]
    report = judge(
        answers, classes=CLASSES, model=NASTY, data=NASTY, unanswered={NASTY: "truncated"}
    )
    history = {"loss": (0.7, 0.6, 0.5), "val_loss": (0.7, 0.7, 0.7)}
    more = training(history=history, folds=(thirty(25), thirty(20)))
    return as_html(report, pictures=pictures, training=more)


@pytest.fixture(scope="module")
def bare_page() -> str:
    """The page of two pictures of one class, both right."""
    return as_html(report_on(answers_of([0, 0], [0.2, 0.3])), origin_known=False)


def test_t35_mistakes_are_pictures_and_names_are_text(run_page: str) -> None:
    assert "labelled happy, answered sad (0.97)" in run_page
    assert run_page.count("data:image/jpeg;base64,") == 1
    assert "no picture to show" in run_page
    assert "<img src=x" not in run_page
    assert run_page.count("&lt;img src=x onerror=alert(1)&gt;\\n\\u202e\\udc80.jpg") >= 5
    assert "the picture breaks off before its end" in run_page
    assert "secret place" not in run_page


def test_t35_the_page_asks_for_nothing_and_runs_nothing(run_page: str) -> None:
    for request in ("<script", "http:", "https:", "//", "@import", "url(", "style=", "onload="):
        assert request not in without_data(run_page), request


def test_t06_thumbnails_carry_no_metadata(run_page: str) -> None:
    data = re.search(r"data:image/jpeg;base64,([^\"]*)", run_page)
    assert data is not None
    jpeg = base64.b64decode(data[1])
    assert b"secret" not in jpeg
    assert not Image.open(io.BytesIO(jpeg)).getexif()


def test_lists_are_bounded_and_say_what_they_leave_out(run_page: str) -> None:
    assert run_page.count("labelled happy, answered sad") == 24
    assert "18 more are in" in text_of(run_page)
    assert run_page.count("old/") == 59
    assert "11 more are in" in text_of(run_page)


def test_the_page_of_a_run_tells_where_the_model_comes_from(run_page: str) -> None:
    text = text_of(run_page)
    assert "2 files seen = 0 used + 1 set aside + 1 ignored" in text
    assert "1 the picture breaks off before its end truncated" in text
    assert "train 3 3 6 1 validation 1 1 2 1 test 1 1 2 1 Drawn with seed 7." in text
    assert "From 0.667 to 0.833." in text
    assert "3 passes over the training part" in text
    assert "Loss and accuracy after each epoch" in run_page


def test_the_bare_page_says_what_is_undefined_and_leaves_the_rest_out(bare_page: str) -> None:
    text = text_of(bare_page)
    assert "undefined: no picture of &#39;sad&#39;" in text
    assert "There are none on these pictures." in text
    assert "does not say which pictures it was trained on" in text
    assert "nan" not in text
    for absent in ("ROC curve", "Copies of training", "without an answer", "Where the model comes"):
        assert absent not in without_data(bare_page), absent


def test_a_run_without_history_or_folds_has_no_such_sections() -> None:
    text = text_of(as_html(thirty(30), training=training()))
    assert "Right on 30 of 30 unseen pictures" in text
    assert "The split" in text
    assert "The folds" not in text
    assert "The training" not in text


def test_undefined_scores_say_why_in_markdown() -> None:
    text = as_markdown(report_on(answers_of([0, 0], [0.2, 0.3])))
    assert "| recall | – (undefined: no picture of 'sad') | 0 |" in text


def test_the_words_for_three_classes() -> None:
    classes = ("angry", "happy", "sad")
    answers = [
        answer(label, *shares, name=f"{label}{number}", classes=classes)
        for number, shares in enumerate([(0.6, 0.3, 0.1), (0.2, 0.5, 0.3), (0.3, 0.3, 0.4)])
        for label in classes
    ]
    report = judge(answers, classes=classes, model="m", data="d")
    assert meanings(report)["recall"].endswith("mean over the classes")
    assert "| angry | 1 | 1 | 1 |" in as_markdown(report)


def test_write_makes_the_four_files(tmp_path: Path) -> None:
    report = report_on([answer("happy", 0.9, name=NASTY), *random_answers(9)])
    page = write(report, tmp_path / "out")
    assert page == tmp_path / "out" / "index.html"
    names = sorted(path.name for path in page.parent.iterdir())
    assert names == ["index.html", "pictures.csv", "report.json", "report.md"]
    assert json.loads((page.parent / "report.json").read_bytes())["answers"][0]["file"] == NASTY
    for name in names:
        assert (page.parent / name).read_text(encoding="utf-8")
