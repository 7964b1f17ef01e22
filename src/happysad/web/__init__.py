"""Pages over HTTP, on this machine or, with a token, for others.

``server`` listens, ``guard`` lets in who may come in and says what a browser may do, ``problems``
turns errors into documents, ``site`` is what all pages share. Then one file of routes a page, its
HTML in ``templates``, and in ``static`` one folder a page for its style and modules, beside
``shared`` for what several pages load.
"""

from __future__ import annotations

from importlib.util import find_spec

from happysad.errors import MissingExtraError


def require_web() -> None:
    """Refuse to go on without the libraries of the extra ``web``.

    Raises:
        MissingExtraError: one is not installed.
    """
    for library in ("fastapi", "uvicorn"):
        if find_spec(library) is None:
            raise MissingExtraError(library, "web")
