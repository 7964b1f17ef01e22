"""The folder of one training: what lies where, who may write, and what an interruption says."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from happysad.bundle.shelf import RUN_BUNDLE
from happysad.config import TrainOptions, options_from
from happysad.durable import LOCK, UNFINISHED, locked, replacing
from happysad.errors import RunError
from happysad.records import STRENGTH

SPLIT = "split.json"
OPTIONS = "options.json"
FINGERPRINT = "fingerprint.json"
HISTORY = "history.csv"
CURVES = "curves.png"


def new_folder(runs: Path, stem: str) -> Path:
    """Make ``RUNS/STEM-N``, with a number above all that are there, and return it.

    Of several that do so at the same instant, in other processes too, each gets its own.

    Raises:
        RunError: it cannot be made.
    """
    try:
        runs.mkdir(parents=True, exist_ok=True)
        number = max(_numbered(runs, stem), default=0)
        while True:
            number += 1
            folder = runs / f"{stem}-{number}"
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                return folder
    except OSError as error:
        raise _unwritable(runs, error) from error


def latest_folder(runs: Path, stem: str) -> Path | None:
    """Return the ``RUNS/STEM-N`` with the highest number; None where there is none."""
    found = _numbered(runs, stem)
    return found[max(found)] if found else None


def _numbered(runs: Path, stem: str) -> dict[int, Path]:
    pattern = re.compile(re.escape(f"{stem}-") + r"([0-9]{1,9})")
    found: dict[int, Path] = {}
    with contextlib.suppress(FileNotFoundError):
        for path in runs.iterdir():
            match = pattern.fullmatch(path.name)
            if match and path.is_dir():
                found[int(match[1])] = path
    return found


@contextlib.contextmanager
def opened(folder: Path, *, resume: bool) -> Iterator[None]:
    """Make a run folder and keep every other training out of it.

    Args:
        folder: the run folder.
        resume: whether it must hold a run already, or must not.

    Raises:
        RunError: it holds a run and shall not, or the other way round; another training is at
            work in it; it cannot be made or written.
    """
    started = _is_started(folder)
    if started and not resume:
        msg = f"The folder {str(folder)!r} holds a run already. Resume it, or choose another."
        raise RunError(msg)
    if resume and not started:
        msg = f"There is no run to resume in {str(folder)!r}. Start one without resume."
        raise RunError(msg)
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            free = stack.enter_context(locked(folder / LOCK))
        except OSError as error:
            raise _unwritable(folder, error) from error
        if not free:
            msg = (
                f"Another training is at work in {str(folder)!r}. Wait for it, or choose "
                "another folder."
            )
            raise RunError(msg)
        _remove_unfinished(folder)
        yield


def discard_unstarted(folder: Path) -> None:
    """Remove the folder that ``new_folder`` made for a run, if nothing came of it.

    An empty one would be the latest, and the one to resume.
    """
    if not _is_started(folder):
        shutil.rmtree(folder, ignore_errors=True)


def _is_started(folder: Path) -> bool:
    return (folder / OPTIONS).exists() or (folder / RUN_BUNDLE).exists()


def _remove_unfinished(folder: Path) -> None:
    """Remove what a killed training was writing; the caller holds the lock."""
    for path in folder.glob(f".*{UNFINISHED}"):
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def interruptible(folder: Path, *, kept: Callable[[Path], str]) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into an error that says how to go on.

    What can be kept is kept while the training goes on; there is nothing left to save.

    Args:
        folder: the run folder.
        kept: says in a few words what is kept of the run in a folder.

    Raises:
        RunError: the training was interrupted.
    """
    previous = None
    # Python lets the main thread alone set signal handlers.
    if threading.current_thread() is threading.main_thread():
        previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        msg = f"Interrupted. {kept(folder)}; go on in {str(folder)!r} with: --resume"
        if not _is_started(folder):
            msg = "Interrupted before the training had begun. Start it again."
        raise RunError(msg) from None
    finally:
        if previous is not None:
            signal.signal(signal.SIGTERM, previous)


def write_file(path: Path, data: bytes) -> None:
    """Write a file of the run folder whole, replacing a former one.

    Raises:
        RunError: it cannot be written; the former one is intact.
    """
    try:
        with replacing(path) as file:
            file.write(data)
    except OSError as error:
        raise _unwritable(path, error) from error


def write_options(folder: Path, options: TrainOptions) -> None:
    """Write the options of a run as JSON.

    Raises:
        RunError: they cannot be written.
    """
    write_file(folder / OPTIONS, (json.dumps(plain_options(options), indent=1) + "\n").encode())


def read_options(folder: Path) -> TrainOptions:
    """Read the options that a run was started with.

    Raises:
        RunError: there is no run in the folder, or its options cannot be read.
    """
    try:
        values = json.loads((folder / OPTIONS).read_text(encoding="utf-8"))
        return options_from(TrainOptions, values, OPTIONS)
    except FileNotFoundError as error:
        msg = f"There is no run to resume in {str(folder)!r}. Start one without resume."
        raise RunError(msg) from error
    except (OSError, ValueError) as error:
        msg = f"The options of the run in {str(folder)!r} cannot be read: {error}"
        raise RunError(msg) from error


def _steps(history: Mapping[str, tuple[float, ...]]) -> int:
    return max(map(len, history.values()), default=0)


def write_fingerprint(folder: Path, fingerprint: Mapping[str, Any]) -> None:
    """Write down what decides the result of a run.

    Raises:
        RunError: it cannot be written.
    """
    write_file(folder / FINGERPRINT, (json.dumps(fingerprint, indent=1) + "\n").encode())


def read_fingerprint(folder: Path) -> Mapping[str, Any] | None:
    """Read what was written down; None where the run did not come so far.

    Raises:
        RunError: it cannot be read.
    """
    try:
        values: Mapping[str, Any] = json.loads((folder / FINGERPRINT).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        msg = f"The file {str(folder / FINGERPRINT)!r} cannot be read: {error}. Start a new run."
        raise RunError(msg) from error
    return values


def plain_options(options: TrainOptions) -> dict[str, Any]:
    """Return options as plain JSON values, nested."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(options)))
    return plain


def now() -> str:
    """Return the time as manifests have it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_history(folder: Path, history: Mapping[str, tuple[float, ...]]) -> None:
    """Write the history as CSV: one line an epoch or a strength, one column a measure.

    Raises:
        RunError: it cannot be written.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    numbered = {} if STRENGTH in history else {"epoch": range(1, _steps(history) + 1)}
    columns = {**numbered, **history}
    rows.writerow(columns)
    rows.writerows(zip(*columns.values(), strict=True))
    write_file(folder / HISTORY, text.getvalue().encode())


def _unwritable(path: Path, error: OSError) -> RunError:
    reason = error.strerror or str(error)
    return RunError(f"Cannot write {str(path)!r}: {reason}. Free some space or choose another.")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
