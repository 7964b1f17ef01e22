"""What a saved model says of itself: the nouns. Their JSON form is in ``document``."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from happysad.config import Preprocessing, require

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from happysad.records import Score

FORMAT_VERSION = 1

KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"scene": ("scene",), "two-view": ("scene", "expression", "finder")}
)
"""Kinds of model that this version runs → names of the graphs that such a bundle holds."""

HEADS = ("scene", "faces")
"""Heads that a model of the kind ``two-view`` has; ``off_topic`` may come in addition."""

OFF_TOPIC = "off_topic"

FUSION_TERMS = (
    "bias",
    "no_face",
    "scene",
    "scene_with_face",
    "faces",
    "large_face",
    "sharp_face",
    "crowd",
)
"""What ``fusion`` weighs: a constant; where there is no face; the scene's logit, in any picture
and in one with a face; and the faces' mean logit, as it is, times the largest face's share of the
picture, times its resolution, and where there are three faces or more."""

MAX_WIDTH = 16_384

Output = Literal["sigmoid", "softmax"]


@dataclass(frozen=True, slots=True)
class TrainedPicture:
    """A picture that the model was trained on; enough to recognise it, not to show it.

    Attributes:
        file: path relative to the collection's folder.
        sha256: hex digest of the file's bytes.
        signature: hex of its perceptual hash, see ``pictures.signature``.
    """

    file: str
    sha256: str
    signature: str


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside the bundle.

    Attributes:
        file: its name there.
        sha256: hex digest of its bytes.
        bytes: its size.
    """

    file: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Golden:
    """A picture inside the bundle, and the answer that the model must give to it.

    Attributes:
        member: the PNG file.
        probabilities: calibrated probability of each class, in label order.
    """

    member: Member
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """A linear reading of a graph's features: logit = features · weights + bias.

    Attributes:
        weights: one for each feature.
        bias: of the logit.
    """

    weights: tuple[float, ...]
    bias: float

    def __post_init__(self) -> None:
        count = len(self.weights)
        require(1 <= count <= MAX_WIDTH, "weights", f"1 to {MAX_WIDTH} numbers", count)
        good = all(map(math.isfinite, self.weights))
        require(good, "weights", "finite numbers", "something else")
        require(math.isfinite(self.bias), "bias", "a finite number", self.bias)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a saved model says of itself.

    Attributes:
        name: what people call it.
        created: UTC time of saving, e.g. ``2026-11-22T16:00:00Z``.
        preset: network it was made with, or ``imported``.
        classes: class names in label order; of two, the second is the positive class.
        preprocessing: from a picture to the graph's input.
        output: ``sigmoid``: one number, the probability of the second of two classes;
            ``softmax``: one probability for each class.
        temperature: divides the logits; calibrates the probabilities.
        unsure_below: the verdict is ``unsure`` where the best probability is below this.
        kind: a key of ``KINDS``; which graphs there are and how they are run.
        scores: metric name → score on the test part.
        baseline: score of always answering the majority class there; None where unknown.
        training: the pictures that shaped the weights.
        split_seed: seed of the split, None where there was none.
        parts: number of pictures by part of the split.
        options: the training options as plain values.
        versions: library → version that made this.
        licence: SPDX name or a sentence.
        notes: free text: limits, origin.
        graphs: graph name → file; filled in by ``archive.write``.
        golden: known answers; their files are filled in by ``archive.write``.
        heads: of the kind ``two-view``: name → head. ``scene`` reads the scene's features,
            ``faces`` those of one face; both give the logit of the second class. ``off_topic``,
            where there is one, reads the scene's: is the picture neither, say a poster of words?
        fusion: likewise: term → weight of the logistic model that joins the views, see
            ``FUSION_TERMS``.
        off_topic_above: the verdict is ``unsure`` where the probability that the picture is
            neither is above this; 1 for never.
    """

    name: str
    created: str
    preset: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    output: Output
    temperature: float = 1.0
    unsure_below: float = 0.0
    kind: str = "scene"
    scores: Mapping[str, Score] = field(default_factory=dict)
    baseline: Score | None = None
    training: tuple[TrainedPicture, ...] = ()
    split_seed: int | None = None
    parts: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""
    notes: str = ""
    graphs: Mapping[str, Member] = field(default_factory=dict)
    golden: tuple[Golden, ...] = ()
    heads: Mapping[str, Head] = field(default_factory=dict)
    fusion: Mapping[str, float] = field(default_factory=dict)
    off_topic_above: float = 1.0
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        require(self.name != "", "name", "not empty", self.name)
        require(self.format_version == FORMAT_VERSION, "format_version", "1", self.format_version)
        require(self.kind in KINDS, "kind", f"one of {', '.join(KINDS)}", self.kind)
        require(self.output in {"sigmoid", "softmax"}, "output", "sigmoid or softmax", self.output)
        for name in self.classes:
            # class names become folder names when pictures are sorted
            good = 0 < len(name) <= 255 and name not in {".", ".."} and not set(name) & set("/\\\0")
            require(good, "classes", "names that can be folder names", name)
        count = len(self.classes)
        require(count == len(set(self.classes)), "classes", "without repetition", self.classes)
        require(2 <= count <= 1000, "classes", "2 to 1000 names", self.classes)
        good = self.output == "softmax" or count == 2
        require(good, "classes", "exactly two names for a sigmoid output", self.classes)
        require(0.01 <= self.temperature <= 100, "temperature", "0.01 to 100", self.temperature)
        require(0 <= self.unsure_below <= 1, "unsure_below", "0 to 1", self.unsure_below)
        for golden in self.golden:
            good = len(golden.probabilities) == count
            require(good, "golden", f"{count} probabilities", golden.probabilities)
        above = self.off_topic_above
        require(0 <= above <= 1, "off_topic_above", "0 to 1", above)
        if self.kind == "two-view":
            self._check_views()
        else:
            require(not self.heads, "heads", f"empty for the kind {self.kind!r}", [*self.heads])
            require(not self.fusion, "fusion", f"empty for the kind {self.kind!r}", self.fusion)
            require(above == 1, "off_topic_above", f"1 for the kind {self.kind!r}", above)
            look = self.preprocessing.look
            require(look == 0, "look", f"0 for the kind {self.kind!r}", look)

    def knows(self, classes: Sequence[str]) -> bool:
        """Tell whether these are the model's classes; capitals make no difference."""
        return [name.casefold() for name in classes] == [name.casefold() for name in self.classes]

    def _check_views(self) -> None:
        """Refuse what a model of two views cannot be."""
        require(self.output == "sigmoid", "output", "sigmoid for two views", self.output)
        size = self.preprocessing
        require(size.look > 0, "look", "above 0 for two views", size.look)
        require(size.resample == "area", "resample", "area for two views", size.resample)
        require(size.fit == "stretch", "fit", "stretch for two views", size.fit)
        names = set(self.heads)
        good = set(HEADS) <= names <= {*HEADS, OFF_TOPIC}
        rule = f"{' and '.join(HEADS)}, with or without {OFF_TOPIC}"
        require(good, "heads", rule, sorted(names))
        if OFF_TOPIC in self.heads:
            wanted, got = (len(self.heads[name].weights) for name in ("scene", OFF_TOPIC))
            require(got == wanted, OFF_TOPIC, f"a head of {wanted} weights", got)
        good = set(self.fusion) == set(FUSION_TERMS)
        require(good, "fusion", f"weights of {', '.join(FUSION_TERMS)}", sorted(self.fusion))
        good = all(map(math.isfinite, self.fusion.values()))
        require(good, "fusion", "finite numbers", dict(self.fusion))


def graph_file(name: str) -> str:
    """Return the file name of a graph inside the bundle."""
    return f"{name}.onnx"


def golden_file(index: int) -> str:
    """Return the file name of a golden picture inside the bundle."""
    return f"golden/{index}.png"
