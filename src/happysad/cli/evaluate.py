"""``happysad evaluate``: how far to trust a model on labelled pictures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from happysad.cli import options
from happysad.cli.output import cell, console, hint, write_json
from happysad.cli.progress import shown

if TYPE_CHECKING:
    from rich.table import Table

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
    decisions: options.Decisions = None,
    as_json: options.Json = False,
    plain: options.Plain = False,
) -> None:
    """Judge a model on labelled pictures: every number with its n and its 95% interval.

    Says how many of the pictures are copies of training pictures.
    Exit code 3: some pictures could not be answered.
    """
    from happysad.predictor import load
    from happysad.verbs.evaluate import evaluate as verb

    predictor = load(model)
    with shown(plain=plain, quiet=as_json) as progress:
        report = verb(predictor, folder, out=out, part=part, decisions=decisions, progress=progress)
    if as_json:
        from happysad.reports.evaluation import as_dict

        write_json(as_dict(report))
    else:
        print_report(report, origin_known=bool(predictor.manifest.training))
        if out:
            hint(f"The page: {out / 'index.html'}")
    if report.unanswered:
        raise typer.Exit(3)


def print_report(report: Report, *, unseen: bool = False, origin_known: bool = True) -> None:
    """Print the result in words, the scores with their intervals, and what to mind.

    Args:
        report: to be printed.
        unseen: it is known that the model was trained on none of the pictures.
        origin_known: the model tells which pictures it was trained on.
    """
    from happysad.reports.wording import headline, remarks

    out = console()
    out.print(cell(headline(report, unseen=unseen)))
    out.print(_score_table(report))
    for remark in remarks(report, origin_known=origin_known):
        out.print(f"{'!' if remark.kind == 'warn' else '+'} {cell(remark.text)}")


def _score_table(report: Report) -> Table:
    from rich import box
    from rich.table import Table

    from happysad.reports.wording import TITLES

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("score")
    for title in ("value", "95% interval", "n"):
        table.add_column(title, justify="right")
    titled = {TITLES[name]: score for name, score in report.scores.items()}
    for title, score in (titled | {"always the majority": report.baseline}).items():
        interval = f"[{score.low:.3f}, {score.high:.3f}]"
        known = not math.isnan(score.value)
        table.add_row(
            title,
            f"{score.value:.3f}" if known else "undefined",
            cell(interval) if known else "",
            str(score.n),
        )
    return table
