"""The run folder: one training at a time, nothing half written, a hint after an interruption."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from happysad.config import AugmentOptions, TrainOptions
from happysad.durable import UNFINISHED
from happysad.errors import RunError
from happysad.training import run_folder

NoRoom = Callable[[], AbstractContextManager[None]]


def test_numbers_runs_and_finds_the_latest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs, stem = Path("runs"), "my (pictures)-seed"
    assert run_folder.latest_folder(runs, stem) is None
    assert run_folder.new_folder(runs, stem) == Path("runs/my (pictures)-seed-1")
    for name in ("my (pictures)-seed-10", "other-seed-99"):
        (tmp_path / "runs" / name).mkdir()
    assert run_folder.latest_folder(runs, stem) == Path("runs/my (pictures)-seed-10")
    (tmp_path / "runs" / "my (pictures)-seed-11").touch()
    assert run_folder.new_folder(runs, stem) == Path("runs/my (pictures)-seed-12")
    with pytest.raises(RunError, match="Cannot write"):
        run_folder.new_folder(tmp_path / "runs" / "my (pictures)-seed-11", stem)


def test_runs_that_begin_at_the_same_instant_get_folders_of_their_own(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def begin(_: int) -> list[Path]:
        together.wait()
        return [run_folder.new_folder(tmp_path / "runs", "cats-seed") for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        made = [folder for folders in pool.map(begin, range(8)) for folder in folders]
    assert len(set(made)) == 160
    assert set(made) == set((tmp_path / "runs").iterdir())


def test_a_folder_with_a_run_is_resumed_and_never_overwritten(tmp_path: Path) -> None:
    with (
        pytest.raises(RunError, match="no run to resume"),
        run_folder.opened(tmp_path, resume=True),
    ):
        pass
    with run_folder.opened(tmp_path / "deep" / "run", resume=False):
        run_folder.write_options(tmp_path / "deep" / "run", TrainOptions())
    with pytest.raises(RunError, match="holds a run already"):  # noqa: SIM117
        with run_folder.opened(tmp_path / "deep" / "run", resume=False):
            pass
    with run_folder.opened(tmp_path / "deep" / "run", resume=True):
        pass


def test_t26_a_second_training_in_one_folder_is_refused(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from happysad.training import run_folder\n"
        "with run_folder.opened(Path(sys.argv[1]), resume=False):\n"
        "    print('in', flush=True); sys.stdin.read()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == b"in\n"
        with pytest.raises(RunError, match="Another training"):  # noqa: SIM117
            with run_folder.opened(tmp_path, resume=False):
                pass
    finally:
        first.kill()
        first.communicate()
    with run_folder.opened(tmp_path, resume=False):  # the lock fell with its process
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_t28_signals_leave_a_hint(tmp_path: Path, number: signal.Signals) -> None:
    run_folder.write_options(tmp_path, TrainOptions())
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(RunError, match=r"Nothing is kept.*--resume"):  # noqa: PT012, SIM117
        with run_folder.interruptible(tmp_path, kept=lambda folder: "Nothing is kept"):
            os.kill(os.getpid(), number)
            signal.pause()
    assert signal.getsignal(signal.SIGTERM) is before


def test_t28_what_has_not_begun_cannot_go_on(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"before the training had begun\. Start it again"):  # noqa: SIM117
        with run_folder.interruptible(tmp_path, kept=lambda folder: "Nothing is kept"):
            raise KeyboardInterrupt


def test_a_run_that_never_began_leaves_nothing(tmp_path: Path) -> None:
    for number in (1, 2):
        folder = run_folder.new_folder(tmp_path, "cats-seed")
        with run_folder.opened(folder, resume=False):
            (folder / run_folder.SPLIT).write_text("{}")
            if number == 1:
                run_folder.write_options(folder, TrainOptions())
        run_folder.discard_unstarted(folder)
    assert run_folder.latest_folder(tmp_path, "cats-seed") == tmp_path / "cats-seed-1"
    assert not folder.exists()


def test_options_come_back(tmp_path: Path) -> None:
    options = TrainOptions(epochs=3, augment=AugmentOptions.level("strong"))
    run_folder.write_options(tmp_path, options)
    assert run_folder.read_options(tmp_path) == options
    (tmp_path / run_folder.OPTIONS).write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        run_folder.read_options(tmp_path)
    (tmp_path / run_folder.OPTIONS).unlink()
    with pytest.raises(RunError, match="no run to resume"):
        run_folder.read_options(tmp_path)


def test_history_is_a_table(tmp_path: Path) -> None:
    run_folder.write_history(tmp_path, {"loss": (0.5, 0.25), "val_loss": (0.6, 0.3)})
    text = (tmp_path / run_folder.HISTORY).read_text()
    assert text == "epoch,loss,val_loss\n1,0.5,0.6\n2,0.25,0.3\n"
    run_folder.write_history(tmp_path, {"strength": (0.1, 1.0), "loss": (0.5, 0.25)})
    text = (tmp_path / run_folder.HISTORY).read_text()
    assert text == "strength,loss\n0.1,0.5\n1.0,0.25\n"
    run_folder.write_history(tmp_path, {})
    assert (tmp_path / run_folder.HISTORY).read_text() == "epoch\n"


def test_t27_a_fingerprint_comes_back(tmp_path: Path) -> None:
    assert run_folder.read_fingerprint(tmp_path) is None
    run_folder.write_fingerprint(tmp_path, {"seed": 1, "pictures of train": ["ab"]})
    assert run_folder.read_fingerprint(tmp_path) == {"seed": 1, "pictures of train": ["ab"]}
    (tmp_path / run_folder.FINGERPRINT).write_text("{")
    with pytest.raises(RunError, match="Start a new run"):
        run_folder.read_fingerprint(tmp_path)


def test_t26_a_full_disk_keeps_the_former_file(tmp_path: Path, no_room: NoRoom) -> None:
    path = tmp_path / "history.csv"
    run_folder.write_file(path, b"old")
    with no_room(), pytest.raises(RunError, match="File too large"):
        run_folder.write_file(path, b"new" * 100)
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_t24_what_a_killed_training_was_writing_goes_away(tmp_path: Path) -> None:
    (tmp_path / f".checkpoint.npz.x1{UNFINISHED}").write_bytes(b"half")
    with run_folder.opened(tmp_path, resume=False):
        assert not list(tmp_path.glob(f".*{UNFINISHED}"))


def test_t26_a_place_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="Cannot write"):  # noqa: SIM117
        with run_folder.opened(tmp_path / "file" / "run", resume=False):
            pass
