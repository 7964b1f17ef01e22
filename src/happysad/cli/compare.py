"""``happysad compare``: is one model better than another?"""

from __future__ import annotations

import dataclasses

import typer

from happysad.cli import options
from happysad.cli.output import cell, console, write_json
from happysad.cli.progress import shown

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Example[/]

happysad compare runs/pictures-seed-1 runs/pictures-seed-2 other-pictures
"""


@app.command(epilog=_EXAMPLES)
def compare(
    model_a: options.ModelA,
    model_b: options.ModelB,
    folder: options.Folder,
    *,
    as_json: options.Json = False,
    plain: options.Plain = False,
) -> None:
    """Compare two models on the same labelled pictures with a paired exact test."""
    from happysad.verbs.compare import compare as verb

    with shown(plain=plain, quiet=as_json) as progress:
        comparison = verb(model_a, model_b, folder, progress=progress)
    if as_json:
        write_json({**dataclasses.asdict(comparison), "sentence": comparison.sentence})
    else:
        console().print(cell(comparison.sentence))
