"""Errors as documents that programs can read: RFC 9457, ``application/problem+json``."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from happysad.errors import ConflictError, HappysadError, PictureError, UsageError
from happysad.reports.page import visible

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request


class Problem(JSONResponse):
    """One problem.

    Args:
        status: HTTP status code.
        detail: one or two sentences for people.
        **more: further members of the document.
    """

    media_type = "application/problem+json"

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        title = HTTPStatus(status).phrase
        content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        super().__init__(content | more, status_code=status)


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
    for kind, status in ((ConflictError, 409), (UsageError, 422)):
        if isinstance(error, kind):
            return Problem(status, visible(error))
    return Problem(503, visible(error))


def _from_validation(_: Request, error: Exception) -> Problem:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found]
    return Problem(422, visible("; ".join(told) or str(error)))


def _from_http(_: Request, error: Exception) -> Problem:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return Problem(status, str(getattr(error, "detail", error)))
