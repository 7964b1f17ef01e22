"""``look``: show what is in a labelled folder before anything is trained on it."""

from __future__ import annotations

import html
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from happysad.collection.scan import scan
from happysad.config import CheckOptions, Limits, Preprocessing
from happysad.errors import PictureError, UsageError
from happysad.pictures.features import Glimpse, glimpse
from happysad.pictures.prepare import decode_for
from happysad.pictures.workers import map_isolated
from happysad.progress import Progress, silent
from happysad.records import Batch, Collection, Entry, classes_of
from happysad.reports import look as draw
from happysad.reports.page import data_uri, visible
from happysad.sources.read import read_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.config import AugmentOptions

_BATCH: Final = 16
_SHOWN: Final = 16
_AUGMENTED: Final = 4
# Below this mean difference of the channels a picture counts as grey.
_GREY: Final = 0.02


@dataclass(frozen=True, slots=True)
class Diversity:
    """How varied the pictures of one class are.

    Attributes:
        label: class name.
        pictures: in use.
        formats: format → pictures, most frequent first.
        sides: least, median and greatest longer side, in pixels.
        brightness: mean of the pictures' mean luma, 0 to 1.
        saturation: mean of the pictures' colourfulness, 0 to 1.
        grey: share of pictures without colour, 0 to 1.
        near_duplicates: share of pictures that have a near duplicate among the used ones, 0 to 1.
    """

    label: str
    pictures: int
    formats: Mapping[str, int]
    sides: tuple[int, int, int]
    brightness: float
    saturation: float
    grey: float
    near_duplicates: float

    def __str__(self) -> str:
        """Return one line for people."""
        formats = ", ".join(f"{count} {name}" for name, count in self.formats.items())
        return (
            f"{formats} · longer side {self.sides[0]} to {self.sides[2]} px, median "
            f"{self.sides[1]} · {self.grey:.0%} grey · {self.near_duplicates:.0%} near duplicates"
        )


@dataclass(frozen=True, slots=True)
class Look:
    """What is in a labelled folder.

    Attributes:
        collection: the folder after the check.
        labels: label number → class name; the number is what the network learns.
        counts: class name → pictures in use.
        diversity: one a class, in label order.
        batch: some pictures with their labels, as a network takes them.
        typical: class name → files, the most typical first.
        unusual: class name → files, the most unusual first.
        pictures: name → PNG bytes: ``batch``, ``balance``, ``diversity``, ``contact-CLASS`` and,
            where it was asked for, ``augment``.
        files: where the pictures were written; empty without ``out``.
    """

    collection: Collection
    labels: Mapping[int, str]
    counts: Mapping[str, int]
    diversity: tuple[Diversity, ...]
    batch: Batch
    typical: Mapping[str, tuple[str, ...]]
    unusual: Mapping[str, tuple[str, ...]]
    pictures: Mapping[str, bytes]
    files: tuple[Path, ...] = ()

    def __str__(self) -> str:
        """Return the same facts as lines of text."""
        counts = self.collection.counts
        lines = [
            f"{counts['seen']} files seen = {counts['used']} used + {counts['set_aside']} set "
            f"aside + {counts['ignored']} ignored",
            f"a batch has the shape {self.batch.pixels.shape}",
        ]
        for number, told in enumerate(self.diversity):
            lines.append(f"label {number} = {told.label}: {told.pictures} pictures; {told}")
            lines.append(f"  most typical: {', '.join(self.typical[told.label][:3])}")
            lines.append(f"  most unusual: {', '.join(self.unusual[told.label][:3])}")
        lines += [f"drawn: {path}" for path in self.files]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the pictures for a notebook."""
        return "".join(
            f'<img alt="{html.escape(visible(name))}" src="{data_uri(png)}" '
            'style="display:block;max-width:100%;margin-bottom:1em">'
            for name, png in self.pictures.items()
        )


def look(
    folder: str | Path,
    *,
    out: Path | None = None,
    augment: AugmentOptions | None = None,
    seed: int = 1,
    progress: Progress = silent,
) -> Look:
    """Show a batch, the balance, the diversity, the typical and the unusual pictures.

    Typical and unusual: each picture is described by 88 plain numbers of layout, colour and edges
    (``pictures.features``). They are brought to equal spread over the collection and reduced to
    their twelve strongest directions; what lies nearest to the median of its class is typical,
    what lies farthest is unusual. Of a group of near duplicates one picture is shown.

    Args:
        folder: one folder for each class.
        out: folder for the PNG files; nothing is written without it.
        augment: also show what these random changes do.
        seed: decides which pictures the batch shows, and the random changes.
        progress: told of the files read.

    Raises:
        CollectionError: the folder's layout leaves open what the classes are.
        UsageError: ``out`` cannot be written to.
        MissingExtraError: ``augment`` without keras.
    """
    options = CheckOptions()
    collection = scan(folder, options=options, progress=progress)
    seen = _glimpses(collection, options.limits, progress)
    entries = [entry for entry in collection.entries if entry.file in seen]
    batch, names = _batch(collection, entries, options.limits, seed)
    ranked = _ranked(collection, entries, seen)
    told = tuple(_diversity(collection, label) for label in collection.classes)
    pictures = {
        "batch": draw.batch_sheet(batch),
        "balance": draw.balance(classes_of(collection)),
        "diversity": draw.diversity(_spreads(collection), collection.classes, list(map(str, told))),
    }
    for label, files in ranked.items():
        pictures[f"contact-{label}"] = _contact(label, files, seen)
    if augment is not None:
        pictures["augment"] = _augmented(batch, names, augment, seed)
    return Look(
        collection=collection,
        labels=dict(enumerate(collection.classes)),
        counts=classes_of(collection),
        diversity=told,
        batch=batch,
        typical=ranked,
        unusual={label: files[::-1] for label, files in ranked.items()},
        pictures=pictures,
        files=_write(pictures, out) if out is not None else (),
    )


def _glimpses(collection: Collection, limits: Limits, progress: Progress) -> dict[str, Glimpse]:
    """Return what a look keeps of each picture; one that has gone bad meanwhile is left out."""
    files = [entry.file for entry in collection.entries]
    paths = [os.path.join(collection.root, file) for file in files]  # noqa: PTH118 - odd names
    seen = {}
    work = map_isolated(partial(glimpse, limits=limits), paths, seconds=limits.decode_seconds)
    for done, (index, result) in enumerate(work, start=1):
        if not isinstance(result, PictureError):
            seen[files[index]] = result
        progress("looking at pictures", done, len(files))
    return seen


def _batch(
    collection: Collection, entries: Sequence[Entry], limits: Limits, seed: int
) -> tuple[Batch, tuple[str, ...]]:
    """Return some pictures in random order as a batch, and their files."""
    order = np.random.default_rng(seed).permutation(len(entries))[:_BATCH]
    chosen = [entries[index] for index in order]
    arrays = []
    for entry in chosen:
        path = Path(collection.root, entry.file)
        arrays.append(decode_for(read_file(path, limits=limits), Preprocessing(), limits=limits)[1])
    labels = np.array([collection.classes.index(entry.label) for entry in chosen], np.int64)
    ids = tuple(entry.sha256 for entry in chosen)
    files = tuple(entry.file for entry in chosen)
    return Batch(np.stack(arrays), labels, ids, collection.classes), files


def _ranked(
    collection: Collection, entries: Sequence[Entry], seen: Mapping[str, Glimpse]
) -> dict[str, tuple[str, ...]]:
    """Return the files of each class, the most typical first, one of each duplicate group."""
    places = _directions(np.stack([seen[entry.file].features for entry in entries]))
    ranked = {}
    for label in collection.classes:
        rows = [row for row, entry in enumerate(entries) if entry.label == label]
        away = np.linalg.norm(places[rows] - np.median(places[rows], axis=0), axis=1)
        groups: dict[str, str] = {}
        for place in np.argsort(away, kind="stable"):
            entry = entries[rows[place]]
            groups.setdefault(entry.group, entry.file)
        ranked[label] = tuple(groups.values())
    return ranked


def _directions(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring features of shape (N, D) to equal spread and their twelve strongest directions."""
    centred = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-6)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    result: NDArray[np.float32] = centred @ directions[:12].T
    return result


def _diversity(collection: Collection, label: str) -> Diversity:
    entries = [entry for entry in collection.entries if entry.label == label]
    groups = Counter(entry.group for entry in collection.entries)
    sides = sorted(max(entry.width, entry.height) for entry in entries) or [0]
    count = max(len(entries), 1)
    return Diversity(
        label=label,
        pictures=len(entries),
        formats=dict(Counter(entry.format for entry in entries).most_common()),
        sides=(sides[0], sides[len(sides) // 2], sides[-1]),
        brightness=sum(entry.quality["brightness"] for entry in entries) / count,
        saturation=sum(entry.quality["saturation"] for entry in entries) / count,
        grey=sum(entry.quality["saturation"] < _GREY for entry in entries) / count,
        near_duplicates=sum(groups[entry.group] > 1 for entry in entries) / count,
    )


def _spreads(collection: Collection) -> list[draw.Spread]:
    def values(name: str) -> dict[str, list[float]]:
        return {
            label: [entry.quality[name] for entry in collection.entries if entry.label == label]
            for label in collection.classes
        }

    sides = {
        label: [
            float(np.log2(max(entry.width, entry.height)))
            for entry in collection.entries
            if entry.label == label
        ]
        for label in collection.classes
    }
    return [
        draw.Spread("longer side (pixels)", 6.0, 13.0, ("64", "8192"), sides),
        draw.Spread("brightness", 0.0, 1.0, ("black", "white"), values("brightness")),
        draw.Spread("colour", 0.0, 0.8, ("grey", "vivid"), values("saturation")),
        draw.Spread("information (bits)", 0.0, 6.0, ("0", "6"), values("information")),
    ]


def _contact(label: str, files: Sequence[str], seen: Mapping[str, Glimpse]) -> bytes:
    """Draw the most typical and the most unusual pictures of a class."""
    shown = min(_SHOWN, max(1, len(files) // 2))

    def tiles(chosen: Sequence[str]) -> list[draw.Tile]:
        return [(seen[file].tile, file.rpartition("/")[2]) for file in chosen]

    note = "by layout, colour and edges; one of each group of near duplicates"
    rows = {"most typical": tiles(files[:shown]), "most unusual": tiles(files[::-1][:shown])}
    return draw.sheet(f"The pictures of '{label}'", note, rows)


def _augmented(batch: Batch, names: Sequence[str], options: AugmentOptions, seed: int) -> bytes:
    """Draw some pictures, each followed by seven random changes of it."""
    from happysad.training.augment import augment_batch

    count = min(_AUGMENTED, len(names))
    pixels = batch.pixels[:count].astype(np.uint8)
    tiles: list[draw.Tile] = []
    rounds = [augment_batch(pixels, options, seed=seed + number) for number in range(7)]
    for row in range(count):
        tiles.append((pixels[row], "as it is"))
        for number, changed in enumerate(rounds, start=1):
            tiles.append((np.clip(changed[row], 0, 255).astype(np.uint8), f"change {number}"))
    note = "each training picture is changed anew in every epoch"
    if options.mix_up or options.cut_mix:
        note += "; mixing blends it, and its label, with another picture of the batch"
    return draw.sheet("What augmentation does", note, {"": tiles})


def _write(pictures: Mapping[str, bytes], out: Path) -> tuple[Path, ...]:
    """Write the pictures into a folder; class names have come from folder names and are safe."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, png in pictures.items():
            path = out / f"{name}.png"
            path.write_bytes(png)
            paths.append(path)
    except OSError as error:
        msg = f"The pictures cannot be written to {str(out)!r}: {error}. Name another folder."
        raise UsageError(msg) from error
    return tuple(paths)
