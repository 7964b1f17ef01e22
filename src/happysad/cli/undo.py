"""``happysad undo``: put quarantined files back."""

from __future__ import annotations

import typer

from happysad.cli import options
from happysad.cli.output import complain, console

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Example[/]

happysad undo pictures
"""


@app.command(epilog=_EXAMPLES)
def undo(folder: options.Folder) -> None:
    """Put the files back that `check --quarantine` moved aside, byte for byte."""
    from happysad.verbs import check as verb

    undone = verb.undo(folder)
    console().print(f"{len(undone.restored)} files put back.")
    for file, reason in undone.kept.items():
        complain(f"Not put back: {file}: {reason}")
    if undone.kept:
        raise typer.Exit(1)
