"""What all pages share: the application, the way in, and the files that browsers load."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, FastAPI, Response
from pydantic import BaseModel, Field
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from happysad import __version__
from happysad.reports.page import TEMPLATES, templates
from happysad.web.access_log import AccessLog, Form
from happysad.web.guard import WITH_CAMERA, Door, Guard
from happysad.web.problems import Problem, Unfinished, add_problems

if TYPE_CHECKING:
    from happysad.web.metrics import Metrics

_STATIC: Final = Path(__file__).parent / "static"
_PAGES: Final = Path(__file__).parent / "templates"
NOTHING: Final[Mapping[str, int]] = MappingProxyType({})

_FILES: Final = "/static"
_JSON_BYTES: Final = 64 * 1024
_BODY_SECONDS: Final = 60.0


class Token(BaseModel):
    """What a page sends to be let in."""

    token: str = Field(max_length=200)


def site(
    door: Door,
    *routers: APIRouter,
    page: str,
    max_bytes: int = _JSON_BYTES,
    uploads: Mapping[str, int] = NOTHING,
    body_seconds: float = _BODY_SECONDS,
    camera: bool = False,
    log: Form = "off",
    metrics: Metrics | None = None,
) -> FastAPI:
    """Return an application with one page at ``/`` and these routes.

    Args:
        door: its address and token.
        *routers: the routes; all need the token, unless the door is open.
        page: file in ``templates`` that ``/`` shows.
        max_bytes: size of a request's body.
        uploads: path → size of a body there, where it may be larger.
        body_seconds: time for a body to come in.
        camera: whether the page may ask for the webcam.
        log: form of the lines that are written for requests.
        metrics: where requests are counted.
    """
    named = Middleware(AccessLog, form=log, metrics=metrics)
    guard = Middleware(
        Guard,
        door=door,
        public=("/", f"{_FILES}/", "/session", "/healthz", "/readyz"),
        max_bytes=max_bytes,
        uploads=uploads,
        body_seconds=body_seconds,
    )
    app = FastAPI(
        title="happysad",
        version=__version__,
        middleware=[named, Middleware(Unfinished), guard],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    add_problems(app)
    html = rendered(page)

    @app.get("/")
    def show() -> Response:
        headers = WITH_CAMERA if camera else None
        return HTMLResponse(html, headers=headers)

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        """Say that the server is alive, also where every thread is busy."""
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

    @app.get(f"{_FILES}/shared/palette.css")
    def palette() -> Response:
        return FileResponse(TEMPLATES / "palette.css", media_type="text/css; charset=utf-8")

    app.mount(_FILES, StaticFiles(directory=_STATIC))
    for router in routers:
        app.include_router(router)
    return app


@cache
def rendered(page: str) -> str:
    """Return a page as browsers get it.

    Args:
        page: file in ``templates``.
    """
    return templates(_PAGES).get_template(page).render(files=_FILES)
