"""Progress of long work on stderr: a live bar on a terminal, plain lines everywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from happysad.cli.output import printable
from happysad.progress import Progress, silent

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def shown(*, plain: bool = False, quiet: bool = False) -> Iterator[Progress]:
    """Give a ``Progress`` that is drawn while the block runs.

    Args:
        plain: lines even on a terminal.
        quiet: draw nothing.
    """
    if quiet:
        yield silent
    elif plain or not sys.stderr.isatty():
        yield PlainLines(sys.stderr)
    else:
        with _live_bars() as progress:
            yield progress


class PlainLines:
    """One line when a step begins, one when it is done, and one every ten seconds between.

    Args:
        stream: where the lines go.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._step = ""
        self._over = False
        self._written = 0.0

    def __call__(self, step: str, done: int, total: int, note: str = "") -> None:
        """Take the news; see ``happysad.progress.Progress``."""
        now = time.monotonic()
        over = total > 0 and done >= total
        recent = now - self._written < _SECONDS_BETWEEN_LINES
        if step == self._step and (self._over if over else recent and not self._over):
            return
        self._step, self._over, self._written = step, over, now
        count = f" {done}/{total}" if total else ""
        remark = f" · {printable(note)}" if note else ""
        self.stream.write(f"{printable(step)}{count}{remark}\n")
        self.stream.flush()


@contextmanager
def _live_bars() -> Iterator[Progress]:
    from rich import progress as bars
    from rich.console import Console

    console = Console(stderr=True, highlight=False, emoji=False)
    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeRemainingColumn(elapsed_when_finished=True),
        bars.TextColumn("{task.fields[note]}", style="dim", markup=False),
    )
    with bars.Progress(*columns, console=console) as live:
        tasks: dict[str, bars.TaskID] = {}

        def report(step: str, done: int, total: int, note: str = "") -> None:
            if step not in tasks:
                tasks[step] = live.add_task(printable(step), note="")
            live.update(tasks[step], completed=done, total=total or None, note=printable(note))

        yield report
