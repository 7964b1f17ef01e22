"""Which web addresses may be fetched: the words of a URL, and the numbers behind its host.

Somebody else's URL must not make this machine talk to its own network. Both halves are needed: a
harmless name may stand for a private address, and a private address can be spelled in many ways.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from happysad.errors import SourceError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_URL: Final = 8192
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
# What browsers take for a number, decimal, octal or hexadecimal (WHATWG URL, "ends in a number").
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
# Everything that is not unicast to a host of the public net, or that wraps an IPv4 address.
# IANA special-purpose registries, RFC 6890 and its updates.
_SPECIAL_IPV6: Final = tuple(
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3ffe::/16", "3fff::/20")
)
_PUBLIC_IPV6: Final = ipaddress.IPv6Network("2000::/3")
_SPECIAL_IPV4: Final = tuple(
    ipaddress.IPv4Network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4", "224.0.0.0/4")
)
_SHARED_IPV4: Final = ipaddress.IPv4Network("100.64.0.0/10")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL whose words have been checked; the numbers behind ``host`` have not.

    Attributes:
        scheme: ``http`` or ``https``.
        host: ASCII name, or address without brackets.
        port: of the server.
        path: path and query, percent-encoded, beginning with ``/``.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The URL that is asked for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def parse(url: str, *, any_port: bool = False) -> Target:
    """Check the words of a URL.

    Args:
        url: as somebody wrote it, or as a redirect says.
        any_port: also ports other than 80 and 443.

    Raises:
        SourceError: ``url_refused``: scheme, port, user info, a character or the spelling of the
            host is not allowed.
    """
    if len(url) > _MAX_URL:
        raise refused(f"it is longer than {_MAX_URL} characters", url)
    if _FORBIDDEN.search(url):
        raise refused("it has a space, a control character or a backslash", url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise refused(f"it is malformed ({error})", url) from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise refused("only http and https are fetched", url)
    if "@" in parts.netloc:
        raise refused("it carries a user name or password", url)
    port = _DEFAULT_PORTS[scheme] if port is None else port
    if port not in _DEFAULT_PORTS.values() and not any_port:
        raise refused(f"port {port} is neither 80 nor 443", url)
    # Percent signs stay: what is encoded already is not encoded again.
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]")
    path = f"{path}?{query}" if query else path
    return Target(scheme, _host(parts.hostname or "", url), port, path)


def check(address: Address, url: str, *, allow_private: bool = False) -> None:
    """Refuse an address that a host name stands for, unless it is one of the public net.

    Args:
        address: one of those that the name was resolved to.
        url: for the error.
        allow_private: also this machine and one's own network.

    Raises:
        SourceError: ``url_refused``.
    """
    if is_public(address) or (allow_private and _is_own(address)):
        return
    raise refused("its address is not one of the public internet", url)


def is_public(address: Address) -> bool:
    """Tell whether an address is unicast to a host of the public net, and no wrapped IPv4 one."""
    if isinstance(address, ipaddress.IPv4Address):
        special = any(address in network for network in (*_SPECIAL_IPV4, _SHARED_IPV4))
        return address.is_global and not special
    if address not in _PUBLIC_IPV6 or address.scope_id:
        return False
    return not any(address in network for network in _SPECIAL_IPV6)


def refused(reason: str, url: str) -> SourceError:
    """Return the error for a URL that may not be fetched."""
    return SourceError("url_refused", f"The address may not be fetched: {reason}.", url)


def _is_own(address: Address) -> bool:
    if address.is_unspecified or address.is_multicast:
        return False
    return address.is_private or address.is_link_local or address in _SHARED_IPV4


def _host(host: str, url: str) -> str:
    """Return a host in ASCII; refuse numbers in any spelling but the plain one."""
    if ":" in host:
        return _ipv6(host, url)
    try:
        # Maps full-width digits and dots to plain ones, so that they are judged as such.
        plain = host.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise refused("its host is not a valid name", url) from error
    labels = plain.removesuffix(".").split(".")
    if len(plain) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise refused("its host is not a valid name", url)
    if _NUMBER.fullmatch(labels[-1]) and not _is_plain_ipv4(host):
        raise refused("its host is a number in an unusual spelling", url)
    return plain


def _ipv6(host: str, url: str) -> str:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError as error:
        raise refused("its host is not a valid address", url) from error
    if address.scope_id is not None:
        raise refused("its host names a network interface", url)
    return str(address)


def _is_plain_ipv4(host: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False
