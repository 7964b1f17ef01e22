"""``active``: replay a labelled folder, and say what asking well would have saved."""

from __future__ import annotations

import html
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from happysad.collection.scan import scan
from happysad.config import require
from happysad.judge.learning_report import ALL, LearningReport, learning_report
from happysad.judge.queries import find_strategy
from happysad.judge.queries.asking import require_scikit_activeml
from happysad.progress import Progress, silent
from happysad.training.replay.journal import Journal
from happysad.training.replay.options import ActiveOptions
from happysad.training.replay.rounds import learn_all, replay
from happysad.training.replay.stages import (
    Stage,
    differing,
    fold_stages,
    named_files,
    table_stages,
)
from happysad.training.two_view import PRESET as TWO_VIEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from happysad.judge.learning_curves import Trial
    from happysad.records import Collection
    from happysad.training.replay.learner import Learner

_STEP = "replaying"
_JOURNAL = "trials.jsonl"
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay of active learning showed.

    Attributes:
        options: how it was done.
        report: the strategies compared.
        trials: every repeat of every strategy.
        page: the report; None where none was written.
    """

    options: ActiveOptions
    report: LearningReport
    trials: tuple[Trial, ...]
    page: Path | None = None

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        items = "".join(
            f"<li>{html.escape(name)}: {html.escape(str(score))}</li>"
            for name, score in self.report.final.items()
        )
        return f"<div><b>{html.escape(self.report.conclusion)}</b><ul>{items}</ul></div>"


def active(
    folder: str | Path,
    *,
    options: ActiveOptions | None = None,
    test: Path | None = None,
    where: str | None = None,
    out: Path | None = None,
    progress: Progress = silent,
) -> Replay:
    """Replay a labelled folder as if it had no labels, and compare ways of asking for them.

    Every strategy asks for the same number of labels, round by round, and what is learned is
    judged on pictures that are never asked about and have no duplicate among those that are.
    Without ``test`` each repeat leaves out another part of the folder.

    Args:
        folder: folder with one folder of pictures for each of two classes.
        options: how to replay.
        test: CSV table with a column ``file``: the pictures to judge on in every repeat.
        where: ``COLUMN=VALUE``: only these rows of the table.
        out: folder for ``index.html``, ``curves.csv``, ``curves.png``, ``active.json`` and what
            a later call goes on from after an interruption; nothing is written without it.
        progress: told of the pictures read and of every trial.

    Raises:
        UsageError: options that do not go together, or a table that names none of the pictures.
        CollectionError: the folder cannot be worked with as it is.
        BundleError: the base model cannot be loaded.
        RunError: the work cannot be noted.
        MissingExtraError: scikit-activeml, or keras for a network, is not installed.
    """
    options = options or ActiveOptions()
    require(where is None or test is not None, "where", "given together with test", where)
    require_scikit_activeml()
    collection = scan(folder, options=options.check, progress=progress)
    require(len(collection.classes) == 2, "folder", "of two classes", collection.classes)
    held_out = None if test is None else named_files(collection, test, where)
    learner, version = _learner(collection, options, progress)
    stages = (
        fold_stages(collection, learner, options)
        if held_out is None
        else table_stages(learner, options, held_out)
    )
    journal = Journal(None if out is None else out / _JOURNAL, about=_decisive(options, version))
    trials = _trials(stages, options, journal, progress)
    report = learning_report(trials, data=Path(collection.root).name, learner=learner.summary)
    if out is None:
        return Replay(options, report, trials)
    from happysad.reports.active import write

    return Replay(options, report, trials, page=write(report, out))


def _learner(
    collection: Collection, options: ActiveOptions, progress: Progress
) -> tuple[Learner, str]:
    """Return what learns, and a word that changes when it would learn something else."""
    if options.preset == TWO_VIEW:
        from happysad.training.replay.two_view import TwoViewLearner
        from happysad.training.two_view.embed import embed_collection, views_digest
        from happysad.verbs.train_two_view import load_base

        base = load_base(options.base)
        embedded = embed_collection(
            collection,
            base=base,
            limits=options.check.limits,
            workers=options.check.workers,
            progress=progress,
        )
        known = base.manifest
        heads = [asdict(head) for _, head in sorted(known.heads.items())]
        version = [views_digest(base), known.classes, heads, dict(known.fusion)]
        return TwoViewLearner(embedded, base=known), json.dumps(version)
    return _network_learner(collection, options, progress), options.preset


def _network_learner(collection: Collection, options: ActiveOptions, progress: Progress) -> Learner:
    from happysad.training.engine import require_library
    from happysad.training.examples import DecodeOptions, decode_examples
    from happysad.training.networks import find_network
    from happysad.training.replay.network import NetworkLearner

    network = find_network(options.preset)
    network.check_classes(collection.classes)
    require_library("keras", "train")
    decoding = DecodeOptions(
        preprocessing=network.preprocessing,
        limits=options.check.limits,
        workers=options.check.workers,
    )
    examples = decode_examples(
        Path(collection.root),
        collection.entries,
        collection.classes,
        options=decoding,
        progress=progress,
    )
    return NetworkLearner(examples, network=network, epochs=options.epochs)


def _decisive(options: ActiveOptions, version: str) -> str:
    """Return what decides a trial, besides its strategy and its stage."""
    names = ("budget", "rounds", "balanced", "preset", "epochs")
    return json.dumps([version, {name: getattr(options, name) for name in names}])


def _trials(
    stages: Sequence[Stage], options: ActiveOptions, journal: Journal, progress: Progress
) -> tuple[Trial, ...]:
    """Replay everything, or take it from the journal; two at a time where threads can help."""
    from threadpoolctl import threadpool_limits

    once = {id(stage) for stage in differing(stages)}  # for all labels chance has no say
    todo = [
        (name, stage)
        for stage in stages
        for name in (*options.compared, *([ALL] if id(stage) in once else []))
    ]
    done: list[Trial] = []
    progress(_STEP, 0, len(todo))
    # A network keeps all processors busy by itself; the rest is many small steps of one each.
    workers = _AT_ONCE if options.preset == TWO_VIEW else 1
    with threadpool_limits(1), ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(_trial, name, stage, options, journal) for name, stage in todo]
        try:
            for job, (name, stage) in zip(jobs, todo, strict=True):
                done.append(job.result())
                progress(_STEP, len(done), len(todo), f"{name}, repeat {stage.seed}")
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return tuple(done)


def _trial(name: str, stage: Stage, options: ActiveOptions, journal: Journal) -> Trial:
    found = journal.find(name, stage)
    if found is not None:
        return found
    if name == ALL:
        trial = learn_all(stage)
    else:
        strategy = find_strategy(name)
        trial = replay(stage, strategy, schedule=options.schedule, balanced=options.balanced)
    journal.note(trial, stage)
    return trial
