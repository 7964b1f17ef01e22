"""``demo``: the whole job on drawn pictures, with a page of every step.

draw → check → look → train → evaluate → predict, each the same verb that works on real pictures.
The shipped model is judged on the same pictures as the one that was trained: drawn faces are easy,
and a score among them must not look like more than that.
"""

from __future__ import annotations

import html
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from happysad.bundle import shelf
from happysad.config import SplitOptions, TrainOptions
from happysad.drawn import Planted, draw_collection
from happysad.judge.comparison import Comparison
from happysad.judge.comparison import compare as compare_reports
from happysad.pictures.workers import available_processors
from happysad.predictor import load
from happysad.progress import Progress, silent
from happysad.reports.demo import Story, in_words, write_demo_page
from happysad.verbs.check import check
from happysad.verbs.evaluate import evaluate
from happysad.verbs.look import look
from happysad.verbs.predict import predict
from happysad.verbs.train import Run, train

if TYPE_CHECKING:
    from collections.abc import Iterator

    from happysad.records import Collection, Prediction, Report
    from happysad.verbs.look import Look

_ANSWERS = 12

# The rest of what look draws stays in its folder.
_CAPTIONS = {
    "batch": "A batch as a network takes it, each picture with its label.",
    "contact-happy": "The most typical and the most unusual pictures of ‘happy’.",
    "contact-sad": "The most typical and the most unusual pictures of ‘sad’.",
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
        before: how the shipped model does on them, which the training built on.
        predictions: answers for some of those.
        seconds: step → how long it took.
    """

    folder: Path
    page: Path
    planted: Planted
    collection: Collection
    run: Run
    report: Report
    before: Report
    predictions: tuple[Prediction, ...]
    seconds: dict[str, float]

    @property
    def comparison(self) -> Comparison:
        """The model against the shipped one, on the freshly drawn pictures."""
        return compare_reports(self.before, self.report)

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
            in_words(self.report, self.before),
            "Drawn pictures prove the machinery, not the accuracy on photographs.",
        ]


def demo(
    out: str | Path | None = None,
    *,
    seed: int = 1,
    pictures: int = 250,
    progress: Progress = silent,
) -> Demo:
    """Do the whole job on pictures drawn by code, without a network.

    The model of the demo does not count as trained on this machine: ``predict`` goes on using
    yours, or the shipped one.

    Args:
        out: folder for everything; by default a new one named ``happysad-demo``.
        seed: of the drawings, the split and the training.
        pictures: files to draw, spoiled ones included; 40 in 100 more are drawn for the judging.
            The default plants three files of each fault, and judges on 100 pictures.
        progress: told what happens.

    Raises:
        UsageError: the folder holds pictures already or cannot be written.
        BundleError: no sound model was shipped.
    """
    shipped = load("default")
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
        looked = look(drawn, out=place / "look", seed=seed, progress=progress)
    with clock.step("train"):
        run = _train(drawn, place / "run", seed, progress)
    with clock.step("evaluate"):
        report = evaluate(run.bundle, fresh, out=place / "evaluation", progress=progress)
        before = evaluate(shipped, fresh, progress=progress)
    with clock.step("predict"):
        predictions = tuple(predict(_some(fresh), model=run.bundle))
    page = place / "index.html"
    done = Demo(place, page, planted, collection, run, report, before, predictions, clock.seconds)
    write_demo_page(page, _story(done, looked, fresh))
    return done


def _story(done: Demo, looked: Look, fresh: Path) -> Story:
    return Story(
        planted=done.planted,
        collection=done.collection,
        looks=[(caption, looked.pictures[name]) for name, caption in _CAPTIONS.items()],
        split=done.run.split,
        history=done.run.history,
        report=done.report,
        before=done.before,
        comparison=done.comparison,
        fresh=fresh,
        predictions=done.predictions,
        seconds=done.seconds,
        cores=available_processors(),
    )


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


def _train(folder: Path, out: Path, seed: int, progress: Progress) -> Run:
    """Train a model that ``predict`` does not take for yours."""
    options = TrainOptions(seed=seed, split=SplitOptions(seed=seed))
    try:
        return train(folder, options=options, out=out, progress=progress)
    finally:
        shelf.forget(out / shelf.RUN_BUNDLE)


def _some(folder: Path) -> list[Path]:
    """Return a few pictures of both classes, in turn."""
    classes = [sorted(path.iterdir()) for path in sorted(folder.iterdir())]
    turns = zip(*classes, strict=False)
    return [path for turn in turns for path in turn][:_ANSWERS]
