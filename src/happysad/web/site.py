"""What all pages share: the application, the way in, and the files that browsers load."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Response
from pydantic import BaseModel, Field
from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

from happysad import __version__
from happysad.reports.page import TEMPLATES
from happysad.web.guard import Door, Guard
from happysad.web.problems import Problem, add_problems

STATIC: Final = Path(__file__).parent / "static"
_JSON_BYTES: Final = 64 * 1024


class Token(BaseModel):
    """What a page sends to be let in."""

    token: str = Field(max_length=200)


def site(door: Door, *routers: APIRouter, page: str, max_bytes: int = _JSON_BYTES) -> FastAPI:
    """Return an application with one page at ``/`` and these routes.

    Args:
        door: its address and token.
        *routers: the routes; all need the token.
        page: file in ``static`` that ``/`` shows.
        max_bytes: size of a request's body.
    """
    guard = Middleware(
        Guard, door=door, public=("/", "/static/", "/session", "/healthz"), max_bytes=max_bytes
    )
    app = FastAPI(
        title="happysad",
        version=__version__,
        middleware=[guard],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    add_problems(app)

    @app.get("/")
    def show() -> Response:
        return FileResponse(STATIC / page, media_type="text/html; charset=utf-8")

    @app.get("/healthz")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/session", status_code=204)
    def enter(sent: Token) -> Response:
        if not door.knows(sent.token):
            return Problem(401, "The token is wrong or old. Open the link that was printed.")
        answer = Response(status_code=204)
        # Not "secure": the page is served without TLS. No script can read it, no other site sends
        # it along.
        answer.set_cookie(door.cookie, door.token, httponly=True, samesite="strict", path="/")
        return answer

    @app.get("/static/palette.css")
    def palette() -> Response:
        return FileResponse(TEMPLATES / "palette.css", media_type="text/css; charset=utf-8")

    app.mount("/static", StaticFiles(directory=STATIC))
    for router in routers:
        app.include_router(router)
    return app
