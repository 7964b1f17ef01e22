"""The manifest's JSON is strict: what it does not know, it refuses by name."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from happysad.bundle import document
from happysad.bundle.archive import read
from happysad.bundle.manifest import Manifest, TrainedPicture
from happysad.config import Preprocessing
from happysad.errors import BundleError, UsageError
from happysad.records import Score

TINY = Path(__file__).parents[1] / "fixtures" / "v1-tiny.happysad"


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read(TINY).manifest


@pytest.fixture
def table(manifest: Manifest) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(document.to_json(manifest))
    return value


def parse(table: dict[str, Any]) -> Manifest:
    return document.from_json(json.dumps(table).encode())


def test_there_and_back(manifest: Manifest) -> None:
    assert document.from_json(document.to_json(manifest)) == manifest


def test_undefined_numbers_and_odd_names_survive(manifest: Manifest) -> None:
    odd = replace(
        manifest,
        scores={"roc_auc": Score("roc_auc", math.nan, math.nan, math.nan, 0, "none")},
        training=(TrainedPicture("happy/\udcff\n\u202e.jpg", "0" * 64, "1" * 64),),
        baseline=None,
        split_seed=None,
    )
    back = document.from_json(document.to_json(odd))
    assert math.isnan(back.scores["roc_auc"].value)
    assert back.training == odd.training
    assert back.baseline is None
    assert back.split_seed is None


def test_every_field_is_needed(table: dict[str, Any]) -> None:
    for name in table:
        less = {key: value for key, value in table.items() if key != name}
        with pytest.raises(BundleError, match="format" if "format" in name else f"'{name}'"):
            parse(less)


def test_t21_unknown_fields_are_refused_everywhere(table: dict[str, Any]) -> None:
    for path in ((), ("preprocessing",), ("baseline",), ("graphs", "scene"), ("golden", 0)):
        more = json.loads(json.dumps(table))
        place = more
        for step in path:
            place = place[step]
        place["surprise"] = 1
        with pytest.raises(BundleError, match="unknown field 'surprise'"):
            parse(more)


WRONG_TYPES: list[Any] = [None, True, -1, 1.5, "text", "9" * 70_000, [], [[[]]], {}, {"a": []}]


def test_t21_wrong_types_are_refused(table: dict[str, Any], manifest: Manifest) -> None:
    refused = 0
    for name, old in table.items():
        for value in WRONG_TYPES:
            try:
                assert parse(table | {name: value}) != manifest or value == old
            except BundleError:
                refused += 1
    # some fields take some of the values: free text, empty tables, null for no baseline
    assert refused > 0.7 * len(table) * len(WRONG_TYPES)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("classes", ["happy", "happy"]),
        ("classes", ["happy"]),
        ("classes", ["happy", "sad", "angry"]),  # too many for a sigmoid
        ("classes", ["happy", "../sad"]),
        ("classes", ["happy", ".."]),
        ("classes", ["happy", 3]),
        ("kind", "two-view"),  # without heads
        ("kind", "three-view"),
        ("output", "logits"),
        ("temperature", 0),
        ("temperature", 1e999),
        ("temperature", 10**400),
        ("unsure_below", 1.5),
        ("parts", {"train": -1}),
        ("versions", {"happysad": 1}),
        ("training", [["a", "b"]]),
        ("training", [["a", "b", "c"]]),
        ("training", [["a", "0" * 64, 3]]),
        ("golden", [{"file": "golden/0.png", "sha256": "0" * 64, "bytes": 9}]),
        ("graphs", {"../scene": {"file": "../scene.onnx", "sha256": "0" * 64, "bytes": 9}}),
        ("graphs", {"scene": {"file": "/etc/passwd", "sha256": "0" * 64, "bytes": 9}}),
        ("graphs", {"scene": {"file": "scene.onnx", "sha256": "0" * 63, "bytes": 9}}),
        ("graphs", {"scene": {"file": "scene.onnx", "sha256": "0" * 64, "bytes": 1 << 40}}),
    ],
)
def test_t21_values_out_of_range_are_refused(table: dict[str, Any], name: str, value: Any) -> None:
    with pytest.raises(BundleError):
        parse(table | {name: value})


def test_golden_answers_have_one_probability_a_class(table: dict[str, Any]) -> None:
    table["golden"][0]["probabilities"] = [0.2, 0.3, 0.5]
    with pytest.raises(BundleError, match="golden"):
        parse(table)
    table["golden"][0]["probabilities"] = ["0.5", 0.5]
    with pytest.raises(BundleError, match="numbers"):
        parse(table)


def test_a_newer_version_says_upgrade(table: dict[str, Any]) -> None:
    newer = {"format": "happysad", "format_version": 2, "anything": "else"}
    with pytest.raises(BundleError, match="upgrade happysad"):
        parse(newer)
    for version in (0, -1, "1", True, None, 1.0):
        with pytest.raises(BundleError, match="format_version"):
            parse(table | {"format_version": version})


def test_older_versions_are_migrated_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {
        1: lambda old: {**old, "format_version": 2, "trail": "1"},
        2: lambda old: {**old, "format_version": 3, "trail": old["trail"] + "2"},
    }
    monkeypatch.setattr(document, "FORMAT_VERSION", 3)
    monkeypatch.setattr(document, "MIGRATIONS", steps)
    assert document.migrate({"format": "happysad", "format_version": 1})["trail"] == "12"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"format": "other", "format_version": 1}',
        b'{"format": "happysad", "format": "happysad"}',
        b'{"format": "happysad", "format_version": NaN}',
        b'{"format": "happysad", "format_version": ' + b"9" * 5000 + b"}",
        b'{"format":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_t21_bytes_that_are_no_manifest(data: bytes) -> None:
    with pytest.raises(BundleError):
        document.from_json(data)


def test_options_must_be_plain(manifest: Manifest) -> None:
    for value in (object(), math.nan):
        with pytest.raises(UsageError, match="plain values"):
            document.to_json(replace(manifest, options={"epochs": value}))


def test_a_wrong_manifest_cannot_be_made() -> None:
    with pytest.raises(UsageError, match="'classes' option must be"):
        Manifest(
            name="n",
            created="",
            preset="p",
            classes=("happy",),
            preprocessing=Preprocessing(),
            output="sigmoid",
        )
