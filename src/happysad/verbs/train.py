"""``train``: check → split → read → learn → calibrate → judge → save → report."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from happysad.bundle import archive, shelf
from happysad.collection.decisions import DECISIONS, read_decisions, write_decisions
from happysad.collection.layout import read_layout
from happysad.collection.scan import scan
from happysad.collection.split import folds as deal_folds
from happysad.collection.split import split as deal
from happysad.collection.split_file import load_split, save_split
from happysad.config import TrainOptions, require
from happysad.errors import CollectionError, RunError, UsageError
from happysad.judge.metrics import judge
from happysad.predictor import Predictor, with_golden
from happysad.progress import Progress, silent
from happysad.records import PARTS, Answer, Collection, Report, Split
from happysad.reports import evaluation, plots
from happysad.reports.collection import write_check_page
from happysad.reports.evaluation_page import Training
from happysad.training import run_folder
from happysad.training.networks import NETWORKS
from happysad.training.origin import with_scores
from happysad.training.two_view import PRESET as TWO_VIEW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from happysad.bundle.archive import Bundle
    from happysad.records import Entry
    from happysad.verbs.recipe import Answered, History, Learned, Material, Recipe

_RUNS: Final = Path("runs")


@dataclass(frozen=True, slots=True)
class Run:
    """A finished training.

    Attributes:
        folder: where everything lies.
        bundle: the saved model.
        collection: the checked pictures.
        split: which picture was in which part.
        history: measure → its value after each epoch; or, with a measure ``strength``, at each
            strength of the ridge that was tried, where ``val_`` measures are of the pictures
            left out in turn.
        report: how the model did on the test part, which it had never seen.
        report_page: the same as a page.
        folds: reports of the k-fold evaluation, in order; none without ``folds``.
        note: what there is to say of how the training went; may be empty.
    """

    folder: Path
    bundle: Path
    collection: Collection
    split: Split
    history: History
    report: Report
    report_page: Path
    folds: tuple[Report, ...] = ()
    note: str = ""

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        lines = [
            str(self.report.scores["accuracy"]),
            f"always the majority: {self.report.baseline}",
        ]
        if self.folds:
            values = [report.scores["accuracy"].value for report in self.folds]
            lines.append(
                f"{len(values)} folds: {np.mean(values):.3f}, "
                f"from {min(values):.3f} to {max(values):.3f}"
            )
        lines.append(f"model: {self.bundle}")
        items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        return f"<div><b>Run {html.escape(self.folder.name)}</b><ul>{items}</ul></div>"


def train(
    folder: str | Path,
    *,
    options: TrainOptions | None = None,
    out: Path | None = None,
    resume: bool = False,
    split: Path | Split | None = None,
    decisions: Path | None = None,
    progress: Progress = silent,
) -> Run:
    """Train a model on a labelled folder, judge it on pictures it has not seen, and save it.

    Args:
        folder: folder with one folder of pictures for each class.
        options: how to train; with ``resume`` the run's own are the default.
        out: run folder; by default a new one below ``runs``. With ``resume`` the latest there.
        resume: go on with the run in ``out`` after an interruption. Folder and options must be
            as they were; the result is what it would have been without the interruption.
        split: a split to use again, or its file, instead of dealing the pictures anew.
        decisions: list of what to do with doubtful pictures, see ``collection.decisions``; a
            resumed run keeps to the list that it was started with.
        progress: told what happens.

    Raises:
        CollectionError: the folder cannot be worked with as it is, or the split or the list of
            decisions is not its.
        UsageError: options that do not go together, no model to build on, or too many classes.
        RunError: the run cannot start, go on or be saved; or it was interrupted.
        BundleError: the model to build on cannot be loaded, or the new one cannot be saved.
        MissingExtraError: the preset needs the extra ``train``, and it is not installed.
    """
    require(not (resume and split is not None), "split", "left out with resume", split)
    require(not (resume and decisions), "decisions", "left out with resume", decisions)
    layout = read_layout(folder)  # a wrong folder leaves no run behind
    stem = f"{Path(folder).resolve().name}-{(options or TrainOptions()).preset}"
    if resume:
        out = out or _latest(stem)
        options = options or run_folder.read_options(out)
    options = options or TrainOptions()
    recipe = find_recipe(options)
    recipe.check_classes(layout.classes)
    place = out or run_folder.new_folder(_RUNS, stem)
    try:
        with (
            run_folder.opened(place, resume=resume),
            run_folder.interruptible(place, kept=recipe.kept),
        ):
            work = _Work(Path(folder), place, recipe, options, resume, progress)
            return work.run(split, decisions)
    finally:
        if out is None:
            run_folder.discard_unstarted(place)


def find_recipe(options: TrainOptions) -> Recipe:
    """Return the recipe of a preset; what it needs is looked up before any work.

    Raises:
        UsageError: there is no such preset, it has no model to build on, or there is nothing in
            it to fine-tune.
        BundleError: the model to build on cannot be loaded.
        MissingExtraError: a library that it needs is not installed.
    """
    tuned = options.fine_tune
    if options.preset == TWO_VIEW and tuned:
        from happysad.verbs.train_fine_tune import FineTuneRecipe

        return FineTuneRecipe(options)
    require(not tuned, "fine_tune", f"left out, or go with --preset {TWO_VIEW}", tuned)
    if options.preset == TWO_VIEW:
        from happysad.verbs.train_two_view import TwoViewRecipe

        return TwoViewRecipe(options)
    if options.preset in NETWORKS:
        rule = f"left out, or go with --preset {TWO_VIEW}"
        require(options.base == TrainOptions().base, "base", rule, options.base)
        from happysad.verbs.train_network import NetworkRecipe

        return NetworkRecipe(options)
    known = ", ".join(sorted({*NETWORKS, TWO_VIEW}))
    msg = f"The 'preset' option must be one of: {known}. Got {options.preset!r} instead."
    raise UsageError(msg)


def _latest(stem: str) -> Path:
    latest = run_folder.latest_folder(_RUNS, stem)
    if latest is None:
        msg = (
            f"There is no run '{_RUNS / stem}-…' to resume. Start one, or name the folder of one "
            "with 'out'."
        )
        raise RunError(msg)
    return latest


@dataclass(frozen=True, slots=True)
class _Work:
    """The order of the steps, and what they share."""

    folder: Path
    place: Path
    recipe: Recipe
    options: TrainOptions
    resume: bool
    progress: Progress

    def run(self, wanted: Path | Split | None, decisions: Path | None) -> Run:
        collection = self._collect(decisions)
        split = self._split(collection, wanted)
        self._note_start(split)
        material = self.recipe.read(collection, folder=self.place, progress=self.progress)
        folds = self._folds(collection, material)
        learned, report = self._train(material, split, self.place)
        bundle, history = learned.bundle, learned.history
        saved = archive.write(self.place / shelf.RUN_BUNDLE, with_golden(bundle))
        shelf.remember(self.place / shelf.RUN_BUNDLE)
        training = Training(
            collection=collection, split=split, history=history, folds=folds, note=learned.note
        )
        page = self._write_reports(report, training)
        path = saved.path or self.place / shelf.RUN_BUNDLE
        return Run(self.place, path, collection, split, history, report, page, folds, learned.note)

    def _collect(self, decisions: Path | None) -> Collection:
        """Check the folder and follow the decisions; a copy of them goes with the run."""
        copy = self.place / DECISIONS
        if self.resume:
            decisions = copy if copy.exists() else None
        listed = () if decisions is None else read_decisions(decisions)
        collection = scan(
            self.folder, options=self.options.check, decisions=listed, progress=self.progress
        )
        if listed and not self.resume:
            write_decisions(listed, copy)
        return collection

    def _split(self, collection: Collection, wanted: Path | Split | None) -> Split:
        if isinstance(wanted, Split):
            # Through a file, so that it is checked against the folder like any other.
            wanted_file = self.place / run_folder.SPLIT
            save_split(wanted, wanted_file)
            return load_split(wanted_file, collection)
        if wanted is not None:
            return load_split(wanted, collection)
        if not self.resume:
            return deal(collection, options=self.options.split)
        try:
            return load_split(self.place / run_folder.SPLIT, collection)
        except CollectionError as error:
            msg = f"This run cannot be resumed: {error}"
            raise RunError(msg) from error

    def _note_start(self, split: Split) -> None:
        if self.resume:
            return
        save_split(split, self.place / run_folder.SPLIT)
        run_folder.write_options(self.place, self.options)

    def _folds(self, collection: Collection, material: Material) -> tuple[Report, ...]:
        """Train and judge once for each fold; these models are not kept."""
        if not self.options.split.folds:
            return ()
        splits = deal_folds(collection, options=self.options.split)
        reports = []
        for number, split in enumerate(splits, start=1):
            place = self.place / "folds" / str(number)
            place.mkdir(parents=True, exist_ok=True)
            told = _told_as(f"fold {number} of {len(splits)}", self.progress)
            reports.append(replace(self, progress=told)._train(material, split, place)[1])
        return tuple(reports)

    def _train(self, material: Material, split: Split, place: Path) -> tuple[Learned, Report]:
        """Fit on the training part, choose on the validation part, judge on the test part."""
        parts = _parts(material, split)
        learned = self.recipe.learn(
            parts,
            split,
            name=self.place.resolve().name,
            folder=place,
            resume=self.resume,
            progress=self.progress,
        )
        run_folder.write_history(place, learned.history)
        report = self._judge(learned.bundle, parts["test"])
        return replace(learned, bundle=with_scores(learned.bundle, report)), report

    def _judge(self, bundle: Bundle, test: Material) -> Report:
        """Judge a model the way it will answer: with the calibration and threshold it has."""
        predictor = Predictor(bundle)
        answered = self.recipe.answer(bundle, test)
        answers = [
            _answer(predictor, entry, said)
            for entry, said in zip(test.entries, answered, strict=True)
        ]
        return judge(
            answers,
            classes=predictor.classes,
            model=bundle.manifest.name,
            data=f"{self.folder.resolve().name} (test part)",
        )

    def _write_reports(self, report: Report, training: Training) -> Path:
        collection = training.collection
        self.progress("writing reports", 0, 3)
        write_check_page(
            collection, self.place / "check" / "index.html", limits=self.options.check.limits
        )
        self.progress("writing reports", 1, 3)
        self._plot(training.history)
        self.progress("writing reports", 2, 3)
        page = evaluation.write(
            report, self.place / "report", pictures=collection.root, training=training
        )
        for number, fold in enumerate(training.folds, start=1):
            evaluation.write_plain(fold, self.place / "folds" / str(number), unseen=True)
        self.progress("writing reports", 3, 3)
        return page

    def _plot(self, history: Mapping[str, Sequence[float]]) -> None:
        """Plot how training went, where there is something to plot and to plot with."""
        if not history:
            return
        # Training two views needs no plots, so it must not fail without them.
        curves = plots.where_possible(lambda: plots.curves(history))
        if curves is not None:
            run_folder.write_file(self.place / run_folder.CURVES, curves)


def _told_as(what: str, progress: Progress) -> Progress:
    def told(step: str, done: int, total: int, note: str = "") -> None:
        progress(f"{what}: {step}", done, total, note)

    return told


def _parts(material: Material, split: Split) -> dict[str, Material]:
    """Return the pictures of each part; those that are in no part are left out.

    Raises:
        RunError: a part lost all its pictures since the check.
    """
    part_of = {sha256: part for part, members in split.parts.items() for sha256 in members}
    rows: dict[str, list[int]] = {part: [] for part in PARTS}
    for row, entry in enumerate(material.entries):
        if entry.sha256 in part_of:
            rows[part_of[entry.sha256]].append(row)
    for part, chosen in rows.items():
        if not chosen:
            msg = f"None of the pictures of the {part} part can be read any more. Check the folder."
            raise RunError(msg)
    return {part: material.rows(chosen) for part, chosen in rows.items()}


def _answer(predictor: Predictor, entry: Entry, said: Answered) -> Answer:
    label, verdict = predictor.decide(said.row, off_topic=said.off_topic)
    return Answer(
        file=entry.file,
        sha256=entry.sha256,
        group=entry.group,
        label=entry.label,
        predicted=label,
        verdict=verdict,
        probabilities=dict(zip(predictor.classes, said.row.tolist(), strict=True)),
        seen_in_training=said.seen_in_training,
    )
