"""``happysad check``: find and explain what is wrong with a folder of pictures."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from happysad.cli import options
from happysad.cli.output import cell, console, hint, write_json
from happysad.cli.progress import shown
from happysad.errors import UsageError

if TYPE_CHECKING:
    from happysad.records import Collection

app = typer.Typer(add_completion=False)

_SHIPPED = "default"

_EXAMPLES = """
[bold]Examples[/]

happysad check pictures

happysad check pictures --report check.html

happysad check pictures --labels --report check.html

happysad check pictures --quarantine   (and back: happysad undo pictures)
"""


@app.command(epilog=_EXAMPLES)
def check(
    folder: options.Folder,
    *,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with thumbnails here.")
    ] = None,
    as_json: options.Json = False,
    quarantine: Annotated[
        bool, typer.Option("--quarantine", help="Move the bad files aside; `undo` puts them back.")
    ] = False,
    labels: Annotated[
        bool,
        typer.Option("--labels", help="Also look for labels that are likely wrong (two classes)."),
    ] = False,
    base: Annotated[
        str,
        typer.Option(metavar="MODEL", help="With --labels: the model whose views are used."),
    ] = _SHIPPED,
    decisions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="With --labels: write the pictures in doubt here, for `train --decisions`. "
            "(default: labels.csv beside the page)",
        ),
    ] = None,
    workers: options.Workers = 0,
    plain: options.Plain = False,
) -> None:
    """Find and explain what is wrong with a folder of pictures.

    Finds damaged and misnamed files, duplicates, the same picture in both
    classes, and pictures that are too small, dark, bright, blurred or empty.
    With --labels, models that have not seen a picture also say whether its
    label is right. Reads only, unless --quarantine is given.
    """
    if base != _SHIPPED and not labels:
        msg = "--base needs --labels: nothing else asks a model."
        raise UsageError(msg)
    from happysad.config import CheckOptions
    from happysad.verbs import check as verb

    with shown(plain=plain, quiet=as_json) as progress:
        collection = verb.check(
            folder,
            options=CheckOptions(workers=workers),
            report=report,
            quarantine=quarantine,
            labels=base if labels else None,
            decisions=decisions,
            progress=progress,
        )
    if as_json:
        write_json(verb.as_json(collection))
        return
    print_collection(collection)
    named = quote(str(folder))
    if quarantine and collection.set_aside:
        hint(f"{len(collection.set_aside)} files moved aside. Back: happysad undo {named}")
    if report:
        hint(f"The page: {report}")
    elif collection.findings:
        also = " --labels" if labels else ""
        hint(f"To see them: happysad check {named}{also} --report check.html")
    listed = decisions or (report.with_name(verb.DECISIONS) if report and labels else None)
    if listed:
        hint(
            f"The pictures in doubt: {listed}. Write relabel or drop where you agree, then: "
            f"happysad train {named} --decisions {quote(str(listed))}"
        )


def print_collection(collection: Collection) -> None:
    """Print classes, findings by code and the sum of files."""
    from happysad.records import classes_of

    out = console()
    for name, count in classes_of(collection).items():
        out.print(f"  {cell(name)}: {count} pictures")
    if collection.findings:
        out.print(_findings_table(collection))
    if collection.wrong_labels is not None:
        out.print(
            f"labels: about {collection.wrong_labels:.0f} of {len(collection.entries)} are wrong, "
            "as far as models can tell that did not see the picture"
        )
    if collection.seen_by_base:
        out.print(
            f"! {collection.seen_by_base} of the pictures are copies of what the base of these "
            "models was trained on: it may have learned what is wrong with their labels, too"
        )
    counts = collection.counts
    out.print(
        f"seen {counts['seen']} = used {counts['used']} + set aside {counts['set_aside']}"
        f" + ignored {counts['ignored']}"
    )


def _findings_table(collection: Collection) -> object:
    from rich import box
    from rich.table import Table

    from happysad.records import CODES

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("finding", no_wrap=True)
    table.add_column("files", justify="right")
    table.add_column("")
    table.add_column("meaning")
    for code, meaning in CODES.items():
        found = [finding for finding in collection.findings if finding.code == code]
        if found:
            fate = "set aside" if found[0].severity == "fault" else "used"
            table.add_row(code, str(len({one.file for one in found})), fate, meaning)
    return table
