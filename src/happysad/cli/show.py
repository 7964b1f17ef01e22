"""``happysad show``: a model's card in the terminal."""

from __future__ import annotations

import typer

from happysad.cli import options
from happysad.cli.output import console, printable

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Examples[/]

happysad show

happysad show runs/pictures-seed-1
"""


@app.command(epilog=_EXAMPLES)
def show(model: options.MaybeModel = None) -> None:
    """Show a model's card: classes, scores with intervals, what it was trained on, licence."""
    from rich.markdown import Markdown

    from happysad.verbs.show import show as verb

    console().print(Markdown(printable(verb(model).markdown, keep_lines=True)))
