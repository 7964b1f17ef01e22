"""Arguments and options that several commands share, so that they read the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER",
        help="Labelled folder: one sub-folder per class, e.g. happy/ and sad/.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Plain = Annotated[bool, typer.Option("--plain", help="Progress as plain lines, not a live bar.")]
Decisions = Annotated[
    Path | None,
    typer.Option(
        "--decisions",
        metavar="FILE",
        help="List of pictures to drop or relabel, as check --labels writes it.",
    ),
]
Workers = Annotated[
    int, typer.Option("--workers", metavar="N", help="Processes; 0 takes one per processor.")
]
_MODEL_HELP = "A .happysad file or a run folder."
Model = Annotated[Path, typer.Argument(metavar="MODEL", help=_MODEL_HELP, show_default=False)]
ModelA = Annotated[Path, typer.Argument(metavar="MODEL_A", help=_MODEL_HELP, show_default=False)]
ModelB = Annotated[Path, typer.Argument(metavar="MODEL_B", help=_MODEL_HELP, show_default=False)]
MaybeModel = Annotated[
    Path | None,
    typer.Argument(
        metavar="[MODEL]",
        help=f"{_MODEL_HELP} By default the last one trained, else the one that ships.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help=f"{_MODEL_HELP} By default the last one trained, else the one that ships.",
    ),
]

OpenHost = Annotated[
    str, typer.Option(help="Address to listen on; 0.0.0.0 lets the network in, with the link.")
]
Port = Annotated[int, typer.Option(help="0 takes 8765 or the next that is free.")]
ServerNames = Annotated[
    list[str] | None,
    typer.Option(
        "--name",
        metavar="NAME[:PORT]",
        help="Also answer to this name, as a proxy in front sends it.",
        show_default=False,
    ),
]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Fetch URLs from one's own network and machine too.")
]
RequestLog = Annotated[
    Literal["json", "plain", "off"], typer.Option(help="Lines about requests, on stderr.")
]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Only print the link, open nothing.")]


def names_in(text: str | None) -> tuple[str, ...]:
    """Return the names of a list with commas; none of no list."""
    return tuple(name.strip() for name in text.split(",")) if text else ()
