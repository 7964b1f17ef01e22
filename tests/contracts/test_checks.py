"""Every check keeps the same promises on the same cases."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from happysad.collection.checks import CHECKS
from happysad.collection.survey import Check, Doubt, Failure, Survey
from happysad.config import CheckOptions
from happysad.records import CODES, Entry

FINE = {
    "brightness": 0.5,
    "dark": 0.95,
    "bright": 0.1,
    "sharpness": 2.2,
    "information": 5.2,
    "saturation": 0.1,
}


def picture(file: str, **changes) -> Entry:
    entry = Entry(
        file=file,
        label=file.partition("/")[0],
        sha256=hashlib.sha256(file.encode()).hexdigest(),
        size_bytes=1000,
        format="jpeg",
        width=640,
        height=480,
        signature="5" * 64,
        group="0" * 64,
        quality=FINE,
    )
    return replace(entry, **changes)


def measured(file: str, **measures: float) -> Entry:
    return picture(file, quality=FINE | measures)


FIRST, SECOND, OTHER = picture("happy/a.jpg"), picture("happy/b.jpg"), picture("sad/c.jpg")
CLEAN = Survey(
    pictures=(FIRST, SECOND, OTHER), failures=(), exact=(), near=(), options=CheckOptions()
)
EMPTY = replace(CLEAN, pictures=())

# What each check must find, and in which file; a new check adds a line.
CASES: dict[str, tuple[Survey, set[str]]] = {
    "both_classes": (
        replace(CLEAN, near=((FIRST, SECOND, OTHER),), exact=((FIRST, OTHER),)),
        {"happy/a.jpg", "happy/b.jpg", "sad/c.jpg"},
    ),
    "exact_duplicate": (
        replace(CLEAN, exact=((FIRST, SECOND),), near=((FIRST, SECOND),)),
        {"happy/b.jpg"},
    ),
    "near_duplicate": (
        replace(CLEAN, near=((FIRST, SECOND),)),
        {"happy/a.jpg", "happy/b.jpg"},
    ),
    "misnamed": (
        replace(CLEAN, pictures=(FIRST, picture("sad/x.JPEG"), picture("sad/y.png"))),
        {"sad/y.png"},
    ),
    "too_small": (
        replace(CLEAN, pictures=(FIRST, picture("sad/x.jpg", width=63), picture("sad/y.jpg"))),
        {"sad/x.jpg"},
    ),
    "odd_aspect": (
        replace(CLEAN, pictures=(picture("sad/x.jpg", height=160), picture("sad/y.jpg", width=90))),
        {"sad/y.jpg"},
    ),
    "dark": (replace(CLEAN, pictures=(FIRST, measured("sad/x.jpg", dark=0.1))), {"sad/x.jpg"}),
    "bright": (
        replace(CLEAN, pictures=(FIRST, measured("sad/x.jpg", bright=0.97))),
        {"sad/x.jpg"},
    ),
    "blurred": (
        replace(CLEAN, pictures=(FIRST, measured("sad/x.jpg", sharpness=0.1))),
        {"sad/x.jpg"},
    ),
    "low_information": (
        replace(
            CLEAN,
            pictures=(
                FIRST,
                measured("sad/x.jpg", information=0.1, sharpness=0),
                picture("sad/y.jpg", signature="0" * 64),
            ),
        ),
        {"sad/x.jpg", "sad/y.jpg"},
    ),
    "likely_wrong_label": (
        replace(
            CLEAN,
            doubts={
                "happy/a.jpg": Doubt(0.97, "sad"),
                "happy/b.jpg": Doubt(0.49, "sad"),
                "sad/c.jpg": Doubt(0.5, "happy"),
            },
        ),
        {"happy/a.jpg", "sad/c.jpg"},
    ),
    "off_topic": (
        replace(
            CLEAN,
            doubts={
                "happy/a.jpg": Doubt(0.2, "sad", off_topic=0.8),
                "sad/c.jpg": Doubt(0.2, "happy"),
            },
        ),
        {"happy/a.jpg"},
    ),
}
FROM_ELSEWHERE = {"url_refused", "fetch_failed", "dropped", "relabelled"}
UNUSABLE = CODES.keys() - CASES.keys() - FROM_ELSEWHERE
CASES |= {
    code: (
        replace(CLEAN, failures=(Failure("sad/x.jpg", code, "A reason."),)),
        {"sad/x.jpg"},
    )
    for code in UNUSABLE
}

each_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)


def test_every_code_of_a_folder_has_exactly_one_check():
    assert sorted(check.code for check in CHECKS) == sorted(CODES.keys() - FROM_ELSEWHERE)


@each_check
def test_a_check_explains_itself(check: Check):
    assert check.meaning == CODES[check.code]
    assert check.advice.endswith(".")
    assert check.advice[0].isupper()
    assert check.severity in {"fault", "notice"}


@each_check
def test_a_check_finds_its_case_and_says_so_the_same_way(check: Check):
    survey, files = CASES[check.code]
    found = list(check.find(survey))
    assert {finding.file for finding in found} == files
    assert len(found) == len(files), "at most one finding a file"
    known = {entry.file for entry in survey.pictures} | {one.file for one in survey.failures}
    for finding in found:
        assert finding.code == check.code
        assert finding.severity == check.severity
        assert finding.message.endswith(".")
        assert set(finding.related) <= known - {finding.file}
        assert finding.measure is None or isinstance(finding.measure, float)
    assert list(check.find(survey)) == found


@each_check
@pytest.mark.parametrize("survey", [CLEAN, EMPTY], ids=["clean", "empty"])
def test_a_check_finds_nothing_where_nothing_is(check: Check, survey: Survey):
    assert list(check.find(survey)) == []


@each_check
def test_no_check_trips_over_the_cases_of_the_others(check: Check):
    for code, (survey, _) in CASES.items():
        for finding in check.find(survey):
            assert finding.code == check.code, code


def test_the_related_files_of_a_large_group_are_capped():
    group = tuple(picture(f"happy/{number:03d}.jpg") for number in range(200))
    check = next(check for check in CHECKS if check.code == "near_duplicate")
    found = list(check.find(replace(CLEAN, pictures=group, near=(group,))))
    assert len(found) == 200
    assert max(len(finding.related) for finding in found) == 20
    assert "One of 200 pictures" in found[0].message
