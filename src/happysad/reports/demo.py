"""The demo's page: one section a step, with pictures of each."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from happysad.pictures.decode import decode, from_image
from happysad.pictures.thumbnail import thumbnail
from happysad.records import CODES, PARTS
from happysad.reports import plots
from happysad.reports.page import data_uri, render, write_text
from happysad.reports.wording import headline, right_answers, sure_answers
from happysad.sources.read import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from happysad.drawn import Planted
    from happysad.judge.comparison import Comparison
    from happysad.records import Answer, Collection, Prediction, Report, Split

_SIDE = 200
_SHEET_SIDE = 1400
_DRAWINGS = 12
_LEAST_SURE = 6

# What is shown of the check: the codes that a picture shows better than a word.
_EXAMPLES = ("both_classes", "near_duplicate", "blurred", "odd_aspect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened in a demo, step by step.

    Attributes:
        planted: the drawn folder and its faults.
        collection: what the check made of it.
        looks: caption and PNG of each picture that ``look`` made.
        split: which picture was in which part.
        history: measure → its value at each strength of the ridge.
        report: how the model did on freshly drawn pictures.
        before: how the model did that it builds on.
        comparison: of the two.
        fresh: folder of those.
        predictions: answers for some of them.
        seconds: step → how long it took.
        cores: processors that were there.
    """

    planted: Planted
    collection: Collection
    looks: Sequence[tuple[str, bytes]]
    split: Split
    history: Mapping[str, Sequence[float]]
    report: Report
    before: Report
    comparison: Comparison
    fresh: Path
    predictions: Sequence[Prediction]
    seconds: Mapping[str, float]
    cores: int


def write_demo_page(path: Path, story: Story) -> None:
    """Write the page, one file that loads nothing; without plots where matplotlib is missing.

    Raises:
        UsageError: it cannot be written there.
    """
    folder = story.planted.folder
    page = render(
        "demo.html",
        story=story,
        headline=headline(story.report, unseen=True),
        drawings=[_tile(folder / file, file.partition("/")[0]) for file in _some_clean(story)],
        counts=story.collection.counts,
        faults=_faults(story),
        examples=[_tile(folder / file, caption) for file, caption in _examples(story)],
        looks=[(caption, _sheet(png)) for caption, png in story.looks],
        parts=_parts(story.split),
        curves=_plot(plots.curves, story.history) if story.history else None,
        judged=_judged(story),
        comparison=story.comparison.sentence,
        in_words=in_words(story.report, story.before),
        matrix=_plot(plots.confusion, story.report),
        reliability=_plot(plots.reliability, story.report),
        doubtful=[_doubtful(story.fresh, answer) for answer in _least_sure(story.report)],
        answers=[_answer(prediction) for prediction in story.predictions],
    )
    write_text(path, page)


def in_words(report: Report, before: Report) -> str:
    """Say how the trained model did beside the one that it builds on, on the same pictures."""
    return (
        "The shipped model, which this one builds on and which has seen none of these drawings, "
        f"is right on {right_answers(before)} of the same {len(before.answers)} pictures and sure "
        f"about {sure_answers(before)}; the new one is right on {right_answers(report)} and sure "
        f"about {sure_answers(report)}."
    )


def _some_clean(story: Story) -> list[str]:
    """Return clean files of both classes in turn."""
    by_class: dict[str, list[str]] = defaultdict(list)
    for file in story.planted.clean:
        by_class[file.partition("/")[0]].append(file)
    turns = zip(*by_class.values(), strict=False)
    return [file for turn in turns for file in turn][:_DRAWINGS]


def _faults(story: Story) -> list[dict[str, Any]]:
    """Return for each planted code how many files have it, and how many of them were found."""
    found: dict[str, set[str]] = defaultdict(set)
    for finding in story.collection.findings:
        found[finding.code].add(finding.file)
    severity = {finding.code: finding.severity for finding in story.collection.findings}
    return [
        {
            "code": code,
            "meaning": CODES[code],
            "planted": len(files),
            "found": len(found[code] & set(files)),
            "fate": "set aside" if severity.get(code) == "fault" else "used, with a notice",
        }
        for code, files in story.planted.faults.items()
    ]


def _examples(story: Story) -> Iterable[tuple[str, str]]:
    """Yield file and caption: pairs for copies, one picture for the rest."""
    for code in _EXAMPLES:
        files = story.planted.faults[code]
        pair = sorted(file for file in files if _stem(file) == _stem(files[0]))
        for file in pair if code in {"both_classes", "near_duplicate"} else files[:1]:
            yield file, code.replace("_", " ")


def _stem(file: str) -> str:
    return Path(file).stem.removesuffix("_copy")


def _parts(split: Split) -> list[tuple[str, list[int]]]:
    rows: list[tuple[str, list[int]]] = []
    for part in PARTS:
        counts = Counter(split.labels[sha256] for sha256 in split.parts[part])
        rows.append((part, [counts[name] for name in split.classes]))
    return rows


def _plot(draw: Callable[..., bytes], what: Any) -> dict[str, str] | None:
    return plots.where_possible(
        lambda: {"light": data_uri(draw(what)), "dark": data_uri(draw(what, dark=True))}
    )


def _judged(story: Story) -> list[dict[str, Any]]:
    """Return a row for each model: what it is, and how it did on the fresh drawings."""
    models = {
        "the shipped model, before it learned from any": story.before,
        "the model trained here": story.report,
    }
    return [
        {
            "model": model,
            "right": right_answers(report),
            "accuracy": report.scores["accuracy"],
            "sure": sure_answers(report),
        }
        for model, report in models.items()
    ]


def _least_sure(report: Report) -> list[Answer]:
    """Return the mistakes, the surest first, then the right answers, the least sure first."""

    def rank(answer: Answer) -> tuple[bool, float]:
        right = answer.predicted == answer.label
        sure = answer.probabilities[answer.predicted]
        return right, sure if right else -sure

    return sorted(report.answers, key=rank)[:_LEAST_SURE]


def _doubtful(folder: Path, answer: Answer) -> dict[str, str]:
    sure = answer.probabilities[answer.predicted]
    return _tile(
        folder / answer.file, f"drawn {answer.label}, answered {answer.predicted} ({sure:.2f})"
    )


def _answer(prediction: Prediction) -> dict[str, Any]:
    path = Path(prediction.source)
    label = str(prediction.label)
    return {
        **_tile(path, ""),
        "truth": path.parent.name,
        "verdict": prediction.verdict,
        "label": label,
        "probability": prediction.probabilities[label],
    }


def _sheet(png: bytes) -> str:
    """Return a contact sheet small enough to stand in a page with others of its kind."""
    picture = from_image(Image.open(io.BytesIO(png)))
    return data_uri(thumbnail(picture, side=_SHEET_SIDE), kind="image/jpeg")


def _tile(path: Path, caption: str) -> dict[str, str]:
    picture = decode(read_file(path), source=str(path), at_least=(_SIDE, _SIDE))
    uri = data_uri(thumbnail(picture, side=_SIDE), kind="image/jpeg")
    return {"uri": uri, "name": path.name, "caption": caption}
