"""``happysad import``: a Keras file from elsewhere as a happysad model."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from happysad.cli.output import cell, console, hint

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Example[/]

happysad import happysadmodel.h5 --classes happy,sad
"""


@app.command("import", epilog=_EXAMPLES)
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .keras or .h5 file.", show_default=False)
    ],
    *,
    classes: Annotated[
        str,
        typer.Option(
            metavar="A,B",
            help="Class names in the model's label order; the second is the one above 0.5.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="By default FILE with .happysad.")
    ] = None,
) -> None:
    """Bring a model of the tutorial lineage in: one that takes RGB pictures divided by 255.

    Needs the extra 'train'. The file is opened in a guarded process of its
    own; custom code is refused.
    """
    from happysad.verbs.importing import import_model

    names = tuple(name.strip() for name in classes.split(","))
    written = import_model(file, classes=names, out=out)
    console().print(cell(written), soft_wrap=True)
    hint(f"Nothing is known of how good it is: happysad evaluate {quote(str(written))} FOLDER")
