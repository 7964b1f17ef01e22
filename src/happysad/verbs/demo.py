"""``demo``: the whole job on drawn pictures, with a page of every step.

draw → check → look → train → evaluate → predict, each the same verb that works on real pictures.
"""

from __future__ import annotations

import html
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from happysad.bundle import shelf
from happysad.config import AugmentOptions, SplitOptions, TrainOptions
from happysad.drawn import Planted, draw_collection
from happysad.errors import MissingExtraError
from happysad.pictures.workers import available_processors
from happysad.progress import Progress, silent
from happysad.reports.demo import Story, write_demo_page
from happysad.verbs.check import check
from happysad.verbs.evaluate import evaluate
from happysad.verbs.look import look
from happysad.verbs.predict import predict
from happysad.verbs.train import Run, train

if TYPE_CHECKING:
    from collections.abc import Iterator

    from happysad.records import Collection, Prediction, Report

_ANSWERS = 12

# The rest of what look draws stays in its folder.
_CAPTIONS = {
    "batch": "A batch as the network sees it, each picture with its label.",
    "contact-happy": "The most typical and the most unusual pictures of ‘happy’.",
    "contact-sad": "The most typical and the most unusual pictures of ‘sad’.",
    "augment": "The write-up's random changes: the same pictures, turned, shifted and mirrored.",
}


@dataclass(frozen=True, slots=True)
class Demo:
    """A finished demo.

    Attributes:
        folder: where everything lies.
        page: the page with pictures of each step.
        planted: the drawn folder and its faults.
        collection: what the check made of it.
        run: the training.
        report: how the model did on freshly drawn pictures.
        predictions: answers for some of those.
        seconds: step → how long it took.
    """

    folder: Path
    page: Path
    planted: Planted
    collection: Collection
    run: Run
    report: Report
    predictions: tuple[Prediction, ...]
    seconds: dict[str, float]

    def __str__(self) -> str:
        """Return the outcome in a few lines."""
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return "".join(f"<p>{html.escape(line)}</p>" for line in self._lines())

    def _lines(self) -> list[str]:
        counts = self.collection.counts
        return [
            f"check   {counts['seen']} files seen = {counts['used']} used + "
            f"{counts['set_aside']} set aside + {counts['ignored']} ignored",
            f"judge   {self.report.scores['accuracy']} (majority baseline "
            f"{self.report.baseline.value:.3f})",
            f"model   {self.run.bundle}",
            f"page    {self.page}",
            f"time    {sum(self.seconds.values()):.0f} s",
            "Drawn pictures prove the machinery, not the accuracy on photographs.",
        ]


def demo(
    out: str | Path | None = None,
    *,
    seed: int = 1,
    pictures: int = 420,
    epochs: int = 8,
    progress: Progress = silent,
) -> Demo:
    """Do the whole job on pictures drawn by code, without a network.

    The model of the demo does not take the place of a model of yours: where one was trained
    before, ``predict`` goes on using that.

    Args:
        out: folder for everything; by default a new one named ``happysad-demo``.
        seed: of the drawings, the split and the training.
        pictures: files to draw, spoiled ones included; 40 in 100 more are drawn for the judging.
            The default is enough to learn from in half a minute, and makes an interval of 0.11
            around an accuracy of 0.85.
        epochs: passes over the training part.
        progress: told what happens.

    Raises:
        UsageError: the folder holds pictures already or cannot be written.
        MissingExtraError: the extra ``train`` is not installed.
    """
    if find_spec("keras") is None:
        raise MissingExtraError("keras", "train")
    place = Path(out) if out is not None else _new_folder()
    clock = _Clock()
    with clock.step("draw"):
        drawn, fresh = place / "pictures", place / "fresh-pictures"
        planted = draw_collection(drawn, pictures=pictures, seed=seed, progress=progress)
        draw_collection(
            fresh, pictures=pictures * 2 // 5, seed=seed + 1, plant=False, progress=progress
        )
    with clock.step("check"):
        collection = check(drawn, report=place / "check.html", progress=progress)
    with clock.step("look"):
        looked = look(
            drawn,
            out=place / "look",
            augment=AugmentOptions.level("write-up"),
            seed=seed,
            progress=progress,
        )
    with clock.step("train"):
        run = _train(drawn, place / "run", _options(seed, epochs), progress)
    with clock.step("evaluate"):
        report = evaluate(run.bundle, fresh, out=place / "evaluation", progress=progress)
    with clock.step("predict"):
        predictions = tuple(predict(_some(fresh), model=run.bundle))
    story = Story(
        planted=planted,
        collection=collection,
        looks=[(caption, looked.pictures[name]) for name, caption in _CAPTIONS.items()],
        split=run.split,
        history=run.history,
        report=report,
        fresh=fresh,
        predictions=predictions,
        seconds=clock.seconds,
        cores=available_processors(),
    )
    page = place / "index.html"
    write_demo_page(page, story)
    return Demo(place, page, planted, collection, run, report, predictions, clock.seconds)


class _Clock:
    """How long each step took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - started


def _new_folder() -> Path:
    """Return ``happysad-demo``, or the first of ``happysad-demo-2`` and so on that is free."""
    names = (f"happysad-demo-{number}" if number > 1 else "happysad-demo" for number in count(1))
    return next(path for path in map(Path, names) if not path.exists())


def _options(seed: int, epochs: int) -> TrainOptions:
    # Mirrored, a face has the same mood; the write-up's turns and shifts would take more epochs
    # than a demo has.
    return TrainOptions(
        preset="seed",
        epochs=epochs,
        seed=seed,
        augment=AugmentOptions(flip=True),
        split=SplitOptions(seed=seed),
    )


def _train(folder: Path, out: Path, options: TrainOptions, progress: Progress) -> Run:
    """Train without displacing the model that was trained last."""
    before = shelf.last_trained()
    run = train(folder, options=options, out=out, progress=progress)
    if before is not None:
        shelf.remember(before)
    return run


def _some(folder: Path) -> list[Path]:
    """Return a few pictures of both classes, in turn."""
    classes = [sorted(path.iterdir()) for path in sorted(folder.iterdir())]
    turns = zip(*classes, strict=False)
    return [path for turn in turns for path in turn][:_ANSWERS]
