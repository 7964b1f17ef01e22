"""Replaying a labelled folder."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

import happysad
from happysad.drawn import draw_collection
from happysad.errors import CollectionError, UsageError
from happysad.training.replay.options import ActiveOptions
from happysad.verbs.active import Replay
from two_views import BASE

QUICK = ActiveOptions(
    base=str(BASE), budget=16, rounds=4, seeds=2, strategies=("margin", "typiclust")
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures") / "drawn"
    draw_collection(folder, pictures=48, seed=1, plant=False)
    return folder


def options(**changes: object) -> ActiveOptions:
    given = {name: getattr(QUICK, name) for name in ("base", "budget", "rounds", "strategies")}
    return ActiveOptions(**{**given, "seeds": 2, **changes})


@dataclass(frozen=True)
class Replayed:
    """A replay that was written to a folder, and what was told on the way."""

    replay: Replay
    folder: Path
    told: list[tuple[int, int]]


@pytest.fixture(scope="module")
def replayed(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    folder, told = tmp_path_factory.mktemp("replayed"), list[tuple[int, int]]()

    def progress(step: str, done: int, total: int, note: str = "") -> None:
        if step == "replaying":
            told.append((done, total))

    replay = happysad.active(pictures, options=QUICK, out=folder, progress=progress)
    return Replayed(replay, folder, told)


def test_a_replay_compares_each_strategy_with_random(replayed: Replayed) -> None:
    replay, told = replayed.replay, replayed.told
    report = replay.report
    assert list(report.curves) == ["random", "margin", "typiclust"]
    assert set(report.gains) == {"margin", "typiclust"}
    assert [round(value) for value in report.curves["margin"].labels] == [4, 8, 12, 16]
    assert report.all_labels is not None
    assert report.pool > 16
    assert told[0] == (0, 8)
    assert told[-1] == (8, 8)
    assert report.conclusion in replay._repr_html_().replace("&#x27;", "'")
    assert replay.page == replayed.folder / "index.html"


def test_the_written_files_agree(replayed: Replayed) -> None:
    folder = replayed.folder
    document = json.loads((folder / "active.json").read_text())
    assert document["conclusion"] == replayed.replay.report.conclusion
    assert [item["name"] for item in document["strategies"]] == ["random", "margin", "typiclust"]
    rows = list(csv.DictReader((folder / "curves.csv").open()))
    assert len(rows) == 12
    assert float(rows[0]["accuracy"]) == pytest.approx(document["strategies"][0]["accuracy"][0])
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "Learning curves" in page
    assert "typical of a cluster" in page


def test_an_interrupted_replay_goes_on(replayed: Replayed, pictures: Path, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(step: str, done: int, _total: int, _note: str = "") -> None:
        if step == "replaying" and done == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        happysad.active(pictures, options=QUICK, out=tmp_path, progress=stop)
    kept = (tmp_path / "trials.jsonl").read_text().splitlines()
    whole = happysad.active(pictures, options=QUICK, out=tmp_path).report
    assert [line for line in kept if line] == [
        line for line in (tmp_path / "trials.jsonl").read_text().splitlines() if line
    ][: len([line for line in kept if line])]
    fresh = replayed.replay.report
    assert whole.conclusion == fresh.conclusion
    assert {name: curve.area for name, curve in whole.curves.items()} == {
        name: curve.area for name, curve in fresh.curves.items()
    }


def test_a_table_says_what_to_judge_on(pictures: Path, tmp_path: Path) -> None:
    files = sorted(path.relative_to(pictures.parent) for path in pictures.rglob("*.*"))
    table = tmp_path / "table.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "fold"])
        writer.writerows([path.as_posix(), row % 4] for row, path in enumerate(files))
    replay = happysad.active(pictures, options=options(), test=table, where="fold=2")
    assert {len(trial.groups) for trial in replay.trials} == {len(files[2::4])}
    assert sum(trial.strategy == "all labels" for trial in replay.trials) == 1
    with pytest.raises(UsageError, match="leave some"):
        happysad.active(pictures, options=options(), test=table)
    with pytest.raises(UsageError, match="names 0"):
        happysad.active(pictures, options=options(), test=table, where="fold=9")
    with pytest.raises(UsageError, match="no column 'part'"):
        happysad.active(pictures, options=options(), test=table, where="part=9")
    with pytest.raises(UsageError, match="COLUMN=VALUE"):
        happysad.active(pictures, options=options(), test=table, where="fold")
    with pytest.raises(UsageError, match="together with test"):
        happysad.active(pictures, options=options(), where="fold=2")
    with pytest.raises(UsageError, match="cannot be read"):
        happysad.active(pictures, options=options(), test=tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strategies": ("margine",)}, "any of: random"),
        ({"rounds": 17}, "'rounds' option must be 1 or more, and not above the budget"),
        ({"budget": 1}, "'budget'"),
        ({"seeds": 0}, "'seeds'"),
        ({"preset": "seed", "strategies": ("bald",)}, "ask a committee.*'bald'"),
        ({"preset": "sead"}, "one of: .*seed.*'sead'"),
    ],
)
def test_wrong_options_are_refused(
    pictures: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        happysad.active(pictures, options=options(**changes))


def test_without_names_a_preset_gets_the_strategies_that_it_can_serve() -> None:
    assert "bald" in ActiveOptions().compared
    assert "entropy" not in ActiveOptions().compared  # the same as margin, for two classes
    assert "badge" in ActiveOptions(preset="seed").compared
    assert "bald" not in ActiveOptions(preset="seed").compared
    assert ActiveOptions(strategies=("margin", "random")).compared == ("random", "margin")


def test_a_folder_must_have_two_classes_that_can_be_dealt(tmp_path: Path) -> None:
    draw_collection(tmp_path / "few", pictures=6, seed=1, plant=False)
    with pytest.raises(CollectionError, match="too small"):
        happysad.active(tmp_path / "few", options=QUICK)
