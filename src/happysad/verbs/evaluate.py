"""How far to trust a model on labelled pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from happysad.collection.decisions import DECISIONS, read_decisions
from happysad.collection.scan import scan
from happysad.collection.split_file import load_split
from happysad.config import CheckOptions, require
from happysad.errors import UsageError
from happysad.judge.metrics import judge
from happysad.predictor import Predictor, load
from happysad.progress import Progress, silent
from happysad.records import PARTS, Answer
from happysad.sources.expand import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from happysad.records import Collection, Entry, Prediction, Report

SPLIT_FILE = "split.json"
"""Name of the split's manifest inside a run's folder."""

# Set aside although they can be read: a second look at them would count a picture twice, or
# against a label that contradicts itself, or against what a person decided.
_READABLE_FAULTS = frozenset({"both_classes", "exact_duplicate", "dropped"})


def evaluate(
    model: str | Path | Predictor | None,
    folder: str | Path,
    *,
    out: Path | None = None,
    part: str | None = None,
    decisions: Path | None = None,
    options: CheckOptions | None = None,
    progress: Progress = silent,
) -> Report:
    """Judge a model on a labelled folder.

    The folder is checked first: unreadable pictures are reported as unanswered, copies count
    once. Pictures that copy a training picture are marked, and the written report also gives
    the scores without them.

    Args:
        model: a bundle, a run's folder, a loaded model, or None for the last trained one.
        folder: folder with one folder for each class, named like the model's classes.
        out: folder for ``index.html``, ``report.json``, ``report.md`` and ``pictures.csv``;
            nothing is written without it.
        part: judge only this part of the split that the model's run was made with: ``train``,
            ``validation`` or ``test``; the folder must be the one that was split.
        decisions: list of what to do with doubtful pictures, see ``collection.decisions``; with
            ``part`` the one that the run was made with is the default.
        options: how the folder is checked.
        progress: told of the pictures read and judged.

    Raises:
        UsageError: a class that the model does not know, no picture to judge, no split.
        CollectionError: the folder's layout is wrong, it is not the one that was split, or the
            list of decisions is not its.
        BundleError: the model cannot be loaded.
    """
    require(part is None or part in PARTS, "part", "train, validation or test", part)
    predictor = model if isinstance(model, Predictor) else load(model)
    if decisions is None and part is not None:
        decisions = _beside(predictor, DECISIONS)
    listed = () if decisions is None else read_decisions(decisions)
    collection = scan(folder, options=options, decisions=listed, progress=progress)
    require_known_classes(predictor, collection)
    report = report_on(predictor, collection, part=part, progress=progress)
    if out is not None:
        from happysad.reports.evaluation import write

        origin_known = bool(predictor.manifest.training)
        write(report, out, pictures=collection.root, origin_known=origin_known)
    return report


def report_on(
    predictor: Predictor,
    collection: Collection,
    *,
    part: str | None = None,
    progress: Progress = silent,
) -> Report:
    """Judge a loaded model on a checked folder, or on one part of the split of its run.

    Raises:
        UsageError: no picture to judge, or no split.
        CollectionError: the folder is not the one that was split.
    """
    entries: Sequence[Entry] = collection.entries
    unanswered = _unreadable(collection)
    data = Path(collection.root).name
    if part is not None:
        members = _members(predictor, collection, part)
        entries = [entry for entry in entries if entry.sha256 in members]
        unanswered, data = {}, f"{data}, {part} part"
    answers = []
    for entry, prediction in _predictions(predictor, collection.root, entries, progress):
        if prediction.error is None:
            answers.append(_answer(entry, prediction))
        else:
            unanswered[entry.file] = prediction.error["code"]
    return judge(
        answers,
        classes=predictor.classes,
        model=predictor.manifest.name,
        data=data,
        unanswered=unanswered,
    )


def require_known_classes(predictor: Predictor, collection: Collection) -> None:
    """Raise ``UsageError`` where the folder has a class that the model cannot answer with."""
    unknown = [name for name in collection.classes if name not in predictor.classes]
    if unknown:
        msg = (
            f"The model answers with the classes {', '.join(predictor.classes)}, but "
            f"{collection.root!r} also has {', '.join(unknown)}. Name the folders like the classes."
        )
        raise UsageError(msg)


def _predictions(
    predictor: Predictor, root: str, entries: Sequence[Entry], progress: Progress
) -> Iterator[tuple[Entry, Prediction]]:
    sources = (Source(str(Path(root) / entry.file), "file") for entry in entries)
    progress("judging pictures", 0, len(entries))
    predictions = predictor.predict_many(sources)
    for done, pair in enumerate(zip(entries, predictions, strict=True), start=1):
        progress("judging pictures", done, len(entries))
        yield pair


def _answer(entry: Entry, prediction: Prediction) -> Answer:
    return Answer(
        file=entry.file,
        sha256=entry.sha256,
        group=entry.group,
        label=entry.label,
        predicted=str(prediction.label),
        verdict=str(prediction.verdict),
        probabilities=prediction.probabilities,
        seen_in_training=prediction.seen_in_training,
    )


def _unreadable(collection: Collection) -> dict[str, str]:
    return {
        finding.file: finding.code
        for finding in collection.findings
        if finding.severity == "fault" and finding.code not in _READABLE_FAULTS
    }


def _members(predictor: Predictor, collection: Collection, part: str) -> frozenset[str]:
    """Return the identities of one part of the split that lies beside the model."""
    path = _beside(predictor, SPLIT_FILE)
    if path is None:
        msg = (
            f"The part {part!r} is asked for, but no {SPLIT_FILE} lies beside the model. Give the "
            "folder of a run as the model, or leave the part out."
        )
        raise UsageError(msg)
    parts: Mapping[str, tuple[str, ...]] = load_split(path, collection).parts
    return frozenset(parts[part])


def _beside(predictor: Predictor, name: str) -> Path | None:
    """Return a file that lies beside the model; None where there is none."""
    path = predictor.path.parent / name if predictor.path else None
    return path if path is not None and path.is_file() else None
