"""The service as a whole: the page that answers, the pages to read beside it, the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.web.answering import PATH, answering
from happysad.web.pages import pages
from happysad.web.site import site

if TYPE_CHECKING:
    from fastapi import FastAPI

    from happysad.web.access_log import Form
    from happysad.web.engine import Engine
    from happysad.web.guard import Door


def service(engine: Engine, door: Door, *, log: Form = "off") -> FastAPI:
    """Return the application, to be served while the engine works.

    Args:
        engine: answers.
        door: address and token.
        log: form of the lines that are written for requests.
    """
    bounds = engine.options
    return site(
        door,
        answering(engine),
        pages(lambda: engine.served.predictor),
        page="answer.html",
        uploads={PATH: bounds.call_bytes},
        body_seconds=bounds.body_seconds,
        camera=True,
        log=log,
        metrics=engine.metrics,
    )
