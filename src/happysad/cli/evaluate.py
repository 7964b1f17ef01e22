"""``happysad evaluate``: how far to trust a model on labelled pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from happysad.cli import options
from happysad.cli.output import cell, console, hint, write_json
from happysad.cli.progress import shown

if TYPE_CHECKING:
    from happysad.records import Report

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Examples[/]

happysad evaluate model.happysad other-pictures

happysad evaluate runs/pictures-seed-1 pictures --part test --out report
"""


@app.command(epilog=_EXAMPLES)
def evaluate(
    model: options.Model,
    folder: options.Folder,
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write HTML, JSON, Markdown and CSV here.")
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(help="Only this part of the run's split: train, validation or test."),
    ] = None,
    as_json: options.Json = False,
    plain: options.Plain = False,
) -> None:
    """Judge a model on labelled pictures: every number with its n and its 95% interval.

    Says how many of the pictures are copies of training pictures.
    Exit code 3: some pictures could not be answered.
    """
    from happysad.verbs.evaluate import evaluate as verb

    with shown(plain=plain, quiet=as_json) as progress:
        report = verb(model, folder, out=out, part=part, progress=progress)
    if as_json:
        from happysad.reports.evaluation import as_dict

        write_json(as_dict(report))
    else:
        print_report(report)
        if out:
            hint(f"The page: {out / 'index.html'}")
    if report.unanswered:
        raise typer.Exit(3)


def print_report(report: Report) -> None:
    """Print the scores with their intervals, the baseline and what to mind."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for title, side in (
        ("", "left"),
        ("value", "right"),
        ("95% interval", "right"),
        ("n", "right"),
    ):
        table.add_column(title, justify=side)  # type: ignore[arg-type]
    for score in (*report.scores.values(), report.baseline):
        interval = f"[{score.low:.3f}, {score.high:.3f}]"
        table.add_row(cell(score.name), f"{score.value:.3f}", cell(interval), str(score.n))
    out = console()
    out.print(f"{cell(report.model)} on {cell(report.data)}", table)
    if report.seen_in_training:
        out.print(f"{report.seen_in_training} of the pictures copy a training picture.")
    if report.unanswered:
        out.print(f"{len(report.unanswered)} pictures could not be answered.")
