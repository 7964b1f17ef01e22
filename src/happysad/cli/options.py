"""Arguments and options that several commands share, so that they read the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
