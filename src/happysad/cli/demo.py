"""``happysad demo``: the whole job on drawn pictures."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from happysad.cli import options
from happysad.cli.output import cell, console, hint
from happysad.cli.progress import shown

if TYPE_CHECKING:
    from happysad.verbs.demo import Demo

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Example[/]

happysad demo --out demo
"""


@app.command(epilog=_EXAMPLES)
def demo(
    *,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="New folder for it all. (default: happysad-demo)"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the drawing and the training.")] = 1,
    plain: options.Plain = False,
) -> None:
    """Do the whole job on pictures that happysad draws itself: check, train, judge, predict.

    Needs no network, and about a minute. Drawn pictures prove that the
    machinery works, not how accurate it is on yours.
    """
    from happysad.verbs.demo import demo as verb

    with shown(plain=plain) as progress:
        done = verb(out, seed=seed, progress=progress)
    _print(done)


def _print(done: Demo) -> None:
    from happysad.cli.check import print_collection
    from happysad.cli.evaluate import print_report
    from happysad.cli.predict import line_of
    from happysad.reports.demo import in_words

    out = console()
    print_collection(done.collection)
    print_report(done.report, unseen=True)
    out.print(f"! {cell(in_words(done.report, done.before))}")
    out.print("! A program drew the pictures, and drawn faces are easy: all this proves the")
    out.print("machinery, not the accuracy on photographs.")
    for prediction in done.predictions:
        out.print(cell(line_of(prediction)), soft_wrap=True)
    out.print(f"time   {sum(done.seconds.values()):.0f} s")
    out.print(f"model  {cell(done.run.bundle)}", soft_wrap=True)
    out.print(f"page   {cell(done.page)}", soft_wrap=True)
    hint(_next(done))


def _next(done: Demo) -> str:
    """Say what to try next, in commands that work as they stand."""
    picture, folder = quote(done.predictions[0].source), quote(str(done.planted.folder))
    return (
        "\nNext, with these or with pictures of your own:\n"
        f"  happysad predict {picture}\n"
        f"  happysad check {folder} --report check.html\n"
        "  happysad app smiles"
    )
