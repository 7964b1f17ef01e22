"""The routes of pages to read: the model's card, and the reports of runs."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, HTTPException, Response
from starlette.responses import FileResponse

from happysad.bundle import shelf
from happysad.reports.page import render
from happysad.reports.prose import prose
from happysad.verbs.runs import PastRun, past_runs
from happysad.verbs.show import show

if TYPE_CHECKING:
    from collections.abc import Callable

    from happysad.predictor import Predictor

READ: Final = {
    "Content-Security-Policy": (
        "sandbox allow-same-origin; default-src 'none'; img-src 'self' data:; "
        "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}
"""For pages that are one file with their style inside; no script runs in them, whatever they are.

``sandbox`` keeps a page in a run's folder, which anybody may have written, from more than being
read; ``allow-same-origin`` alone lets a link on it bring the cookie of this server.
"""

_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".png": "image/png",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
}
"""What is served of a run's folder."""


def pages(
    predictor: Callable[[], Predictor], runs: Callable[[], list[PastRun]] = past_runs
) -> APIRouter:
    """Return the routes.

    Args:
        predictor: gives the model that answers now.
        runs: gives the runs to show; unless told, those that were trained on this machine.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/card")
    def card() -> Response:
        return _page("card.html", cards=_cards(predictor()))

    @router.get("/runs")
    def listing() -> Response:
        return _page("runs.html", runs=[_Row.of(run) for run in runs()])

    @router.get("/runs/{run}/{path:path}")
    def file(run: str, path: str) -> Response:
        folder = next((one.folder for one in runs() if _id(one.folder) == run), None)
        found = None if folder is None else inside(folder, path)
        if found is None:
            raise HTTPException(404)
        return FileResponse(found, media_type=_KINDS[found.suffix], headers=READ)

    return router


def inside(folder: Path, path: str) -> Path | None:
    """Return a file of a folder; None where there is none to serve.

    Args:
        folder: what may be served.
        path: as it was asked for: nothing hidden, no way up, no link that leads out.
    """
    parts = path.split("/")
    if any(part in {"", "."} or part.startswith(".") or set(part) & set("\\:\0") for part in parts):
        return None
    target = folder.joinpath(*parts)
    try:
        good = target.resolve().is_relative_to(folder.resolve()) and target.is_file()
    except (OSError, RuntimeError):  # a name that is too long, a loop of links
        return None
    return target if good and target.suffix in _KINDS else None


@dataclass(frozen=True, slots=True)
class _Row:
    """A run as the page shows it; its id is opaque, so that addresses tell no folder."""

    id: str
    name: str
    parent: str
    manifest: Any
    pages: dict[str, str]

    @classmethod
    def of(cls, run: PastRun) -> _Row:
        name, parent = run.folder.name, run.folder.parent.name
        return cls(_id(run.folder), name, parent, run.manifest, run.pages)


def _id(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]


def _cards(predictor: Predictor) -> list[str]:
    if predictor.path is None:
        raise HTTPException(404)
    facts = predictor.path.stat()
    return list(_texts(predictor.path, facts.st_mtime_ns, facts.st_size))


@lru_cache(maxsize=8)
def _texts(path: Path, _changed: int, _size: int) -> tuple[str, ...]:
    """Return what there is to read of a model, as HTML: its figures, and the card beside it."""
    card = show(path)
    # Whoever may ask for answers need not know where things lie on this machine.
    texts = [prose(replace(card, path=Path(path.name)).markdown)]
    beside = path.with_name("MODEL_CARD.md")
    if path == shelf.shipped() and beside.is_file():
        texts.append(prose(beside.read_text(encoding="utf-8"), below=1))
    return tuple(texts)


def _page(template: str, **values: object) -> Response:
    html = render(template, **values)
    return Response(html, media_type="text/html; charset=utf-8", headers=READ)
