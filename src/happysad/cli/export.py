"""``happysad export``: a model in another program's format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from happysad.cli import options
from happysad.cli.output import cell, console

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Examples[/]

happysad export model.happysad --to onnx

happysad export runs/pictures-seed-1 --to keras --out model.keras
"""


@app.command(epilog=_EXAMPLES)
def export(
    model: options.Model,
    *,
    to: Annotated[
        str, typer.Option(metavar="FORMAT", help="keras, onnx or savedmodel.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Where to; by default beside the model.")
    ] = None,
) -> None:
    """Write a model as Keras, ONNX or SavedModel, and check that the numbers stay the same.

    Keras and SavedModel need the extra 'train'.
    """
    from happysad.verbs.export import export as verb

    written = verb(model, to=to, out=out)
    console().print(f"{cell(written)}  (answers the golden pictures as the model does)")
