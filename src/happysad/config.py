"""The options, one frozen dataclass per verb, and the TOML file that sets them.

Constructors check and store, nothing else. Each constraint stands beside the field it guards;
a broken one is a ``UsageError`` that names the option, the value and what is allowed.
"""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_type_hints

from happysad.errors import UsageError

Fit = Literal["stretch", "crop", "pad"]
Resample = Literal["area", "point"]
AugmentLevel = Literal["none", "write-up", "strong"]

_MIB = 1024 * 1024


def require(condition: bool, name: str, rule: str, value: object) -> None:
    """Raise ``UsageError`` in the house form unless the condition holds."""
    if not condition:
        msg = f"The '{name}' option must be {rule}. Got {value!r} instead."
        raise UsageError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a picture may cost; read from its header before anything is decoded.

    Attributes:
        max_bytes: size of the file or body, in bytes.
        max_pixels: width times height.
        max_side: pixels on the longer side.
        decode_seconds: time for one picture where decoding is isolated.
    """

    max_bytes: int = 20 * _MIB
    max_pixels: int = 40_000_000
    max_side: int = 16_384
    decode_seconds: float = 20.0

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_pixels", "max_side", "decode_seconds"):
            require(getattr(self, name) > 0, name, "above 0", getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing:
    """From a picture of any size to the array that a network takes.

    Scaling to 0–1 is part of every graph, so the array is uint8 RGB, 0 to 255.

    Attributes:
        width: pixels.
        height: pixels.
        fit: ``stretch`` ignores the aspect, ``crop`` takes the middle, ``pad`` adds black bars.
        resample: ``area`` averages what it shrinks and may start from a reduced JPEG decode;
            ``point`` samples bilinearly between the four nearest pixels of the full picture, as
            ``tf.image.resize`` does by default; imported models use it.
        look: longer side, in pixels, of the picture in which faces are looked for; a smaller
            picture stays as it is. 0: none are.
    """

    width: int = 256
    height: int = 256
    fit: Fit = "stretch"
    resample: Resample = "area"
    look: int = 0

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            value = getattr(self, name)
            require(8 <= value <= 2048, name, "between 8 and 2048", value)
        require(self.fit in {"stretch", "crop", "pad"}, "fit", "stretch, crop or pad", self.fit)
        require(self.resample in {"area", "point"}, "resample", "area or point", self.resample)
        good = self.look == 0 or 64 <= self.look <= 2048
        require(good, "look", "0 or between 64 and 2048", self.look)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOptions:
    """How pictures are fetched from the web.

    Attributes:
        seconds: deadline for one picture, redirects included.
        max_redirects: each target is checked again.
        allow_private: also addresses of one's own network and machine, and any port.
    """

    seconds: float = 10.0
    max_redirects: int = 3
    allow_private: bool = False

    def __post_init__(self) -> None:
        require(self.seconds > 0, "seconds", "above 0", self.seconds)
        require(0 <= self.max_redirects <= 10, "max_redirects", "0 to 10", self.max_redirects)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What ``check`` looks for.

    Attributes:
        small_side: pictures with a shorter side below this many pixels are ``too_small``.
        max_aspect: longer side over shorter side, above which the aspect is odd.
        workers: processes; 0 takes one per processor.
        limits: what a picture may cost.
    """

    small_side: int = 64
    max_aspect: float = 4.0
    workers: int = 0
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        require(self.small_side >= 1, "small_side", "1 or more", self.small_side)
        require(self.max_aspect > 1, "max_aspect", "above 1", self.max_aspect)
        require(self.workers >= 0, "workers", "0 or more", self.workers)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOptions:
    """How pictures are dealt to train, validation and test.

    Attributes:
        fractions: shares of train, validation and test; they add up to 1.
        seed: for the order in which groups are dealt.
        folds: 0, or the k of a k-fold evaluation.
    """

    fractions: tuple[float, float, float] = (0.7, 0.2, 0.1)
    seed: int = 1
    folds: int = 0

    def __post_init__(self) -> None:
        rule = "three shares above 0 that add up to 1"
        good = len(self.fractions) == 3 and all(share > 0 for share in self.fractions)
        good = good and abs(sum(self.fractions) - 1) < 1e-6
        require(good, "fractions", rule, self.fractions)
        require(self.folds == 0 or 2 <= self.folds <= 20, "folds", "0 or 2 to 20", self.folds)


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentOptions:
    """Random changes of training pictures; 0 turns a change off.

    Attributes:
        rotation: degrees, drawn from -rotation to +rotation.
        shift: share of width and height, likewise.
        zoom: share, likewise.
        shear: share, likewise.
        flip: mirror left and right half of the time.
        brightness: share of the value range.
        contrast: share.
        colour: strength of hue and saturation jitter, 0 to 1.
        blur: chance of a Gaussian blur.
        erase: chance of erasing a rectangle.
        rand_augment: number of RandAugment operations a picture.
        mix_up: alpha of MixUp's beta distribution.
        cut_mix: alpha of CutMix's beta distribution, up to 1.
        fill: how pixels from outside the picture are made.
    """

    rotation: float = 0.0
    shift: float = 0.0
    zoom: float = 0.0
    shear: float = 0.0
    flip: bool = False
    brightness: float = 0.0
    contrast: float = 0.0
    colour: float = 0.0
    blur: float = 0.0
    erase: float = 0.0
    rand_augment: int = 0
    mix_up: float = 0.0
    cut_mix: float = 0.0
    fill: Literal["nearest", "reflect", "constant", "wrap"] = "nearest"

    def __post_init__(self) -> None:
        require(0 <= self.rotation <= 180, "rotation", "0 to 180 degrees", self.rotation)
        for name in ("shift", "zoom", "shear", "brightness", "contrast", "colour", "blur", "erase"):
            require(0 <= getattr(self, name) <= 1, name, "0 to 1", getattr(self, name))
        require(self.rand_augment >= 0, "rand_augment", "0 or more", self.rand_augment)
        require(self.mix_up >= 0, "mix_up", "0 or more", self.mix_up)
        require(0 <= self.cut_mix <= 1, "cut_mix", "0 to 1", self.cut_mix)

    @classmethod
    def level(cls, name: str, **changes: Any) -> AugmentOptions:
        """Return a named level, with single options changed.

        ``write-up`` is what the write-up's generator did: rotation 30°, shifts 0.2, flips,
        nearest fill. ``strong`` adds the rest.

        Raises:
            UsageError: unknown level or option.
        """
        require(name in AUGMENT_LEVELS, "augment", f"one of {', '.join(AUGMENT_LEVELS)}", name)
        return options_from(cls, {**AUGMENT_LEVELS[name], **changes}, "augment")


AUGMENT_LEVELS: dict[str, dict[str, Any]] = {
    "none": {},
    "write-up": {"rotation": 30.0, "shift": 0.2, "flip": True},
    "strong": {
        "rotation": 30.0,
        "shift": 0.2,
        "zoom": 0.2,
        "shear": 0.1,
        "flip": True,
        "brightness": 0.2,
        "contrast": 0.2,
        "colour": 0.2,
        "blur": 0.1,
        "erase": 0.25,
        "mix_up": 0.2,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """How ``train`` fits.

    Attributes:
        preset: ``two-view``, heads on the views of a base model; or the name of a network that is
            trained in epochs, see ``training.networks``. ``augment``, ``keep_best`` and
            ``tensorboard`` are for such networks alone; ``epochs``, ``batch_size``,
            ``learning_rate`` and ``patience`` for them and for ``fine_tune``.
        base: the model whose views ``two-view`` builds on: a bundle, the folder of a run, or
            ``default`` for the one that came with happysad.
        fine_tune: also train the upper half of the scene's network on the training part, and keep
            it if that lowers the log loss on the validation part.
        epochs: passes over the training part.
        batch_size: pictures a step.
        learning_rate: of Adam; 0 takes the preset's own.
        seed: of weights, order and augmentation; of the folds that choose a ridge.
        augment: random changes of training pictures.
        patience: epochs without a better validation loss before stopping; 0 never stops early.
        keep_best: end with the weights of the best epoch by validation loss.
        class_weights: weigh classes by the inverse of their share.
        cache_mib: decoded pictures kept in memory up to this size, on disk beyond it.
        tensorboard: also write TensorBoard event files.
        split: how the pictures are dealt.
        check: how the folder is checked.
    """

    preset: str = "two-view"
    base: str = "default"
    fine_tune: bool = False
    epochs: int = 20
    batch_size: int = 32
    learning_rate: float = 0.0
    seed: int = 1
    augment: AugmentOptions = field(default_factory=lambda: AugmentOptions.level("write-up"))
    patience: int = 0
    keep_best: bool = True
    class_weights: bool = False
    cache_mib: int = 2048
    tensorboard: bool = False
    split: SplitOptions = field(default_factory=SplitOptions)
    check: CheckOptions = field(default_factory=CheckOptions)

    def __post_init__(self) -> None:
        require(1 <= self.epochs <= 100_000, "epochs", "1 to 100000", self.epochs)
        require(1 <= self.batch_size <= 4096, "batch_size", "1 to 4096", self.batch_size)
        require(self.learning_rate >= 0, "learning_rate", "0 or more", self.learning_rate)
        require(0 <= self.seed < 2**31, "seed", "0 to 2147483647", self.seed)
        require(self.patience >= 0, "patience", "0 or more", self.patience)
        require(self.cache_mib >= 0, "cache_mib", "0 or more", self.cache_mib)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOptions:
    """How people label a pool of pictures.

    Attributes:
        classes: the two names in the order of the keys ← and →; none: those of the labels that
            are there, else ``happy`` and ``sad``.
        review: go through the pictures of a labelled folder whose label is in doubt.
        every: labels between two refits of the model that asks.
        double: share of the pictures that two people are asked about.
        ask: name of the strategy by which the model chooses, see ``judge.queries``; empty for its
            own way: typical pictures first, then those that it is least sure of.
        balanced: let it ask for more of what it takes for the rarer class.
        seed: of the order in which to ask before a model has a say.
        check: how the folder is read.
    """

    classes: tuple[str, ...] = ()
    review: bool = False
    every: int = 10
    double: float = 0.0
    ask: str = ""
    balanced: bool = False
    seed: int = 1
    check: CheckOptions = field(default_factory=CheckOptions)

    def __post_init__(self) -> None:
        good = len(self.classes) in {0, 2} and all(map(_can_name_a_folder, self.classes))
        good = good and len({name.casefold() for name in self.classes}) == len(self.classes)
        rule = "two different names that folders can have, neither unsure nor skip"
        require(good, "classes", rule, ",".join(self.classes))
        require(self.every >= 1, "every", "1 or more", self.every)
        require(0 <= self.double <= 1, "double", "0 to 1", self.double)


def _can_name_a_folder(name: str) -> bool:
    taken = {"", ".", "..", "unsure", "skip"}
    return name.isprintable() and name.strip() not in taken and not set(name) & set("/\\:")


Options = TypeVar("Options")


def options_from(kind: type[Options], values: dict[str, Any], where: str) -> Options:
    """Build an options dataclass from plain values, nested tables included.

    Args:
        kind: one of this module's dataclasses.
        values: option name → value; a table for a nested options dataclass.
        where: what to call the table in an error.

    Raises:
        UsageError: an unknown option, a value of the wrong type or out of range.
    """
    hints = get_type_hints(kind)
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - known)
    if unknown:
        msg = f"Unknown option {unknown[0]!r} in '{where}'. It takes: {', '.join(sorted(known))}."
        raise UsageError(msg)
    ready: dict[str, Any] = {}
    for name, value in values.items():
        hint = hints[name]
        if dataclasses.is_dataclass(hint):
            ready[name] = _nested(hint, value, f"{where}.{name}")  # type: ignore[arg-type]
        elif isinstance(value, list):
            ready[name] = tuple(value)
        else:
            ready[name] = _scalar(hint, value, name)
    return kind(**ready)


def options_from_toml(kind: type[Options], path: Path) -> Options:
    """Read an options dataclass from a TOML file.

    Raises:
        UsageError: the file cannot be read, is no TOML, or holds a wrong option.
    """
    return options_from(kind, read_toml(path), path.name)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of options as plain values.

    Raises:
        UsageError: the file cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"The options file {str(path)!r} cannot be used: {error}"
        raise UsageError(msg) from error


def _nested(kind: type[Any], value: Any, where: str) -> Any:
    if isinstance(value, kind):
        return value
    if kind is AugmentOptions and isinstance(value, str):
        return AugmentOptions.level(value)
    if kind is AugmentOptions and isinstance(value, dict):
        # A table changes single options of a level: of the one it names, or of the default one.
        changes = {key: item for key, item in value.items() if key != "level"}
        return AugmentOptions.level(value.get("level", "write-up"), **changes)
    require(isinstance(value, dict), where, "a table of options", value)
    return options_from(kind, value, where)


def _scalar(hint: Any, value: Any, name: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in {int, float, bool, str}:
        good = isinstance(value, hint) and not (hint is int and isinstance(value, bool))
        require(good, name, f"of type {hint.__name__}", value)
    return value
