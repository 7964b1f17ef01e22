"""``happysad serve``: a page and an HTTP interface that answer for pictures."""

from __future__ import annotations

from typing import Annotated

import typer

from happysad.cli import options
from happysad.cli.output import cell, console

app = typer.Typer(add_completion=False)

_EXAMPLES = """
[bold]Examples[/]

happysad serve

happysad serve --model runs/first --port 9000 --log json

HAPPYSAD_TOKEN=… happysad serve --host 0.0.0.0 --name faces.example.org

curl --data-binary @party.jpg -H 'Content-Type: image/jpeg' localhost:8765/v1/predict
"""
_BOUNDS = "How much is taken on"
_MIB = 1024 * 1024


@app.command(epilog=_EXAMPLES)
def serve(
    *,
    model: options.ModelOption = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; one that others reach needs a token.")
    ] = "127.0.0.1",
    port: options.Port = 0,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="HAPPYSAD_TOKEN",
            show_envvar=False,
            help="What callers have to know; better given as HAPPYSAD_TOKEN.",
            show_default=False,
        ),
    ] = None,
    name: options.ServerNames = None,
    allow_private: options.AllowPrivate = False,
    log: options.RequestLog = "plain",
    browse: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    workers: options.Workers = 0,
    max_pictures: Annotated[
        int, typer.Option(metavar="N", help="Pictures of one call.", rich_help_panel=_BOUNDS)
    ] = 64,
    max_mib: Annotated[
        int, typer.Option(metavar="N", help="Size of one call.", rich_help_panel=_BOUNDS)
    ] = 64,
    max_queue: Annotated[
        int,
        typer.Option(metavar="N", help="Pictures of all calls under way.", rich_help_panel=_BOUNDS),
    ] = 128,
    max_queue_mib: Annotated[
        int,
        typer.Option(metavar="N", help="Size of all calls under way.", rich_help_panel=_BOUNDS),
    ] = 256,
) -> None:
    """Answer for pictures on a page and to programs, over HTTP.

    On this machine alone, unless --host says otherwise. /v1/docs describes the
    interface. Needs the extra 'web'.
    """
    from happysad.web import require_web

    require_web()
    from happysad.config import FetchOptions
    from happysad.predictor import load
    from happysad.web.engine import Engine
    from happysad.web.options import ServeOptions
    from happysad.web.server import listen
    from happysad.web.server import serve as run
    from happysad.web.service import service

    bounds = ServeOptions(
        workers=workers,
        call_pictures=min(max_pictures, max_queue),
        call_bytes=min(max_mib, max_queue_mib) * _MIB,
        queue_pictures=max_queue,
        queue_bytes=max_queue_mib * _MIB,
        fetch=FetchOptions(allow_private=allow_private),
    )
    names = tuple(name or ())
    listener, door = listen(host, port, token=token or "", is_open=not token, names=names)
    with Engine(load(model), options=bounds) as engine:
        out = console()
        out.print(cell(repr(engine.served.predictor)[1:-1]))
        out.print(f"Open {door.link}", soft_wrap=True)
        app = service(engine, door, log=log)
        run(app, listener, browse=door.link if browse else None, wind_down=engine.wind_down)
