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

happysad export default --to web page
"""


@app.command(epilog=_EXAMPLES)
def export(
    model: options.Model,
    place: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="The same as --out.", show_default=False)
    ] = None,
    *,
    to: Annotated[
        str,
        typer.Option(metavar="FORMAT", help="keras, onnx, savedmodel or web.", show_default=False),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Where to; by default beside the model.")
    ] = None,
    runtime: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="For web: onnxruntime-web, packed by npm or as a folder; by default npm gets it.",
        ),
    ] = None,
) -> None:
    """Write a model as Keras, ONNX or SavedModel, and check that the numbers stay the same.

    Or as a web page that answers in the visitor's own browser. Keras and SavedModel need the extra
    'train'.
    """
    from happysad.errors import UsageError
    from happysad.verbs.export import export as verb

    if place is not None and out is not None:
        msg = f"Say where to once: {str(place)!r} or --out {str(out)!r}."
        raise UsageError(msg)
    written = verb(model, to=to, out=place or out, runtime=runtime)
    if to == "web":
        said = "a page for any web server; it checks its answers to the golden pictures itself"
        next_step = f"python -m http.server --bind 127.0.0.1 --directory {written}"
        console().print(f"{cell(written)}  ({said})\nTry it with: {cell(next_step)}")
        return
    console().print(f"{cell(written)}  (answers the golden pictures as the model does)")
