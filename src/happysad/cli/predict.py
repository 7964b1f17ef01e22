"""``happysad predict``: happy, sad or unsure, for pictures from anywhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from happysad.cli import options
from happysad.cli.output import hint, printable
from happysad.errors import UsageError

if TYPE_CHECKING:
    from happysad.records import Prediction
    from happysad.verbs.predict import Tally

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Examples[/]

happysad predict party.jpg

happysad predict holiday --recursive --jsonl > answers.jsonl

happysad predict https://example.org/face.png --model runs/first

cat party.jpg | happysad predict -

happysad predict inbox --move-to sorted

happysad predict holiday --explain reasons
"""
_FORMS = "Form of the answers (lines for people, unless one is given)"
_SORTING = "Sorting files into folders named after the answers"


@app.command(epilog=_EXAMPLES)
def predict(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Files, folders, patterns, URLs, or - for a picture or a list on standard input.",
            show_default=False,
        ),
    ],
    *,
    model: options.ModelOption = None,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Also go into folders of folders.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="First check the model's golden answers.")
    ] = False,
    allow_private: Annotated[
        bool,
        typer.Option("--allow-private", help="Fetch from one's own network and machine too."),
    ] = False,
    workers: options.Workers = 0,
    jsonl: Annotated[
        bool,
        typer.Option("--jsonl", help="One JSON object a picture.", rich_help_panel=_FORMS),
    ] = False,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A CSV file.", rich_help_panel=_FORMS),
    ] = None,
    parquet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A Parquet file (extra 'parquet').", rich_help_panel=_FORMS
        ),
    ] = None,
    explain: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Also draw the reasons for each answer into DIR: faces and heat map.",
            rich_help_panel=_FORMS,
        ),
    ] = None,
    move_to: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Copy each file to DIR/its answer.", rich_help_panel=_SORTING
        ),
    ] = None,
    move: Annotated[
        bool, typer.Option("--move", help="Move instead of copying.", rich_help_panel=_SORTING)
    ] = False,
) -> None:
    """Answer happy, sad or unsure for pictures from anywhere.

    A picture that fails never stops the others.
    Exit code 3: some pictures could not be answered, the others were.
    """
    if sum(map(bool, (jsonl, csv, parquet))) > 1:
        msg = "Only one of --jsonl, --csv and --parquet can be given."
        raise UsageError(msg)
    if move and move_to is None:
        msg = "--move needs --move-to DIR, the folder to move the files into."
        raise UsageError(msg)
    from happysad.config import FetchOptions
    from happysad.predictor import load

    predictions = _verb(explain)(
        sources,
        model=load(model, verify=verify),
        recursive=recursive,
        stdin=sys.stdin.buffer,
        fetch_options=FetchOptions(allow_private=allow_private),
        workers=workers,
    )
    if move_to:
        from happysad.verbs import predict as verb

        predictions = verb.sort_into(move_to, predictions, move=move)
    tally = _written(predictions, jsonl=jsonl, csv=csv, parquet=parquet)
    if explain:
        hint(f"The reasons: {explain / 'index.html'}")
    if tally.refused and not allow_private:
        hint("Addresses of your own machine and network are fetched with --allow-private.")
    if tally.failed:
        raise typer.Exit(3)


def _verb(explain: Path | None) -> Callable[..., Iterator[Prediction]]:
    """Return the verb that answers: with its reasons drawn, where they are asked for."""
    if explain:
        from happysad.verbs.explain import explain as verb

        return partial(verb, out=explain)
    from happysad.verbs.predict import predict as plain

    return plain


def _written(
    predictions: Iterable[Prediction], *, jsonl: bool, csv: Path | None, parquet: Path | None
) -> Tally:
    from happysad.verbs import predict as verb

    if jsonl:
        return verb.write_jsonl(predictions, sys.stdout)
    if csv:
        tally = verb.write_csv(predictions, csv)
    elif parquet:
        tally = verb.write_parquet(predictions, parquet)
    else:
        tally = _print_lines(predictions)
    if tally.answered + tally.failed != 1:
        hint(f"{tally.answered} answered, {tally.failed} failed.")
    return tally


def _print_lines(predictions: Iterable[Prediction]) -> Tally:
    """Print a line as soon as its answer is known; no rich, which would cost a third of a start."""
    from happysad.verbs.predict import Tally

    tally = Tally()
    sentence = ""
    for prediction in predictions:
        tally.count(prediction)
        sys.stdout.write(line_of(prediction) + "\n")
        sys.stdout.flush()
        sentence = prediction.views.sentence if prediction.views else ""
    if sentence and tally.answered + tally.failed == 1:
        sys.stdout.write(f"         because: {printable(sentence)}\n")
    return tally


def line_of(prediction: Prediction) -> str:
    """Return the line of one answer: verdict, probability, source and what to know of it."""
    source = printable(prediction.source)
    if prediction.error is not None:
        return f"error          {source}: {printable(prediction.error['message'])}"
    probability = prediction.probabilities[prediction.label or ""]
    line = f"{prediction.verdict:8} {probability:.2f}  {source}"
    if prediction.verdict != prediction.label:
        from happysad.reports.wording import or_neither

        line += f"  (perhaps {printable(prediction.label or '')}{or_neither(prediction)})"
    if prediction.seen_in_training:
        line += f"  (copy of training picture {printable(prediction.seen_in_training)})"
    return line
