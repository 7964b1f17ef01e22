"""The routes of the teaching page: pictures, decisions on them, trainings, and their results."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse

from happysad.config import Limits
from happysad.errors import ConflictError, PictureError
from happysad.pictures.decode import decode
from happysad.pictures.thumbnail import thumbnail
from happysad.reports.page import visible
from happysad.sources.read import read_file
from happysad.verbs.export import export
from happysad.web.labelling import labelling
from happysad.web.pages import READ
from happysad.web.site import rendered
from happysad.web.teaching_view import pictures_json, results_json, status_json
from happysad.workspace.place import Wish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from happysad.web.room import Room
    from happysad.workspace.place import Workspace
    from happysad.workspace.results import Result
    from happysad.workspace.trainings import Trainings
    from happysad.workspace.unlabelled import Unlabelled
    from happysad.workspace.watch import Watch

UPLOADS: Final = "/api/teach/pictures"
"""Where pictures come in: bodies may be as large as pictures."""

_SIDE: Final = 320
_KEPT_JPEGS: Final = 512
_MOST_WISHES: Final = 1000

Name = Annotated[str, Query(max_length=1024)]
Burst = Annotated[str, Query(max_length=64, pattern=r"^[0-9A-Za-z-]*$")]
Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


class Address(BaseModel):
    """A picture to be fetched."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=4096)
    label: str = Field(max_length=200)


class Names(BaseModel):
    """The two classes."""

    model_config = ConfigDict(extra="forbid")

    names: tuple[str, str]


class Decided(BaseModel):
    """What is to be done with one picture; see ``collection.decisions``."""

    model_config = ConfigDict(extra="forbid")

    picture: str = Field(pattern=r"^[0-9a-f]{32}$")
    choice: Literal["keep", "drop", "relabel"] | None
    suggested: str = Field("", max_length=200)


class Decisions(BaseModel):
    """What is to be done with some pictures."""

    model_config = ConfigDict(extra="forbid")

    decisions: list[Decided] = Field(max_length=_MOST_WISHES)


@dataclass(slots=True)
class Lessons:
    """What the page works on.

    Attributes:
        workspace: the files.
        watch: what is found in them.
        trainings: what is learned from them.
        unlabelled: what has no label yet.
        room: what pictures on their way in may hold, together with those to be answered.
        fetch: returns what lies at an address, see ``Engine.fetch``.
        limits: what a picture may cost.
    """

    workspace: Workspace
    watch: Watch
    trainings: Trainings
    unlabelled: Unlabelled
    room: Room
    fetch: Callable[[str], Awaitable[bytes]]
    limits: Limits = field(default_factory=Limits)


def teaching(lessons: Lessons) -> APIRouter:
    """Return the routes that work on a workspace."""
    router = APIRouter(prefix="/api/teach")
    _add_pictures(router, lessons)
    _add_trainings(router, lessons)
    _add_runs(router, lessons.trainings)
    _add_pool(router, lessons)
    return router


def _add_pictures(router: APIRouter, lessons: Lessons) -> None:
    workspace, watch, trainings = lessons.workspace, lessons.watch, lessons.trainings
    thumbnails = Thumbnails(lessons)

    @router.get("/workspace")
    def about() -> dict[str, Any]:
        return {
            "name": visible(workspace.name),
            "folder": visible(workspace.root),
            "classes": list(workspace.classes),
        }

    @router.get("/pictures")
    def pictures(known: int = -1, trained: int = -1) -> dict[str, Any]:
        """Return the pictures, unless the caller has seen them as they are."""
        view, results = watch.view, trainings.results
        if known == view.version and trained == len(results):
            return {"version": view.version, "same": True}
        told = pictures_json(view, results[-1] if results else None)
        return {**told, "trained": len(results)}

    @router.post("/pictures", status_code=201)
    async def add(
        request: Request, name: Name, label: Name = "", burst: Burst = ""
    ) -> dict[str, Any]:
        # What does not say its size may be as large as the guard lets it grow.
        size = int(request.headers.get("content-length", lessons.limits.max_bytes))
        with lessons.room.lease() as lease:
            lease.hold(pictures=1, size=size)
            data = await request.body()
            return await run_in_threadpool(_add, lessons, name, data, label, burst)

    @router.post("/addresses", status_code=201)
    async def fetch(sent: Address) -> dict[str, Any]:
        with lessons.room.lease() as lease:
            lease.hold(pictures=1, size=lessons.limits.max_bytes)
            data = await lessons.fetch(sent.url)
            name = sent.url.partition("?")[0]
            return await run_in_threadpool(_add, lessons, name, data, sent.label, "")

    @router.post("/classes")
    def rename(sent: Names) -> dict[str, Any]:
        workspace.rename_classes(sent.names)
        watch.renamed()
        return {"classes": list(workspace.classes)}

    @router.post("/decisions")
    def decide(sent: Decisions) -> dict[str, Any]:
        watch.decide(
            [Wish(watch.file(one.picture), one.choice, one.suggested) for one in sent.decisions]
        )
        return {"version": watch.view.version}

    @router.get("/thumbnails/{picture}")
    def small(picture: Id) -> Response:
        # The id stands for a file as it is now, so what it shows never changes.
        kept = {"Cache-Control": "private, max-age=86400, immutable"}
        return Response(thumbnails.jpeg(picture), media_type="image/jpeg", headers=kept)


def _add_trainings(router: APIRouter, lessons: Lessons) -> None:
    watch, trainings = lessons.watch, lessons.trainings

    @router.get("/training")
    def status() -> dict[str, Any]:
        return status_json(trainings.status)

    @router.post("/training", status_code=202)
    def start() -> dict[str, Any]:
        view = watch.view
        if view.collection is None or view.done < view.total:
            msg = (
                f"{view.done} of {view.total} files have been looked at so far. Train once all "
                "have been."
            )
            raise ConflictError(msg)
        trainings.start(view.collection)
        return status_json(trainings.status)

    @router.post("/training/cancel", status_code=202)
    def cancel() -> dict[str, Any]:
        trainings.cancel()
        return status_json(trainings.status)

    @router.get("/results")
    def results() -> dict[str, Any]:
        return results_json(trainings.results, watch.view)


def _add_runs(router: APIRouter, trainings: Trainings) -> None:
    def find(name: str) -> Result:
        for result in trainings.results:
            if result.name == name:
                return result
        raise HTTPException(404, "There is no such training.")

    @router.get("/runs/{name}/model.happysad")
    def bundle(name: str) -> Response:
        return FileResponse(
            find(name).bundle, media_type="application/octet-stream", filename=f"{name}.happysad"
        )

    @router.get("/runs/{name}/report")
    def report(name: str) -> Response:
        page = (find(name).folder / "report" / "index.html").read_bytes()
        return Response(page, media_type="text/html; charset=utf-8", headers=READ)

    @router.post("/runs/{name}/web")
    def export_page(name: str) -> dict[str, Any]:
        """Write the model as a page for any web server, beside the model."""
        result = find(name)
        place = result.bundle.with_name(f"{result.bundle.stem}-web")
        if not place.is_dir():
            export(result.bundle, to="web", out=place)
        return {"folder": visible(place)}

    @router.get("/runs/{name}/pictures.csv")
    def table(name: str) -> Response:
        path = find(name).folder / "report" / "pictures.csv"
        return FileResponse(path, media_type="text/csv; charset=utf-8", filename=f"{name}.csv")


def _add_pool(router: APIRouter, lessons: Lessons) -> None:
    watch, unlabelled = lessons.watch, lessons.unlabelled

    @router.get("/pool")
    def pool() -> dict[str, Any]:
        answered = unlabelled.answered(watch.digests)
        return {"pictures": len(unlabelled.files), "answered": answered}

    @router.post("/pool/take")
    def take() -> dict[str, Any]:
        taken = unlabelled.take(watch.digests)
        watch.nudge()
        return {"taken": taken}


def labelling_of(unlabelled: Unlabelled) -> APIRouter:
    """Return the labelling page over the pool, and its routes."""
    router = APIRouter()

    @router.get("/label")
    def page() -> Response:
        unlabelled.open()
        return HTMLResponse(rendered("label.html"))

    # The pool is opened when somebody wants to label, and anew when there are more pictures; the
    # routes have to be there from the beginning.
    router.include_router(labelling(lambda: unlabelled.session))
    return router


class Thumbnails:
    """Small pictures for the page, made anew from the pixels, without metadata.

    Args:
        lessons: whose pictures.
    """

    def __init__(self, lessons: Lessons) -> None:
        self._lessons = lessons
        self._jpegs: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def jpeg(self, number: str) -> bytes:
        """Return the small picture behind an id.

        Raises:
            PictureError: there is none, or it cannot be shown.
        """
        with self._lock:
            if number in self._jpegs:
                self._jpegs.move_to_end(number)
                return self._jpegs[number]
        made = self._made(self._lessons.watch.file(number))
        with self._lock:
            self._jpegs[number] = made
            while len(self._jpegs) > _KEPT_JPEGS:
                self._jpegs.popitem(last=False)
        return made

    def _made(self, file: str) -> bytes:
        lessons = self._lessons
        if file in lessons.watch.view.broken:  # a decoder that it broke before is not tried again
            raise PictureError("unreadable", "This file cannot be shown.", file)
        path = os.path.join(lessons.workspace.pictures, file)  # noqa: PTH118 - odd names
        data = read_file(path, limits=lessons.limits)
        picture = decode(data, source=file, limits=lessons.limits, at_least=(_SIDE, _SIDE))
        return thumbnail(picture, side=_SIDE)


def _add(lessons: Lessons, name: str, data: bytes, label: str, burst: str) -> dict[str, Any]:
    file = lessons.workspace.add(name, data, label=label or None, burst=burst)
    lessons.watch.nudge()
    return {"file": None if file is None else visible(file)}
