"""The teaching page as a whole: what has to be started before it, and stopped after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from happysad.config import CheckOptions, FetchOptions
from happysad.errors import BundleError
from happysad.predictor import Predictor, load
from happysad.verbs.train_two_view import load_base
from happysad.web.answering import PATH, answering
from happysad.web.engine import Engine
from happysad.web.options import ServeOptions
from happysad.web.site import site
from happysad.web.teaching import UPLOADS, Lessons, labelling_of, teaching
from happysad.workspace.place import Workspace
from happysad.workspace.trainings import Trainings
from happysad.workspace.unlabelled import Unlabelled
from happysad.workspace.watch import Watch

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

    from happysad.web.access_log import Form
    from happysad.web.guard import Door


@dataclass(frozen=True, slots=True)
class TeachingSite:
    """A teaching page at work.

    Attributes:
        app: to be served.
        engine: answers with the newest model.
        lessons: the workspace, and what works in it.
    """

    app: FastAPI
    engine: Engine
    lessons: Lessons

    def wind_down(self) -> None:
        """Say that the end is near: what would take long begins no more, or ends."""
        self.engine.wind_down()
        self.lessons.trainings.cancel()


@contextmanager
def teaching_site(
    folder: Path,
    door: Door,
    *,
    classes: tuple[str, ...] = (),
    base: str = "default",
    check: CheckOptions | None = None,
    fetch: FetchOptions | None = None,
    log: Form = "off",
) -> Iterator[TeachingSite]:
    """Open a workspace and all that its page needs; closed at the end of the block.

    Args:
        folder: the workspace.
        door: address and token of the server.
        classes: the two names for a new workspace.
        base: the model to build on, which answers until there is another.
        check: what a picture may cost, and what to look for.
        fetch: how pictures behind addresses are fetched.
        log: form of the lines that are written for requests.

    Raises:
        UsageError: it is a folder of something else, has other classes, or there is no model.
        ConflictError: another page is at work in it.
        CollectionError: it cannot be made.
        BundleError: the model cannot be loaded.
    """
    check, fetch = check or CheckOptions(), fetch or FetchOptions()
    bounds = ServeOptions(workers=check.workers, limits=check.limits, fetch=fetch)
    bundle = load_base(base)  # a wrong name is told before any folder is made
    workspace = Workspace(folder, classes)
    with ExitStack() as stack:
        stack.enter_context(workspace.alone())
        engine = stack.enter_context(Engine(options=bounds))
        watch = Watch(workspace, options=check)
        trainings = Trainings(
            workspace,
            base=base,
            check=check,
            trained=lambda result: engine.use(load(result.bundle)),
        )
        stack.callback(watch.stop)
        stack.callback(trainings.stop)
        watch.start()
        _use_newest(engine, trainings, Predictor(bundle))
        unlabelled = Unlabelled(
            workspace,
            model=lambda: str(trainings.results[-1].bundle) if trainings.results else base,
            check=check,
        )
        stack.callback(unlabelled.close)
        lessons = Lessons(
            workspace,
            watch,
            trainings,
            unlabelled,
            engine.room,
            engine.fetch,
            limits=check.limits,
        )
        app = site(
            door,
            answering(engine),
            teaching(lessons),
            labelling_of(unlabelled),
            page="teach.html",
            uploads={PATH: bounds.call_bytes, UPLOADS: check.limits.max_bytes},
            body_seconds=bounds.body_seconds,
            camera=True,
            log=log,
            metrics=engine.metrics,
        )
        yield TeachingSite(app, engine, lessons)


def _use_newest(engine: Engine, trainings: Trainings, otherwise: Predictor) -> None:
    """Let the newest model answer that works; a damaged one must not keep the page from opening."""
    for result in reversed(trainings.results):
        try:
            engine.use(load(result.bundle))
        except BundleError:
            trainings.pass_over(result)
        else:
            return
    engine.use(otherwise)
