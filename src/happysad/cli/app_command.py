"""``happysad app``: a page on which people teach a model of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from happysad.cli import options
from happysad.cli.output import cell, console

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Examples[/]

happysad app

happysad app smiles --classes calm,angry

happysad train smiles/pictures --decisions smiles/decisions.csv   (what the page does)
"""


@app.command("app", epilog=_EXAMPLES)
def teach(
    workspace: Annotated[
        Path, typer.Argument(metavar="WORKSPACE", help="Folder of the work; made where it is new.")
    ] = Path("workspace"),
    *,
    classes: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="The classes of a new workspace. (default: happy,sad)"),
    ] = None,
    base: Annotated[
        str,
        typer.Option(metavar="MODEL", help="Model of two views to build on: a bundle or a run."),
    ] = "default",
    host: options.OpenHost = "127.0.0.1",
    port: options.Port = 0,
    name: options.ServerNames = None,
    allow_private: options.AllowPrivate = False,
    log: options.RequestLog = "off",
    no_browser: options.NoBrowser = False,
    workers: options.Workers = 0,
) -> None:
    """Open a page to teach a model: collect pictures, train, try it.

    Everything lies in WORKSPACE as ordinary folders and files, for check, train
    and evaluate as well. Nobody else gets in without the link. Needs the extra
    'web'.
    """
    from happysad.web import require_web

    require_web()
    from happysad.config import CheckOptions, FetchOptions
    from happysad.web.server import listen, serve
    from happysad.web.teaching_site import teaching_site

    names = options.names_in(classes)
    listener, door = listen(host, port, names=tuple(name or ()))
    with teaching_site(
        workspace,
        door,
        classes=names,
        base=base,
        check=CheckOptions(workers=workers),
        fetch=FetchOptions(allow_private=allow_private),
        log=log,
    ) as site:
        out = console()
        out.print(f"Workspace {cell(workspace)}")
        out.print(f"Open {door.link}", soft_wrap=True)
        out.print("Stop with Ctrl-C; everything is kept.")
        browse = None if no_browser else door.link
        serve(site.app, listener, browse=browse, wind_down=site.wind_down)
