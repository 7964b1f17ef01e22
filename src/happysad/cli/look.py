"""``happysad look``: show what is in a folder of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from happysad.cli import options
from happysad.cli.output import printable
from happysad.cli.progress import shown

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Examples[/]

happysad look pictures

happysad look pictures --augment strong --out look
"""


@app.command(epilog=_EXAMPLES)
def look(
    folder: options.Folder,
    *,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the pictures that are drawn.")
    ] = Path("look"),
    augment: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL",
            help="Also show random changes: none, write-up or strong (train extra).",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Which pictures the batch shows.")] = 1,
    plain: options.Plain = False,
) -> None:
    """Show what is in the data: a labelled batch, balance, diversity, the typical and the odd.

    Draws PNG pictures into a folder and prints the same facts as a table.
    """
    from happysad.config import AugmentOptions
    from happysad.verbs.look import look as verb

    with shown(plain=plain) as progress:
        seen = verb(
            folder,
            out=out,
            augment=AugmentOptions.level(augment) if augment else None,
            seed=seed,
            progress=progress,
        )
    typer.echo(printable(str(seen), keep_lines=True))
