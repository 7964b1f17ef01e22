"""``happysad label``: a page on which people say what pictures show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from happysad.cli import options
from happysad.cli.output import cell, console, hint
from happysad.cli.progress import shown

if TYPE_CHECKING:
    from happysad.config import CheckOptions
    from happysad.labels.session import Session

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Examples[/]

happysad label pool

happysad label pool --classes calm,angry --double 0.1

happysad label pool --ask badge --balanced

happysad label pool --export pictures   (then: happysad train pictures)

happysad label pictures --review

happysad label pictures --review --export decisions.csv
"""


@app.command(epilog=_EXAMPLES)
def label(
    pool: Annotated[
        Path, typer.Argument(metavar="POOL", help="Folder of pictures.", show_default=False)
    ],
    *,
    classes: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="The two classes: keys ← and →. (default: happy,sad)"),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="MODEL",
            help="Model of two views that learns along. (default: the one that ships)",
        ),
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Go through the doubtful labels of a labelled folder.")
    ] = False,
    ask: Annotated[
        str,
        typer.Option(
            metavar="STRATEGY",
            help="How the model chooses: margin, badge, typiclust, … (default: its own way)",
        ),
    ] = "",
    balanced: Annotated[
        bool, typer.Option("--balanced", help="Let the model ask more about the rarer class.")
    ] = False,
    double: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of pictures that two people are asked.")
    ] = 0.0,
    every: Annotated[
        int, typer.Option(metavar="K", help="Labels after which the model learns again.")
    ] = 10,
    export: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write the labels to a new folder or a .csv, and end."),
    ] = None,
    link: Annotated[
        bool, typer.Option("--link", help="With --export: hard links instead of copies.")
    ] = False,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep labels here. (default: POOL/.happysad)"),
    ] = None,
    host: options.OpenHost = "127.0.0.1",
    port: options.Port = 0,
    no_browser: options.NoBrowser = False,
    seed: Annotated[int, typer.Option(help="Of the order before a model has a say.")] = 1,
    workers: options.Workers = 0,
    plain: options.Plain = False,
) -> None:
    """Open a page on which people say what pictures show: ← one class, → the other.

    Near duplicates are asked about once. Each answer is on the disk before it
    counts. Needs the extra 'web', --ask and --balanced also 'active'; --export neither.
    """
    from happysad.config import CheckOptions, LabelOptions

    check = CheckOptions(workers=workers)
    if export is not None:
        _export(pool, export, review, labels=labels, link=link, check=check, plain=plain)
        return

    from happysad.bundle import shelf
    from happysad.progress import silent
    from happysad.verbs.label import label as verb
    from happysad.web import require_web

    require_web()
    base = model or ("default" if shelf.shipped() else None)
    if base is None:
        hint("No model came with this happysad: pictures come in random order. See --with.")
    settings = LabelOptions(
        classes=options.names_in(classes),
        review=review,
        every=every,
        double=double,
        ask=ask,
        balanced=balanced,
        seed=seed,
        check=check,
    )
    with shown(plain=plain) as progress:
        # Without a review the page shows how far the reading is, which goes on behind it.
        told = progress if review else silent
        session = verb(pool, options=settings, store=labels, model=base, progress=told)
    with session:
        _serve(session, host, port, browse=not no_browser)


def _serve(session: Session, host: str, port: int, *, browse: bool) -> None:
    from happysad.web.labelling import labelling
    from happysad.web.server import listen, serve
    from happysad.web.site import site

    listener, door = listen(host, port)
    app = site(door, labelling(lambda: session), page="label.html")
    out = console()
    out.print(f"{session.reading.total} files. Labels: {cell(session.store.path)}")
    out.print(f"Open {door.link}", soft_wrap=True)
    out.print("Stop with Ctrl-C; every answer is kept.")
    serve(app, listener, browse=door.link if browse else None)


def _export(
    pool: Path,
    to: Path,
    review: bool,
    *,
    labels: Path | None,
    link: bool,
    check: CheckOptions,
    plain: bool,
) -> None:
    from happysad.verbs.label import export_labels

    how: Literal["copy", "link"] = "link" if link else "copy"
    with shown(plain=plain) as progress:
        done = export_labels(
            pool, to, store=labels, review=review, how=how, options=check, progress=progress
        )
    out = console()
    for name, count in done.counts.items():
        out.print(f"  {cell(name)}: {count} pictures")
    out.print(cell(done.path), soft_wrap=True)
    if done.left_out:
        hint(f"{done.left_out} pictures were left out: in dispute, skipped or unsure.")
