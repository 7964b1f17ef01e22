"""``happysad predict``: happy, sad or unsure, for pictures from anywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from happysad.cli.output import cell, complain, console
from happysad.errors import UsageError

if TYPE_CHECKING:
    from happysad.records import Prediction

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Examples[/]

happysad predict party.jpg

happysad predict holiday/ --recursive --jsonl > answers.jsonl

happysad predict https://example.org/face.png

cat party.jpg | happysad predict -

happysad predict inbox/ --move-to sorted
"""
_FORMS = "Form of the answers (a table, unless one is given)"
_SORT = "Sorting files by answer"


@app.command(epilog=_EXAMPLES)
def predict() -> None:
    """Answer."""
