"""What every benchmark needs: run a command, take its time and memory, judge and keep the figures.

Times compare commands that took turns in the same run, so a busy machine slows both. Memory is
the resident memory of a command and all its children, summed, sampled fifty times a second:
pages that two processes share count twice, so the figure is never too low. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("HAPPYSAD_DATA", REPOSITORY.parent / "shared" / "data"))
HAPPYSAD = (sys.executable, "-m", "happysad")

_PAGE = os.sysconf("SC_PAGE_SIZE")
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """One command that has ended.

    Attributes:
        seconds: wall time of the whole process.
        peak_mib: highest sum of resident memory over the process and its children, MiB.
        code: exit code.
        stdout: what it printed.
        stderr: what it complained about.
    """

    seconds: float
    peak_mib: float
    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Mark:
    """A figure that has to stay within a bound.

    Attributes:
        what: the figure in words.
        value: as measured.
        at_most: upper bound, or None.
        at_least: lower bound, or None.
    """

    what: str
    value: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the value is within its bounds."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)


def describe_machine() -> str:
    """Return processors, memory and Python in one line."""
    memory = os.sysconf("SC_PHYS_PAGES") * _PAGE / 1024**3
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores, {memory:.0f} GiB, {platform.machine()}, Python {platform.python_version()}"
    )


@dataclass
class Result:
    """The outcome of one benchmark.

    Attributes:
        name: of the script.
        command: how to repeat it.
        marks: figures with bounds.
        figures: everything else worth keeping.
        machine: what it ran on.
    """

    name: str
    command: str
    marks: list[Mark] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)
    machine: str = field(default_factory=describe_machine)

    @property
    def passed(self) -> bool:
        """Whether every mark is met."""
        return all(mark.passed for mark in self.marks)


def run(
    command: Sequence[str | Path],
    *,
    extra: Mapping[str, str] | None = None,
    allowed: tuple[int, ...] = (0,),
) -> Measured:
    """Run a command to its end and measure it.

    Args:
        command: program and arguments.
        extra: environment variables to set.
        allowed: exit codes that count as success; another one ends the benchmark.
    """
    arguments = [str(part) for part in command]
    started = time.perf_counter()
    process = subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="surrogateescape",
        # Compiled modules are kept, as after any installation with pip.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(extra or {})},
    )
    watch = _Watch(process.pid)
    stdout, stderr = _communicate(process, watch)
    seconds = time.perf_counter() - started
    if process.returncode not in allowed:
        sys.exit(f"{' '.join(arguments)} ended with {process.returncode}:\n{stdout}\n{stderr}")
    return Measured(seconds, watch.peak / _MIB, process.returncode, stdout, stderr)


class _Watch:
    """The highest summed resident memory of a process tree."""

    def __init__(self, root: int) -> None:
        self._root = root
        self.peak = 0

    def look(self) -> None:
        self.peak = max(self.peak, resident(self._root))


def resident(root: int) -> int:
    """Return the resident memory of a process and its children, bytes."""
    return sum(map(_resident, _tree(root)))


def cpu_seconds(root: int) -> float:
    """Return the processor time that a process and its children have taken."""
    return sum(map(_cpu_seconds, _tree(root)))


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _communicate(process: subprocess.Popen[str], watch: _Watch) -> tuple[str, str]:
    while True:
        try:
            return process.communicate(timeout=0.02)
        except subprocess.TimeoutExpired:
            watch.look()


def _tree(root: int) -> list[int]:
    found, pending = [], [root]
    while pending:
        pid = pending.pop()
        found.append(pid)
        for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                pending += [int(child) for child in tasks.read_text().split()]
            except OSError:
                continue  # it ended while we looked
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options of every benchmark."""
    made = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    made.add_argument("--data", type=Path, default=DATA, help="folder of real pictures")
    made.add_argument(
        "--work",
        type=_made,
        default=str(REPOSITORY / "scratch" / "benchmarks"),
        help="folder for environments, models and drawn pictures; kept for the next run",
    )
    made.add_argument("--out", type=Path, help="write the result as JSON into this folder")
    return made


def _made(text: str) -> Path:
    """Return the path of a folder that is there from now on."""
    folder = Path(text)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def a_model(work: Path) -> Path:
    """Return a bundle of preset ``seed`` that saw drawn pictures for one epoch: right in size."""
    bundle = work / "model-run" / "model.happysad"
    if not bundle.exists():
        from happysad.drawn import draw_collection

        folder = work / "model-pictures"
        if not folder.exists():
            draw_collection(folder, pictures=80, plant=False)
        run(
            [
                *HAPPYSAD,
                "train",
                folder,
                "--preset",
                "seed",
                "--epochs",
                "1",
                "--augment",
                "none",
                "--out",
                bundle.parent,
                "--plain",
            ]
        )
    return bundle


def environment(work: Path, name: str, *requirements: str) -> Path:
    """Return the Python of a virtual environment with these requirements, made on first use."""
    folder = work / f"venv-{name}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
        (folder / "ready").touch()
    return python


def finish(result: Result, out: Path | None) -> int:
    """Print a result, write it where asked, and return the exit code: 0 where every mark is met."""
    print(as_markdown(result))
    if out:
        out.mkdir(parents=True, exist_ok=True)
        kept = {**asdict(result), "passed": result.passed}
        text = json.dumps(kept, indent=2, ensure_ascii=False)
        (out / f"{result.name}.json").write_text(f"{text}\n", encoding="utf-8")
    return 0 if result.passed else 1


def as_markdown(result: Result) -> str:
    """Return a result as a Markdown section."""
    lines = [f"## {result.name}", "", f"`{result.command}` · {result.machine}", ""]
    if result.marks:
        lines += ["| mark | measured | bound | |", "|---|---:|---:|---|"]
        lines += map(_row, result.marks)
        lines.append("")
    lines += [f"* {name}: {_shown(value)}" for name, value in result.figures.items()]
    return "\n".join([*lines, ""])


def _row(mark: Mark) -> str:
    outcome = "met" if mark.passed else "**missed**"
    return f"| {mark.what} | {mark.value:,.3g} | {_bound(mark)} | {outcome} |"


def _bound(mark: Mark) -> str:
    return f"≥ {mark.at_least:g}" if mark.at_least is not None else f"≤ {mark.at_most:g}"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value)
    return str(value)


def in_turn(
    rounds: int, first: Callable[[int], float], second: Callable[[int], float]
) -> tuple[list[float], list[float]]:
    """Call two functions in turn, ``rounds`` times; return what each gave."""
    ones, others = [], []
    for index in range(rounds):
        ones.append(first(index))
        others.append(second(index))
    return ones, others
