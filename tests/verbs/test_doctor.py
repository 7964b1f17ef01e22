from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

import happysad
from happysad.verbs import doctor as verb

ROOT = Path(__file__).resolve().parents[2]


def names(requirements: list[str]) -> set[str]:
    """Return the distributions of requirement lines that are not the package's own extras."""
    found = {line.split(";")[0].split(">")[0].split("[")[0].strip() for line in requirements}
    return found - {"happysad"}


def test_the_extras_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {"core": names(project["dependencies"])} | {
        extra: names(lines) for extra, lines in project["optional-dependencies"].items()
    }
    del declared["all"]
    known = {
        extra: {name for alternatives in needs for name in alternatives}
        for extra, needs in verb.LIBRARIES.items()
    }
    assert known == declared


def test_without_a_model_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("happysad.bundle.shelf._SHIPPED", Path("nowhere"))
    diagnosis = happysad.doctor()
    assert diagnosis.model == verb.Model(None, None, ready=False, message=diagnosis.model.message)
    assert not diagnosis.offline
    assert any("No model to predict with" in problem for problem in diagnosis.problems)


def test_a_sound_model_makes_it_ready_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ROOT / "tests" / "fixtures" / "v1-tiny.happysad"
    monkeypatch.setenv("HAPPYSAD_MODEL", str(model))
    diagnosis = happysad.doctor()
    assert diagnosis.model == verb.Model(str(model), "v1-tiny", ready=True)
    assert diagnosis.offline
    assert diagnosis.problems == ()
    assert diagnosis.processors >= 1
    assert diagnosis.cache_bytes == 0
    assert diagnosis.as_dict()["offline"] is True


def test_what_is_kept_of_pictures_is_counted(own_home: Path) -> None:
    (own_home / "embeddings").mkdir()
    (own_home / "embeddings" / "ab.sqlite3").write_bytes(b"x" * 1000)
    assert happysad.doctor().cache_bytes == 1000


def test_a_damaged_model_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = tmp_path / "m.happysad"
    model.write_bytes(b"PK\x03\x04 nothing")
    monkeypatch.setenv("HAPPYSAD_MODEL", str(model))
    diagnosis = happysad.doctor()
    assert diagnosis.model.path == str(model)
    assert not diagnosis.model.ready
    assert diagnosis.model.message


def test_what_is_missing_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs = {"core": (("numpy",),), "train": (("no-such-thing", "nor-this"),)}
    monkeypatch.setattr(verb, "LIBRARIES", needs)
    monkeypatch.setenv("HAPPYSAD_MODEL", str(ROOT / "tests" / "fixtures" / "v1-tiny.happysad"))
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    diagnosis = verb.doctor()
    assert diagnosis.missing == {"core": (), "train": ("no-such-thing",)}
    assert diagnosis.problems == ("Missing no-such-thing: pip install 'happysad[train]'",)
