"""The nouns, in the order in which a picture meets them.

bytes → Picture → Collection (of Entries, with Findings) → Split → Batch → History → Report
→ Bundle (see ``happysad.bundle``) → Predictor → Prediction.

Everything here is frozen and holds data alone; the verbs live on the floors above.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from happysad.errors import PictureError

CODES: Mapping[str, str] = MappingProxyType(
    {
        # a picture that cannot be used
        "missing": "there is no such file",
        "permission_denied": "the file may not be read",
        "not_a_file": "not a regular file (a folder, pipe, socket or device)",
        "symbolic_link": "a symbolic link, which is not followed",
        "vanished": "the file disappeared while it was being read",
        "zero_bytes": "the file is empty",
        "html": "a web page saved under a picture's name",
        "git_lfs_pointer": "a Git LFS pointer instead of the picture it stands for",
        "unsupported_format": "not a picture format that happysad reads",
        "too_many_bytes": "the file is larger than the limit",
        "too_many_pixels": "the picture has more pixels than the limit",
        "truncated": "the picture breaks off before its end",
        "unreadable": "the picture is damaged",
        "decode_timeout": "decoding took too long and was stopped",
        "decode_crashed": "decoding ended its process",
        "url_refused": "the address may not be fetched",
        "fetch_failed": "the address could not be fetched",
        # a picture that can be read, but should not be trained on
        "both_classes": "the same picture lies in more than one class",
        "exact_duplicate": "the same bytes or pixels as an earlier file of the class",
        "dropped": "set aside by a decision of yours",
        # a picture to look at
        "relabelled": "used with another label by a decision of yours",
        "near_duplicate": "nearly the same picture as another one",
        "misnamed": "the file's extension names another format",
        "too_small": "fewer pixels than the network looks at",
        "odd_aspect": "much wider than high, or much higher than wide",
        "dark": "nearly black",
        "bright": "nearly white",
        "blurred": "out of focus or shaken",
        "low_information": "almost nothing is in the picture",
        # a label to look at
        "likely_wrong_label": "models that did not see the picture say that its label is wrong",
        "off_topic": "probably shows neither class: a poster of words, a chart, an object",
    }
)
"""Every code that a finding or a picture's error can carry, with its meaning."""

UNSURE = "unsure"
"""The verdict of a model that abstains; no class may have this name."""

STRENGTH = "strength"
"""The measure of a history whose steps are no epochs but strengths of a ridge."""

Severity = Literal["fault", "notice"]
PartName = Literal["train", "validation", "test"]
PARTS: tuple[PartName, ...] = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded picture.

    Attributes:
        pixels: uint8 array of shape (height, width, 3), values 0 to 255, RGB, upright.
        source: where it came from: a path, a URL, ``-`` or ``array``.
        format: format by content, lower case: ``jpeg``, ``png``, …; ``array`` for arrays.
        width: pixels a side as stored, upright; ``pixels`` may be a reduced decode of it.
        height: like ``width``.
        sha256: hex digest of the bytes that were decoded.
    """

    pixels: NDArray[np.uint8]
    source: str
    format: str
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found about one file.

    Attributes:
        code: a key of ``CODES``.
        file: path relative to the collection's folder, with ``/``.
        severity: ``fault``: the file is set aside; ``notice``: it is used, look at it.
        message: one sentence for people.
        related: the other files concerned, e.g. the file that this one copies.
        measure: the number behind the finding, None where there is none.
        suggested: the class that the picture more likely belongs to; None where the finding is
            about something else.
    """

    code: str
    file: str
    severity: Severity
    message: str
    related: tuple[str, ...] = ()
    measure: float | None = None
    suggested: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One readable picture file of a collection.

    Attributes:
        file: path relative to the collection's folder, with ``/``.
        label: class name, the first folder of ``file``.
        sha256: hex digest of the file's bytes; the picture's identity in splits and bundles.
        size_bytes: the file's size.
        format: format by content.
        width: upright pixels.
        height: upright pixels.
        signature: hex of the 256-bit perceptual hash, see ``pictures.signature``.
        group: identity of its group of exact and near duplicates: the smallest sha256 in it.
        quality: measures by name, see ``pictures.quality``.
    """

    file: str
    label: str
    sha256: str
    size_bytes: int
    format: str
    width: int
    height: int
    signature: str
    group: str
    quality: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Collection:
    """A labelled folder after the check.

    Every file seen is in exactly one of ``entries`` (used), ``set_aside`` (a fault) and
    ``ignored`` (no picture and not meant as one: hidden files, notes).

    Attributes:
        root: absolute path of the folder.
        classes: class names in label order; the index in this tuple is the label number.
        entries: the pictures to use, sorted by file.
        set_aside: files with a fault, sorted.
        ignored: files passed over, sorted.
        findings: everything found, sorted by file.
        wrong_labels: about how many labels are wrong, as far as models can tell; None where
            labels were not looked at.
        seen_by_base: pictures that the model that tells it was itself trained on, copies included.
    """

    root: str
    classes: tuple[str, ...]
    entries: tuple[Entry, ...]
    set_aside: tuple[str, ...]
    ignored: tuple[str, ...]
    findings: tuple[Finding, ...]
    wrong_labels: float | None = None
    seen_by_base: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Files by fate: seen = used + set_aside + ignored."""
        used, aside, ignored = len(self.entries), len(self.set_aside), len(self.ignored)
        return {
            "seen": used + aside + ignored,
            "used": used,
            "set_aside": aside,
            "ignored": ignored,
        }


@dataclass(frozen=True, slots=True)
class Split:
    """Which picture belongs to which part; holds identities, never data.

    Attributes:
        parts: sha256 digests by part name, each sorted; no duplicate group is in two parts.
        seed: the seed the split was drawn with.
        fractions: the shares that were asked for, in the order train, validation, test.
        classes: class names in label order.
        labels: class name by sha256, for every picture of every part.
        groups: duplicate group by sha256.
    """

    parts: Mapping[str, tuple[str, ...]]
    seed: int
    fractions: tuple[float, float, float]
    classes: tuple[str, ...]
    labels: Mapping[str, str]
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some pictures as the network sees them.

    Attributes:
        pixels: array of shape (N, height, width, 3), values 0 to 255, RGB.
        labels: int64 array of shape (N,), indices into ``classes``.
        ids: sha256 of each picture.
        classes: class names in label order.
    """

    pixels: NDArray[np.generic]
    labels: NDArray[np.int64]
    ids: tuple[str, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """One number about a model, never without its n and interval.

    Attributes:
        name: e.g. ``accuracy``.
        value: the estimate; NaN where it is undefined (say, no positive picture).
        low: lower end of the 95% interval.
        high: upper end of the 95% interval.
        n: pictures that the estimate rests on (its denominator).
        method: how the interval was made, e.g. ``wilson`` or ``group bootstrap``.
    """

    name: str
    value: float
    low: float
    high: float
    n: int
    method: str

    def __str__(self) -> str:
        """Return e.g. ``accuracy 0.733 [0.556, 0.858], n = 30``."""
        return f"{self.name} {self.value:.3f} [{self.low:.3f}, {self.high:.3f}], n = {self.n}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said of one labelled picture.

    Attributes:
        file: path of the picture.
        sha256: its identity.
        group: its duplicate group.
        label: the true class.
        predicted: the most probable class.
        verdict: a class or ``unsure``.
        probabilities: class → probability; sums to 1.
        seen_in_training: the training file it copies, or None.
    """

    file: str
    sha256: str
    group: str
    label: str
    predicted: str
    verdict: str
    probabilities: Mapping[str, float]
    seen_in_training: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How a model did on labelled pictures.

    Attributes:
        model: name of the judged model.
        data: name of the pictures it was judged on.
        classes: class names in label order; the last is the positive class.
        scores: metric name → Score.
        baseline: Score of always answering the majority class.
        confusion: rows are true classes, columns predicted ones, both in label order.
        answers: one per picture.
        seen_in_training: how many of the pictures copy a training picture.
        unanswered: file → error code of pictures that could not be judged.
    """

    model: str
    data: str
    classes: tuple[str, ...]
    scores: Mapping[str, Score]
    baseline: Score
    confusion: tuple[tuple[int, ...], ...]
    answers: tuple[Answer, ...]
    seen_in_training: int
    unanswered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Face:
    """One face in a picture.

    Attributes:
        box: left, top, right, bottom as shares of the picture's width and height, 0 to 1.
        score: the finder's confidence, 0 to 1.
        probabilities: class → probability, read from the expression.
    """

    box: tuple[float, float, float, float]
    score: float
    probabilities: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Views:
    """What each view of a picture said, for models that have two.

    Attributes:
        scene: probability of the positive class from the whole picture alone, 0 to 1.
        scene_share: how much the scene counted in the answer, 0 to 1.
        faces_share: how much the faces counted; both add up to 1.
        sentence: the same in words, e.g. ``scene 0.7 sad, 1 face 0.9 sad``.
    """

    scene: float
    scene_share: float
    faces_share: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one picture, or the reason why there is none.

    The attributes are the keys of ``predict --jsonl``, in this order.

    Attributes:
        source: the path, URL, ``-`` or ``array`` that was asked about.
        label: the most probable class; None on error.
        verdict: ``label``, or ``unsure`` below the model's threshold, or where the picture is
            probably neither; None on error.
        probabilities: class → calibrated probability; empty on error.
        faces: the faces that were found; empty for models that do not look for any.
        views: what the scene and the faces said; None for models that have one view.
        off_topic: probability that the picture is neither, say a poster of words or a chart;
            None for models that do not tell.
        seen_in_training: name of the training picture this one copies, or None.
        error: None, or ``{"code": …, "message": …}``.
    """

    source: str
    label: str | None
    verdict: str | None
    probabilities: Mapping[str, float]
    faces: tuple[Face, ...] = ()
    views: Views | None = None
    off_topic: float | None = None
    seen_in_training: str | None = None
    error: Mapping[str, str] | None = None

    @classmethod
    def failed(cls, error: PictureError) -> Prediction:
        """Return the prediction of a picture that cannot be used."""
        told = {"code": error.code, "message": error.message}
        return cls(source=error.source, label=None, verdict=None, probabilities={}, error=told)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``predict --jsonl``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A prediction, and what in the picture spoke for which class.

    Attributes:
        prediction: the answer.
        pixels: the picture in which faces were looked for, uint8 RGB of shape (H, W, 3); None
            on error.
        scene_map: the scene's logit cell by cell, float64 of shape (rows, columns), stretched
            over the whole picture: above 0 speaks for the second class, below for the first;
            None on error.
    """

    prediction: Prediction
    pixels: NDArray[np.uint8] | None = None
    scene_map: NDArray[np.float64] | None = None


def classes_of(collection: Collection) -> dict[str, int]:
    """Return pictures in use by class name, in label order."""
    counts = dict.fromkeys(collection.classes, 0)
    for entry in collection.entries:
        counts[entry.label] += 1
    return counts
