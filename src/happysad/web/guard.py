"""Who may come in, how much they may bring, and what their browser may do with the answer.

The order of the questions: is this the name of this server (a page elsewhere can make its own name
lead here), does a write come from a page of this server, does the caller know the token, is the
body small enough. A page and its scripts hold no secrets and are served to anybody who knows the
address; everything else needs the token.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders

from happysad.web.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer, errors included: nothing from elsewhere, no script but our own files."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Door:
    """The address of a server, and the word that opens it.

    Attributes:
        host: address or name that it was bound to.
        port: number.
        token: what a caller has to know; made anew for every server.
    """

    host: str
    port: int
    token: str = field(default_factory=lambda: token_urlsafe(24))

    @property
    def cookie(self) -> str:
        """Name of the cookie; browsers share cookies between the ports of a host."""
        return f"happysad-{self.port}"

    @property
    def link(self) -> str:
        """What a person opens; what stands after ``#`` is never sent and in no log."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port}/#{self.token}"

    def knows(self, word: str) -> bool:
        """Whether this is the token; takes equally long for every wrong one."""
        return hmac.compare_digest(word.encode("utf-8", "replace"), self.token.encode())

    def has_name(self, host: str) -> bool:
        """Whether a ``Host`` header names this server.

        One bound to loopback has loopback's names alone. One that is open to the network also has
        its addresses: what an attacker can let point here is a name, never a bare address.
        """
        name, _, port = host.rpartition(":")
        if not port.isdigit() or int(port) != self.port:
            return False
        name = name.removeprefix("[").removesuffix("]").lower()
        if name in _LOOPBACK or name == self.host.lower():
            return True
        return self.host not in _LOOPBACK and _is_address(name)


class Guard:
    """ASGI middleware that asks those questions.

    Args:
        app: what is guarded.
        door: address and token.
        public: paths, or starts of paths with ``/`` at their end, that need no token.
        max_bytes: size of a request's body.
    """

    def __init__(
        self, app: ASGIApp, *, door: Door, public: tuple[str, ...], max_bytes: int
    ) -> None:
        self._app = app
        self._door = door
        self._public = frozenset(path for path in public if path == "/" or path[-1] != "/")
        self._folders = tuple(path for path in public if path != "/" and path[-1] == "/")
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return  # there are no sockets to upgrade to, and no life cycle to wait for
        headers = Headers(scope=scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answer[name] = value
                answer.setdefault("Cache-Control", "no-store")
            await send(message)

        problem = self._refusal(scope, headers)
        if problem is not None:
            await problem(scope, receive, send_guarded)
            return
        body = _Body(receive, self._max_bytes)
        await self._app(scope, body.receive, send_guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> Problem | None:
        if not self._door.has_name(headers.get("host", "")):
            return Problem(400, "This server is not known by the name in the Host header.")
        bearer = headers.get("authorization", "").partition("Bearer ")[2]
        trusted = bool(bearer) and self._door.knows(bearer)
        if scope["method"] not in _SAFE and not trusted and not self._own_origin(headers):
            return Problem(403, "A change has to come from a page of this server.")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._max_bytes:
            return Problem(413, _too_large(self._max_bytes))
        path = scope["path"]
        if path in self._public or path.startswith(self._folders) or trusted:
            return None
        if not self._door.knows(_cookie(headers, self._door.cookie)):
            return Problem(401, "The token is missing or old. Open the link that was printed.")
        return None

    def _own_origin(self, headers: Headers) -> bool:
        """Whether the page that asks came from here; ``null`` and no origin at all did not."""
        return headers.get("origin", "") == f"http://{headers.get('host', '')}"


class _Body:
    """Counts what really comes; a length that was promised, or none, is not trusted."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._left = max_bytes

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413, _too_large(self._max_bytes))
        return message


def _too_large(limit: int) -> str:
    return f"The body is larger than the limit of {limit:,} bytes."


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
