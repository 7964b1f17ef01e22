"""The routes of the labelling page: which picture next, what was said, how far it is."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from happysad.labels.export import CSV_COLUMNS, rows
from happysad.labels.ledger import Label
from happysad.reports.page import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from happysad.labels.session import Session
    from happysad.records import Entry

_WHOLE: Final = 1280
_SMALL: Final = 320
_SEVERAL: Final = 48
_RECENT: Final = 100
# A browser that asks while nothing is read yet is answered after so long at the latest.
_PATIENCE: Final = 2.0

Person = Annotated[str, Query(min_length=1, max_length=80, pattern=r"\S")]
Picture = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class Sent(BaseModel):
    """A label as the page sends it; see ``labels.ledger.Label``."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=8, max_length=64)
    kind: Literal["answer", "settle", "undo"]
    picture: str = Field(pattern=r"^[0-9a-f]{64}$")
    person: str = Field(min_length=1, max_length=80)
    answer: str = Field(max_length=200)
    expects: int = Field(ge=0)
    guess_shown: bool = False


def labelling(current: Callable[[], Session]) -> APIRouter:
    """Return the routes that work on a session.

    Args:
        current: returns it; there may be another one later.
    """
    router = APIRouter()

    @router.get("/api/pool")
    def pool() -> dict[str, Any]:
        session = current()
        with session.store.reading() as ledger:
            people = ledger.people()
        # What the browser keeps answers under that are not saved yet: the same after a restart.
        place = os.fsencode(session.store.path.resolve())
        return {
            "id": hashlib.sha256(place).hexdigest()[:16],
            "name": visible(session.pool.root.rpartition("/")[2]),
            "classes": session.store.classes,
            "review": session.review,
            "people": people,
        }

    @router.get("/api/next")
    def following(
        person: Person,
        count: Annotated[int, Query(ge=1, le=_SEVERAL)] = 1,
        held: Annotated[str, Query(max_length=65 * _SEVERAL, pattern=r"^[0-9a-f,]*$")] = "",
    ) -> dict[str, Any]:
        session = current()
        mine = [*filter(None, held.split(","))]
        over = session.reading.complete
        entries = session.next(person, count=count, held=mine, seconds=_PATIENCE)
        return {"cards": [_card(session, entry) for entry in entries], "complete": over}

    @router.get("/api/recent")
    def recent(person: Person) -> dict[str, Any]:
        """What this person can still take back, so that undo outlives a reload."""
        session = current()
        return {
            "labels": [
                {"card": _card(session, entry), "answer": label.answer, "number": label.number}
                for entry, label in session.recent(person, count=_RECENT)
            ]
        }

    @router.post("/api/labels")
    def accept(sent: Sent) -> dict[str, Any]:
        accepted = current().accept(Label(**sent.model_dump()))
        return {"number": accepted.number, "at": accepted.at}

    @router.get("/api/status")
    def status(person: Person) -> dict[str, Any]:
        found = current().status(person)
        return {
            "answered": found.answered,
            "groups": found.groups,
            "reading": {
                "done": found.reading.done,
                "total": found.reading.total,
                "complete": found.reading.complete,
                "trouble": visible(found.reading.trouble),
                "left_out": found.left_out,
            },
            "counts": found.counts,
            "mine": found.mine,
            "agreement": {"same": found.agreement.same, "seen": found.agreement.seen},
            "disagreements": found.disagreements,
            "learner": {
                "state": found.learner,
                "prepared": round(found.prepared, 2),
                "trouble": visible(found.trouble),
                "every": found.every,
            },
            "curve": [
                {
                    "labels": point.labels,
                    "accuracy": point.accuracy,
                    "low": point.low,
                    "high": point.high,
                    "n": point.n,
                }
                for point in found.curve
            ],
        }

    @router.get("/api/disagreements")
    def disagreements() -> dict[str, Any]:
        session = current()
        return {
            "disagreements": [
                {
                    "card": _card(session, entry),
                    "said": [{"person": one.person, "answer": one.answer} for one in labels],
                    "expects": number,
                }
                for entry, labels, number in session.disagreements()
            ]
        }

    @router.get("/labels.csv")
    def table() -> Response:
        session = current()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([CSV_COLUMNS, *rows(session.pool, session.store)])
        # A name that is no UTF-8 keeps its bytes, as in every file that happysad writes.
        data = text.getvalue().encode("utf-8", "surrogateescape")
        named = {"Content-Disposition": 'attachment; filename="labels.csv"'}
        return Response(data, media_type="text/csv; charset=utf-8", headers=named)

    @router.get("/pictures/{picture}")
    def whole(picture: Picture) -> Response:
        return _jpeg(current().jpeg(picture, side=_WHOLE))

    @router.get("/thumbnails/{picture}")
    def small(picture: Picture) -> Response:
        return _jpeg(current().jpeg(picture, side=_SMALL))

    return router


def _card(session: Session, entry: Entry) -> dict[str, Any]:
    guess = session.guess(entry.sha256)
    return {
        "picture": entry.sha256,
        "file": visible(entry.file),
        "width": entry.width,
        "height": entry.height,
        "guess": None if guess is None else round(guess, 4),
    }


def _jpeg(data: bytes) -> Response:
    # The address is the content's digest, so what it shows never changes.
    kept = {"Cache-Control": "private, max-age=86400, immutable"}
    return Response(data, media_type="image/jpeg", headers=kept)
