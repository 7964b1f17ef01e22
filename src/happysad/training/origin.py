"""Where a model comes from: what its manifest says of it, and what a resume must match."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from happysad.bundle.manifest import TrainedPicture
from happysad.training.run_folder import now, plain_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from happysad.bundle.archive import Bundle
    from happysad.config import TrainOptions
    from happysad.records import Entry, Report, Split


def origin(
    name: str,
    *,
    options: TrainOptions,
    split: Split,
    entries: Iterable[Entry],
    libraries: Sequence[str],
) -> dict[str, Any]:
    """Return the fields of a manifest that tell how a model came to be.

    Args:
        name: what people call the model.
        options: how it was trained.
        split: which picture was in which part.
        entries: the pictures of the training and the validation part: those of the one shaped
            the weights, those of the other chose among them, and the threshold.
        libraries: distributions whose version is worth noting.
    """
    return {
        "name": name,
        "created": now(),
        "training": trained_pictures(entries),
        "split_seed": split.seed,
        "parts": {part: len(members) for part, members in split.parts.items()},
        "options": plain_options(options),
        "versions": library_versions(libraries),
    }


def trained_pictures(entries: Iterable[Entry]) -> tuple[TrainedPicture, ...]:
    """Return what recognises some pictures."""
    return tuple(TrainedPicture(entry.file, entry.sha256, entry.signature) for entry in entries)


def with_scores(bundle: Bundle, report: Report) -> Bundle:
    """Return the bundle with the scores of a report in its manifest."""
    manifest = replace(bundle.manifest, scores=dict(report.scores), baseline=report.baseline)
    return replace(bundle, manifest=manifest)


def fingerprint(
    decisive: Mapping[str, Any], parts: Mapping[str, Sequence[Entry]]
) -> dict[str, Any]:
    """Return what decides the weights of a training, flat: ``augment.rotation`` → 30.0.

    Args:
        decisive: plain options; how the work is done (workers, memory, logs) is not among them,
            so that a resume may change it.
        parts: the pictures of each part.
    """
    flat: dict[str, Any] = {}
    for name, value in decisive.items():
        nested = value if isinstance(value, dict) else {"": value}
        flat |= {f"{name}.{key}".rstrip("."): item for key, item in nested.items()}
    for part, entries in parts.items():
        flat[f"pictures of {part}"] = [entry.sha256[:12] for entry in entries]
    return flat


def library_versions(names: Sequence[str]) -> dict[str, str]:
    """Return the installed version of each library."""
    return {name: version(name) for name in names}
