"""``happysad demo``: the whole job on drawn pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from happysad.cli import options
from happysad.cli.output import cell, console
from happysad.cli.progress import shown

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Example[/]

happysad demo --out demo
"""


@app.command(epilog=_EXAMPLES)
def demo(
    *,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for pictures, model and page.")
    ] = Path("happysad-demo"),
    seed: Annotated[int, typer.Option(help="Of the drawing and the training.")] = 1,
    plain: options.Plain = False,
) -> None:
    """Do the whole job on pictures that happysad draws itself: check, train, judge, predict.

    Needs the extra 'train', no network, and about a minute. Drawn pictures
    prove that the machinery works, not how accurate it is on yours.
    """
    from happysad.verbs.demo import demo as verb

    with shown(plain=plain) as progress:
        done = verb(out, seed=seed, progress=progress)
    console().print(cell(done))
