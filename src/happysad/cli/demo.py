"""``happysad demo``: the whole job on drawn pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from happysad.cli import options
from happysad.cli.output import cell, console
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

    Needs the extra 'train', no network, and about a minute. Drawn pictures
    prove that the machinery works, not how accurate it is on yours.
    """
    from happysad.verbs.demo import demo as verb

    with shown(plain=plain) as progress:
        done = verb(out, seed=seed, progress=progress)
    _print(done)


def _print(done: Demo) -> None:
    from happysad.cli.check import print_collection
    from happysad.cli.evaluate import print_report
    from happysad.cli.predict import line_of

    out = console()
    print_collection(done.collection)
    print_report(done.report, unseen=True)
    for prediction in done.predictions:
        out.print(cell(line_of(prediction)), soft_wrap=True)
    out.print(f"{sum(done.seconds.values()):.0f} seconds. The pictures were drawn by this program:")
    out.print("that proves the machinery, not the accuracy on yours.")
    out.print(f"model  {cell(done.run.bundle)}", soft_wrap=True)
    out.print(f"page   {cell(done.page)}", soft_wrap=True)
