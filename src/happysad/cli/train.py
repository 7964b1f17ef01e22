"""``happysad train``: from a labelled folder to a judged, saved model."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from happysad.cli import options as shared
from happysad.cli.output import cell, console, hint
from happysad.cli.progress import shown

if TYPE_CHECKING:
    from happysad.verbs.train import Run

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Examples[/]

happysad train pictures

happysad train pictures --decisions decisions.csv --set split.folds=5

happysad train pictures --fine-tune --epochs 8

happysad train pictures --preset seed --epochs 40 --patience 5 --augment strong --out runs/long

happysad train pictures --options train.toml --set augment.rotation=10   (--set wins)

happysad train pictures --out runs/long --resume
"""

_FIT = "Fitting"
_EPOCHS = "Fitting in epochs (--preset seed, --fine-tune)"
_DEAL = "Dealing the pictures"


@app.command(epilog=_EXAMPLES)
def train(
    folder: shared.Folder,
    *,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Run folder; by default a new one below runs/."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the interrupted run in --out.")
    ] = False,
    options: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file with any of the options.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any option by its name in the TOML file, e.g. augment.rotation=10; repeatable.",
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="two-view: scene and faces, learned in seconds; seed: the write-up's network. "
            "(default: two-view)",
            rich_help_panel=_FIT,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Model whose views two-view builds on. (default: the one shipped)",
            rich_help_panel=_FIT,
        ),
    ] = None,
    fine_tune: Annotated[
        bool,
        typer.Option(
            "--fine-tune",
            help="Also train the scene's network on, in epochs; kept if it helps.",
            rich_help_panel=_FIT,
        ),
    ] = False,
    epochs: Annotated[
        int | None,
        typer.Option(help="Passes over the data. (default: 20)", rich_help_panel=_EPOCHS),
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL",
            help="Random changes: none, write-up or strong; seed only. (default: write-up)",
            rich_help_panel=_EPOCHS,
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(help="Stop after so many epochs without a gain.", rich_help_panel=_EPOCHS),
    ] = None,
    class_weights: Annotated[
        bool, typer.Option("--class-weights", help="Weigh rare classes more.", rich_help_panel=_FIT)
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(help="Of split, weights, order and changes.", rich_help_panel=_FIT),
    ] = None,
    tensorboard: Annotated[
        bool,
        typer.Option(
            "--tensorboard",
            help="Also write TensorBoard events; seed only.",
            rich_help_panel=_EPOCHS,
        ),
    ] = False,
    split: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Re-use this split.json.", rich_help_panel=_DEAL),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K", help="Also K-fold, with the spread; for small sets.", rich_help_panel=_DEAL
        ),
    ] = None,
    decisions: shared.Decisions = None,
    plain: shared.Plain = False,
) -> None:
    """Check, split without leaks, train, judge on unseen pictures, and save the model once.

    The run folder holds the model, the split, the history with curves, and a
    report that says how far to trust it. Networks that are trained in epochs
    need the extra 'train'.
    """
    from happysad.cli.settings import train_options
    from happysad.verbs.train import train as verb

    chosen = train_options(
        options,
        settings or [],
        flags={
            "preset": preset,
            "base": base,
            "fine_tune": fine_tune or None,
            "epochs": epochs,
            "augment": augment,
            "patience": patience,
            "class_weights": class_weights or None,
            "seed": seed,
            "tensorboard": tensorboard or None,
            "split": {"seed": seed, "folds": folds},
        },
    )
    with shown(plain=plain) as progress:
        run = verb(
            folder,
            options=chosen,
            out=out,
            resume=resume,
            split=split,
            decisions=decisions,
            progress=progress,
        )
    _print_run(run)


def _print_run(run: Run) -> None:
    from happysad.cli.evaluate import print_report

    print_report(run.report, unseen=True)
    out = console()
    if run.folds:
        values = [report.scores["accuracy"].value for report in run.folds]
        mean = sum(values) / len(values)
        out.print(
            f"{len(values)} folds: accuracy {mean:.3f} in the mean, "
            f"from {min(values):.3f} to {max(values):.3f}"
        )
    if run.note:
        out.print(cell(run.note), soft_wrap=True)
    out.print(f"model   {cell(run.bundle)}", soft_wrap=True)
    out.print(f"report  {cell(run.report_page)}", soft_wrap=True)
    hint(f"Ask it: happysad predict PICTURE --model {quote(str(run.bundle))}")
