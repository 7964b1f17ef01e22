"""``happysad active``: would asking well have saved labels?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from happysad.cli import options as shared
from happysad.cli.output import cell, console, hint, write_json
from happysad.cli.progress import shown

if TYPE_CHECKING:
    from happysad.judge.learning_report import LearningReport

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Examples[/]

happysad active pictures --budget 200 --out active

happysad active web --test web/manifest.csv --where fold=0

happysad active pictures --preset seed --strategies margin,typiclust --rounds 4 --seeds 3
"""

_ASK = "Asking"
_LEARN = "Learning"
_JUDGE = "Judging"


@app.command(epilog=_EXAMPLES)
def active(
    folder: shared.Folder,
    *,
    budget: Annotated[
        int, typer.Option(help="Labels asked for in all.", rich_help_panel=_ASK)
    ] = 400,
    rounds: Annotated[
        int, typer.Option(help="Models learned on the way there.", rich_help_panel=_ASK)
    ] = 20,
    strategies: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,…",
            help="Compared with random; by default all that differ for two classes.",
            rich_help_panel=_ASK,
        ),
    ] = None,
    balanced: Annotated[
        bool,
        typer.Option("--balanced", help="Ask more about the rarer class.", rich_help_panel=_ASK),
    ] = False,
    preset: Annotated[
        str,
        typer.Option(
            help="What learns: two-view, or a network trained anew each round.",
            rich_help_panel=_LEARN,
        ),
    ] = "two-view",
    base: Annotated[
        str,
        typer.Option(
            metavar="MODEL", help="Whose views two-view builds on.", rich_help_panel=_LEARN
        ),
    ] = "default",
    epochs: Annotated[
        int, typer.Option(help="Of a network, each round.", rich_help_panel=_LEARN)
    ] = 20,
    seeds: Annotated[
        int,
        typer.Option(help="Repeats, each judged on another fifth.", rich_help_panel=_JUDGE),
    ] = 5,
    seed: Annotated[int, typer.Option(help="Of the first repeat.", rich_help_panel=_JUDGE)] = 1,
    test: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE",
            help="CSV with a column 'file': judge on these pictures instead.",
            rich_help_panel=_JUDGE,
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN=VALUE", help="Only these rows of --test.", rich_help_panel=_JUDGE
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the page here; goes on from there, too."),
    ] = None,
    as_json: shared.Json = False,
    plain: shared.Plain = False,
) -> None:
    """Replay a labelled folder: would asking for the right labels have needed fewer of them?

    Hides the labels and asks for them again, by each strategy and at random, with equal budgets.
    """
    from happysad.training.replay.options import ActiveOptions
    from happysad.verbs.active import active as verb

    options = ActiveOptions(
        budget=budget,
        rounds=rounds,
        seeds=seeds,
        strategies=shared.names_in(strategies),
        balanced=balanced,
        preset=preset,
        base=base,
        epochs=epochs,
        seed=seed,
    )
    with shown(plain=plain, quiet=as_json) as progress:
        replay = verb(folder, options=options, test=test, where=where, out=out, progress=progress)
    if as_json:
        from happysad.reports.active import as_dict

        write_json(as_dict(replay.report))
        return
    _print(replay.report)
    if replay.page is not None:
        hint(f"The page: {replay.page}")


def _print(report: LearningReport) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("strategy")
    for title in ("accuracy at the end", "95% interval", "gain along the curve", "interval"):
        table.add_column(title, justify="right")
    for name, score in report.final.items():
        gain = report.gains.get(name)
        told = ("", "") if gain is None else (f"{gain.value:+.3f}", _signed(gain.low, gain.high))
        table.add_row(
            cell(name),
            f"{score.value:.3f}",
            cell(f"[{score.low:.3f}, {score.high:.3f}]"),
            told[0],
            cell(told[1]),
        )
    out = console()
    out.print(table)
    if report.all_labels is not None:
        out.print(f"With all {report.pool} labels of the pool: {cell(report.all_labels)}")
    out.print(cell(report.conclusion))


def _signed(low: float, high: float) -> str:
    return f"[{low:+.3f}, {high:+.3f}]"
