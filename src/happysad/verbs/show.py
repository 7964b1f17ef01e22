"""Say what a saved model is: its card."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from happysad.bundle import archive, graph, shelf
from happysad.bundle.manifest import HEADS, OFF_TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from happysad.bundle.manifest import Manifest
    from happysad.records import Score

_MARKUP = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>#|!~"})


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What there is to know of a saved model.

    Attributes:
        path: its file.
        size_bytes: the file's size.
        parameters: numbers that were learnt.
        operators: operator of the graph → how often it stands there.
        manifest: what the model says of itself.
    """

    path: Path
    size_bytes: int
    parameters: int
    operators: dict[str, int]
    manifest: Manifest

    @property
    def markdown(self) -> str:
        """The card as Markdown."""
        return "\n".join(_card(self)) + "\n"

    def _repr_markdown_(self) -> str:
        """Return what a notebook shows."""
        return self.markdown


def show(model: str | Path | None = None) -> ModelCard:
    """Return the card of a model.

    Args:
        model: a bundle, the folder of a run, ``default``; None for the last trained model, else
            the shipped one.

    Raises:
        BundleError: there is no such model, or it is damaged, foreign or too new.
    """
    path = shelf.find(model)
    bundle = archive.read(path)
    facts = [graph.inspect(onnx) for onnx in bundle.graphs.values()]
    operators: dict[str, int] = {}
    for fact in facts:
        for operator, number in fact.operators.items():
            operators[operator] = operators.get(operator, 0) + number
    return ModelCard(
        path=path,
        size_bytes=path.stat().st_size,
        parameters=sum(fact.parameters for fact in facts),
        operators=operators,
        manifest=bundle.manifest,
    )


def _card(card: ModelCard) -> Iterator[str]:
    manifest = card.manifest
    size = manifest.preprocessing
    yield f"# {_text(manifest.name)}"
    yield ""
    yield f"- **Answers:** {', '.join(map(_text, manifest.classes))}, or `unsure`"
    yield f"- **Unsure below:** {manifest.unsure_below:.3f} (probability of the best class)"
    yield f"- **Calibration:** temperature {manifest.temperature:.3f}"
    yield (
        f"- **Looks at:** {size.width}×{size.height} pixels, RGB, fit `{size.fit}`, "
        f"resampling `{size.resample}`"
    )
    yield from _views(manifest)
    yield f"- **Network:** preset `{_text(manifest.preset)}`, {card.parameters:,} numbers"
    yield f"- **Trained on:** {len(manifest.training):,} pictures{_parts(manifest)}"
    yield f"- **Saved:** {_text(manifest.created)}, {card.size_bytes / 1e6:.1f} MB"
    yield f"- **Licence:** {_text(manifest.licence) or 'not stated'}"
    yield ""
    yield from _scores(manifest)
    if manifest.notes:
        yield from ("## Notes", "", _text(manifest.notes), "")
    yield from _listed("Training options", manifest.options)
    yield from _listed("Made with", dict(manifest.versions))
    yield f"File: `{str(card.path).translate({96: 39})}`"


def _views(manifest: Manifest) -> Iterator[str]:
    """Yield what a model of two views has in addition."""
    if manifest.kind != "two-view":
        return
    scene, faces = (len(manifest.heads[name].weights) for name in HEADS)
    yield (
        f"- **Views:** the scene ({scene:,} features) and every face ({faces:,} features), looked "
        f"for at up to {manifest.preprocessing.look} pixels"
    )
    if OFF_TOPIC in manifest.heads:
        yield (
            "- **Neither:** `unsure` where a picture is probably neither, say a poster of words "
            f"(probability above {manifest.off_topic_above:.3f})"
        )


def _scores(manifest: Manifest) -> Iterator[str]:
    yield "## How good it is"
    yield ""
    if not manifest.scores:
        yield "Nothing was measured when it was saved. Judge it with: `happysad evaluate`"
        yield ""
        return
    yield "On pictures that had no part in training:"
    yield ""
    yield "| measure | value | 95% interval | n |"
    yield "|---|---|---|---|"
    for name, score in manifest.scores.items():
        yield _score_line(name, score)
    if manifest.baseline is not None:
        yield _score_line("always the majority class", manifest.baseline)
    yield ""


def _score_line(name: str, score: Score) -> str:
    if math.isnan(score.value):
        return f"| {_text(name)} | undefined | | {score.n} |"
    interval = "" if math.isnan(score.low) else f"{score.low:.3f} to {score.high:.3f}"
    return f"| {_text(name)} | {score.value:.3f} | {interval} | {score.n} |"


def _parts(manifest: Manifest) -> str:
    if not manifest.parts:
        return ""
    return f" ({', '.join(f'{_text(name)} {n}' for name, n in manifest.parts.items())})"


def _listed(title: str, values: Any) -> Iterator[str]:
    if values:
        yield f"## {title}"
        yield ""
        for name, value in values.items():
            yield f"- {_text(str(name))}: {_text(str(value))}"
        yield ""


def _text(value: str) -> str:
    """Return text on one line, with signs that mean something in Markdown taken literally."""
    return " ".join(value.split()).translate(_MARKUP)
