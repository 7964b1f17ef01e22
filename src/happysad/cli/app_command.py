"""``happysad app``: a page on which people teach a model of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

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
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets the network in, with the link.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes 8765 or the next that is free.")] = 0,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[:PORT]",
            help="Also answer to this name, as a proxy in front sends it.",
            show_default=False,
        ),
    ] = None,
    allow_private: Annotated[
        bool,
        typer.Option("--allow-private", help="Fetch URLs from one's own network and machine too."),
    ] = False,
    log: Annotated[
        Literal["json", "plain", "off"], typer.Option(help="Lines about requests, on stderr.")
    ] = "off",
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the link, open nothing.")
    ] = False,
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

    names = tuple(name.strip() for name in classes.split(",")) if classes else ()
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
        serve(site.app, listener, browse=browse, wind_down=site.engine.wind_down)
