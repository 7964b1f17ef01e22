"""Who may come in, how much they may bring, and what their browser may do with the answer.

The order of the questions: is this the name of this server (a page elsewhere can make its own name
lead here), does the request come from a page of this server or from no page at all, is the body
small enough, does the caller know the token. A page and its scripts hold no secrets and are served
to anybody who knows the address; everything else needs the token, except where the door stands
open to the programs of this machine.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import re
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, cookie_parser

from happysad.errors import UsageError
from happysad.web.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

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
"""On every answer, errors included: nothing from elsewhere, no script but our own files.

A route that needs another policy sends its own header of the name.
"""

WITH_CAMERA: Final = {"Permissions-Policy": "camera=(self), geolocation=(), microphone=()"}
"""For a page that looks through the webcam."""

_LOG: Final = logging.getLogger("happysad.web")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~-]{16,200}")
_SAFE: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Door:
    """The address of a server, and the word that opens it.

    Attributes:
        host: address or name that it was bound to.
        port: number.
        token: what a caller has to know; made anew for every server unless it is given.
        is_open: the programs of this machine need no token, and neither do the server's own
            pages; those of other sites stay out. For loopback alone.
        names: further names of the server, as they stand in a ``Host`` header: those by which a
            proxy in front of it is called, which may speak HTTPS to the world.
    """

    host: str
    port: int
    token: str = field(default_factory=lambda: token_urlsafe(24))
    is_open: bool = False
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.is_open and self.host not in _LOOPBACK:
            msg = (
                f"Others can reach the address {self.host}, so callers need a token. Set one, for "
                "example: HAPPYSAD_TOKEN=$(openssl rand -hex 16)"
            )
            raise UsageError(msg)
        if not _TOKEN.fullmatch(self.token):
            msg = (
                "A token has 16 to 200 letters, digits or signs of -._~ so that nobody guesses it "
                f"and a cookie can hold it. Got one of {len(self.token)} characters."
            )
            raise UsageError(msg)

    @property
    def cookie(self) -> str:
        """Name of the cookie; browsers share cookies between the ports of a host."""
        return f"happysad-{self.port}"

    @property
    def link(self) -> str:
        """What a person opens; what stands after ``#`` is never sent and in no log."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port}/" + ("" if self.is_open else f"#{self.token}")

    def knows(self, word: str) -> bool:
        """Whether this is the token; takes equally long for every wrong one."""
        return hmac.compare_digest(word.encode("utf-8", "replace"), self.token.encode())

    def has_name(self, host: str) -> bool:
        """Whether a ``Host`` header names this server.

        One bound to loopback has loopback's names alone. One that is open to the network also has
        its addresses: what an attacker can let point here is a name, never a bare address.
        """
        if host.lower() in self.names:
            return True
        name, colon, port = host.rpartition(":")
        if not colon or host.endswith("]"):
            name, port = host, "80"  # callers leave out the port that http has anyway
        if port != str(self.port):
            return False
        name = name.removeprefix("[").removesuffix("]").lower()
        if name in _LOOPBACK or name == self.host.lower():
            return True
        return self.host not in _LOOPBACK and _is_address(name)

    def is_own(self, origin: str, host: str) -> bool:
        """Whether an ``Origin`` is a page of this server, which was asked as ``host``.

        The page of another site has another one; ``null`` is nobody's.
        """
        if origin == f"https://{host}":
            return host.lower() in self.names
        return origin == f"http://{host}"


class Guard:
    """ASGI middleware that asks those questions.

    Args:
        app: what is guarded.
        door: address and token.
        public: paths, or starts of paths with ``/`` at their end, that need no token.
        max_bytes: size of a request's body.
        uploads: path → size of a body there, where it may be larger.
        body_seconds: time for a body to come in.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        door: Door,
        public: tuple[str, ...],
        max_bytes: int,
        uploads: Mapping[str, int],
        body_seconds: float,
    ) -> None:
        self._app = app
        self._door = door
        self._public = frozenset(path for path in public if path == "/" or path[-1] != "/")
        self._folders = tuple(path for path in public if path != "/" and path[-1] == "/")
        self._max_bytes = max_bytes
        self._uploads = dict(uploads)
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return  # there are no sockets to upgrade to, and no life cycle to wait for
        headers = Headers(scope=scope)
        begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                answer = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answer.setdefault(name, value)
                answer.setdefault("Cache-Control", "no-store")
            await send(message)

        problem = self._refusal(scope, headers)
        if problem is None:
            body = _Body(receive, self._limit(scope), self._body_seconds)
            try:
                await self._app(scope, body.receive, send_guarded)
            except ClientDisconnect:
                return  # nobody is there to be answered
            # A defect of ours: the caller gets the same headers and the same kind of document as
            # always, and the log the traceback.
            except Exception:
                _LOG.exception("a request could not be answered")
                if begun:
                    raise
                problem = Problem(500, "The server made a mistake; its log says more.")
            else:
                return
        await problem(scope, receive, send_guarded)

    def _limit(self, scope: Scope) -> int:
        return self._uploads.get(scope["path"], self._max_bytes)

    def _refusal(self, scope: Scope, headers: Headers) -> Problem | None:
        door = self._door
        host = headers.get("host", "")
        if not door.has_name(host):
            return Problem(400, "This server is not known by the name in the Host header.")
        trusted = door.knows(_bearer(headers))
        has_cookie = door.knows(cookie_parser(headers.get("cookie", "")).get(door.cookie, ""))
        if not trusted and not self._is_own_caller(scope, headers):
            if "origin" in headers or has_cookie:
                return Problem(403, "A change has to come from a page of this server.")
            return _stranger()  # a program
        limit = self._limit(scope)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            return Problem(413, _too_large(limit))
        path = scope["path"]
        if path in self._public or path.startswith(self._folders) or trusted or door.is_open:
            return None
        return None if has_cookie else _stranger()

    def _is_own_caller(self, scope: Scope, headers: Headers) -> bool:
        """Whether no page of another site has a hand in this.

        Browsers add ``Origin`` to every write. A write without one comes from a program, which
        needs the token, unless the door is open.
        """
        origin = headers.get("origin")
        if self._door.is_open:
            return origin is None or self._door.is_own(origin, headers["host"])
        return scope["method"] in _SAFE or self._door.is_own(origin or "", headers["host"])


class _Body:
    """Counts what really comes and in what time; a length that was promised is not trusted."""

    def __init__(self, receive: Receive, max_bytes: int, seconds: float) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._left = max_bytes
        self._seconds = seconds
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._complete = False

    async def receive(self) -> Message:
        try:
            # Once all is there, what is waited for is the caller's leaving, which may take long.
            async with asyncio.timeout_at(None if self._complete else self._deadline):
                message = await self._receive()
        except TimeoutError:
            told = f"The body did not come in within {self._seconds:g} s."
            raise HTTPException(408, told, headers={"Connection": "close"}) from None
        self._complete = not message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413, _too_large(self._max_bytes))
        return message


def _stranger() -> Problem:
    told = "The token is missing or wrong. Open the link that was printed, or send it as Bearer."
    return Problem(401, told, headers={"WWW-Authenticate": "Bearer"})


def _too_large(limit: int) -> str:
    return f"The body is larger than the limit of {limit:,} bytes."


def _bearer(headers: Headers) -> str:
    scheme, _, word = headers.get("authorization", "").partition(" ")
    return word.strip() if scheme.lower() == "bearer" else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
