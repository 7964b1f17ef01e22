"""Errors as documents that programs can read: RFC 9457, ``application/problem+json``."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from happysad.errors import BusyError, ConflictError, HappysadError, PictureError, UsageError
from happysad.reports.page import visible
from happysad.web.access_log import request_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Problem(JSONResponse):
    """One problem; it carries the name of the request, where it has one.

    Args:
        status: HTTP status code.
        detail: one or two sentences for people.
        headers: to send with it.
        **more: further members of the document.
    """

    media_type = "application/problem+json"

    def __init__(
        self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        title = HTTPStatus(status).phrase
        content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        if name := request_id.get():
            content["request_id"] = name
        super().__init__(content | more, status_code=status, headers=headers)


class Unfinished:
    """ASGI middleware that answers for calls which the server's end does not wait for.

    Args:
        app: what answers the others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on; answer with a problem where it is broken off before it is answered."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except asyncio.CancelledError:  # by the server alone, when it has no more time
            if not begun:
                msg = "The service ended before this was answered. Ask again."
                await Problem(503, msg, headers={"Retry-After": "1"})(scope, receive, send)


def add_problems(app: FastAPI) -> None:
    """Let an application answer every error with a problem document."""
    app.add_exception_handler(HappysadError, _from_happysad)
    app.add_exception_handler(RequestValidationError, _from_validation)
    app.add_exception_handler(HTTPException, _from_http)


def _from_happysad(_: Request, error: Exception) -> Problem:
    # File names may hold what JSON cannot: lone surrogates are written out.
    if isinstance(error, PictureError):
        status = 404 if error.code in {"missing", "vanished", "permission_denied"} else 422
        return Problem(status, visible(error.message), code=error.code)
    if isinstance(error, BusyError):
        return Problem(503, visible(error), headers={"Retry-After": str(error.retry_after)})
    for kind, status in ((ConflictError, 409), (UsageError, 422)):
        if isinstance(error, kind):
            return Problem(status, visible(error))
    return Problem(503, visible(error))


def _from_validation(_: Request, error: Exception) -> Problem:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    return Problem(422, told(found) or visible(str(error)))


def told(found: Any) -> str:
    """Return what a validation found, in one line: where, and what is wrong there."""
    return visible("; ".join(map(_told, found)))


def _told(one: Any) -> str:
    where = ".".join(map(str, one["loc"]))
    return f"{where}: {one['msg']}" if where else str(one["msg"])


def _from_http(_: Request, error: Exception) -> Problem:
    if not isinstance(error, HTTPException):
        return Problem(500, visible(str(error)))
    return Problem(error.status_code, visible(str(error.detail)), headers=error.headers)
