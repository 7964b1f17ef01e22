from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import test_workers as here
from specimens import encode, scene

from happysad.errors import HappysadError, PictureError
from happysad.pictures.examine import Examined, examine
from happysad.pictures.workers import available_processors, map_isolated
from waiting import until


def work(item: int | str, *, add: int = 0) -> int | np.ndarray | None:
    if item == "exit":
        os._exit(3)
    if item == "crash":
        ctypes.string_at(0)
    if item == "hang":
        time.sleep(600)
    if item == "bad":
        raise PictureError("truncated", "cut", "bad")
    if item == "defect":
        raise ZeroDivisionError
    if item == "noise":
        os.write(1, b"noise")
        os.write(2, b"noise")
        return None
    if item == "large":
        return np.ones((300, 300, 3), np.uint8)
    return int(item) + add


def results(items: list[int | str], **options: float) -> dict[int, object]:
    found = list(map_isolated(here.work, items, **options))
    assert sorted(index for index, _ in found) == list(range(len(items)))
    return dict(found)


def test_results_come_with_their_index() -> None:
    assert results(list(range(50)), workers=2) == {number: number for number in range(50)}
    assert dict(map_isolated(partial(here.work, add=5), [1, 2], workers=1)) == {0: 6, 1: 7}
    assert results([]) == {}


@pytest.mark.parametrize("bad", ["exit", "crash"])
def test_t03_a_crash_costs_its_own_item_alone(bad: str) -> None:
    items: list[int | str] = [*range(20), bad, *range(20)]
    items[3] = bad
    found = results(items, workers=2)
    for index, item in enumerate(items):
        if item == bad:
            error = found[index]
            assert isinstance(error, PictureError)
            assert (error.code, error.source) == ("decode_crashed", bad)
        else:
            assert found[index] == item


def test_t03_a_hang_costs_its_own_item_alone() -> None:
    found = results([0, "hang", 2, 3], workers=1, seconds=4.0)
    error = found.pop(1)
    assert isinstance(error, PictureError)
    assert error.code == "decode_timeout"
    assert found == {0: 0, 2: 2, 3: 3}


def test_errors_and_noise_stay_with_their_item(capfd: pytest.CaptureFixture[str]) -> None:
    found = results(["bad", "defect", "noise", "large", 7], workers=1)
    assert [getattr(found[index], "code", None) for index in (0, 1)] == [
        "truncated",
        "decode_crashed",
    ]
    assert found[2] is None
    assert found[3].shape == (300, 300, 3)
    assert found[4] == 7
    assert capfd.readouterr() == ("", "")


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
def test_nothing_is_imported_from_the_folder_of_the_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("struct", "signal", "happysad"):
        (tmp_path / f"{name}.py").write_text("open('taken', 'w').close(); raise SystemExit")
    monkeypatch.chdir(tmp_path)
    results = dict(map_isolated(here.work, ["1", "2"], workers=2, seconds=60))
    assert results == {0: 1, 1: 2}
    assert not (tmp_path / "taken").exists()


def test_a_consumer_may_stop_early_and_leaves_no_process() -> None:
    before = children()
    for index, _ in map_isolated(here.work, range(1000), workers=2):
        if index >= 5:
            break
    until(lambda: not children() - before)


def test_items_are_taken_as_they_are_needed() -> None:
    taken = []

    def items() -> object:
        for number in range(5000):
            taken.append(number)
            yield number

    stream = map_isolated(here.work, items(), workers=1)
    next(stream)
    assert len(taken) < 200
    stream.close()


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program"])
def test_workers_that_cannot_start_are_one_error(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    with pytest.raises(HappysadError, match="could not be started"):
        list(map_isolated(here.work, [1]))


SCRIPT = """
from happysad.pictures.workers import map_isolated
from happysad.pictures.examine import examine
print(sorted(index for index, _ in map_isolated(examine, ["a", "b", "c"], workers=2)))
"""


def test_a_script_without_a_main_guard_may_use_it(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.stdout, done.stderr) == ("[0, 1, 2]\n", "")


def test_examine_tells_everything_in_one_read(tmp_path: Path) -> None:
    good, twin, bad = (str(tmp_path / name) for name in ("good.png", "twin.bmp", "bad.jpg"))
    Path(good).write_bytes(encode(scene(), "png"))
    Path(twin).write_bytes(encode(scene(), "bmp"))
    Path(bad).write_bytes(encode(scene(), "jpeg")[:500])
    found = dict(map_isolated(examine, [good, twin, bad, str(tmp_path / "no")], workers=2))
    first, second, third, fourth = (found[index] for index in range(4))
    assert isinstance(first, Examined)
    here_and_there = [examine(path) for path in (good, twin, bad, str(tmp_path / "no"))]
    assert here_and_there == [first, second, third, fourth]
    assert (first.width, first.height, first.format, first.code) == (96, 64, "png", "")
    assert first.pixel_sha256 == second.pixel_sha256
    assert first.sha256 != second.sha256
    assert first.signature == second.signature
    assert (third.code, third.format, third.size_bytes) == ("truncated", "jpeg", 500)
    assert (fourth.code, fourth.size_bytes) == ("missing", 0)


def test_processors_are_counted() -> None:
    assert available_processors() >= 1
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
