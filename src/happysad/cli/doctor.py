"""``happysad doctor``: what is installed, and what works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from happysad.cli import options
from happysad.cli.output import cell, console, write_json

if TYPE_CHECKING:
    from happysad.verbs.doctor import Diagnosis

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Example[/]

happysad doctor
"""


@app.command(epilog=_EXAMPLES)
def doctor(*, as_json: options.Json = False) -> None:
    """Show versions, extras, the default model, and whether predicting works offline."""
    from happysad.verbs.doctor import doctor as verb

    diagnosis = verb()
    if as_json:
        write_json(diagnosis.as_dict())
    else:
        _print(diagnosis)


def _print(diagnosis: Diagnosis) -> None:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    memory = diagnosis.memory_bytes
    size = f"{memory / 1024**3:.1f} GiB memory" if memory else "memory unknown"
    table.add_row("happysad", diagnosis.happysad)
    table.add_row("Python", diagnosis.python)
    table.add_row(
        "machine", cell(f"{diagnosis.platform}, {diagnosis.processors} processors, {size}")
    )
    cache = f"{diagnosis.cache_bytes / 1024**2:.0f} MiB of pictures read"
    table.add_row("home", cell(f"{diagnosis.home}, {cache}"))
    table.add_row("model", cell(diagnosis.model.path or "none yet"))
    table.add_row(
        "offline", "predicting works" if diagnosis.offline else "predicting does not work"
    )
    for extra, missing in diagnosis.missing.items():
        table.add_row(extra, f"missing {', '.join(missing)}" if missing else "complete")
    for name, version in diagnosis.versions.items():
        if version:
            table.add_row(f"  {name}", version)
    out = console()
    out.print(table)
    for problem in diagnosis.problems:
        out.print(f"! {cell(problem)}")
