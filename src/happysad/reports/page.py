"""The one way from values to a self-contained HTML page.

A page needs no network and runs no script. Its content security policy says so: nothing is
loaded, pictures come as ``data:`` addresses, and the only style that applies is the page's own
``<style>`` element, named by its hash. A ``style="…"`` attribute therefore does nothing; a
template that needs more CSS adds it in ``{% block style %}``.

Every value is text: markup in a file's name is shown, never obeyed.
"""

from __future__ import annotations

import base64
import hashlib
import math
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from happysad.durable import replacing
from happysad.errors import UsageError

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"

# Control, format (bidirectional overrides among them), surrogate and line-separating characters
# can make a name look like another one; a reader must see that they are there.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def render(template: str, **values: object) -> str:
    """Return a template of ``reports/templates`` filled with values, as one HTML page.

    Args:
        template: file name, e.g. ``evaluation.html``; it extends ``base.html``.
        **values: what the template names; a name it uses and does not get is a defect and
            raises ``jinja2.UndefinedError``.
    """
    return _environment().get_template(template).render(**values)


def data_uri(data: bytes, *, kind: str = "image/png") -> str:
    """Return bytes as a ``data:`` address that an ``<img>`` can show without a request."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def visible(name: object) -> str:
    r"""Return a name with its hidden characters written out, e.g. a newline as ``\n``.

    File names may hold anything but ``/`` and NUL: line breaks, right-to-left overrides, bytes
    that are no text (lone surrogates here). Letters of every script stay as they are.
    """
    return "".join(map(_visible_character, str(name)))


def write_text(path: Path, text: str) -> None:
    r"""Write UTF-8 text so that the file is old or new and never half of either.

    Lone surrogates, which UTF-8 cannot hold, are written out as ``\udc80`` and so on.

    Args:
        path: the file; missing parent folders are made.
        text: its new content.

    Raises:
        UsageError: the file cannot be written there; an old one is intact.
    """
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file like ``write_text``.

    Raises:
        UsageError: the file cannot be written there; an old one is intact.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(data)
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"Cannot write {str(path)!r}: {reason}. Choose another place or free some space."
        raise UsageError(msg) from error


def templates(*folders: Path) -> Environment:
    """Return the templates that pages are made of; what they are given comes out as text.

    One that asks for what nobody gave fails.

    Args:
        folders: where they lie; the first that has one of a name is taken.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = templates(TEMPLATES)
    made.filters["visible"] = visible
    made.filters["number"] = _number
    made.filters["count"] = _count
    made.filters["style_hash"] = _style_hash
    return made


def _style_hash(style: str) -> str:
    digest = hashlib.sha256(str(style).encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _number(value: float, digits: int = 3) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _count(value: int) -> str:
    return f"{value:,}".replace(",", "\N{THIN SPACE}")


def _visible_character(character: str) -> str:
    hidden = unicodedata.category(character) in _HIDDEN_CATEGORIES
    return character.encode("unicode_escape").decode("ascii") if hidden else character
