"""A name, a line and a count for every request.

A line holds the route and never the address as it came: file names, URLs and words that somebody
typed stay out of it. The name goes back in ``X-Request-ID``, and stands in every problem.
"""

from __future__ import annotations

import json
import re
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from happysad.web.metrics import Metrics

Form = Literal["json", "plain", "off"]

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Name of the request that is being answered."""

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NOBODY_WAITED: Final = 499  # as others log a caller who left before there was an answer
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLog:
    """ASGI middleware around everything else.

    Args:
        app: what answers.
        form: of the lines on standard error.
        metrics: where requests are counted.
    """

    def __init__(self, app: ASGIApp, *, form: Form = "off", metrics: Metrics | None = None) -> None:
        self._app = app
        self._form = form
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        asked = Headers(scope=scope).get("x-request-id", "")
        name = asked if _NAME.fullmatch(asked) else uuid4().hex
        request_id.set(name)
        scope.setdefault("state", {})
        status = _NOBODY_WAITED

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = name
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        finally:
            self._note(scope, status, time.perf_counter() - started, name)

    def _note(self, scope: Scope, status: int, seconds: float, name: str) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = route_of(scope)
        if self._metrics is not None:
            self._metrics.count_request(method, route, status, seconds)
        if self._form == "off":
            return
        line: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request_id": name,
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        if "pictures" in scope["state"]:
            line["pictures"] = scope["state"]["pictures"]
        write(line, self._form)


def write(line: dict[str, Any], form: Form) -> None:
    """Write one line on standard error."""
    if form == "json":
        text = json.dumps(line)
    else:
        text = " ".join(f"{key}={value}" for key, value in line.items())
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def route_of(scope: Scope) -> str:
    """Return the pattern that a request's path matched; ``other`` where there is none."""
    route = scope.get("route")
    if route is not None:
        return str(route.path)
    return str(scope.get("root_path") or "other")  # where something is mounted
