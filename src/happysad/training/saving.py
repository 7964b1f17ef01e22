"""From a trained network to a bundle: graph, calibration, and what the manifest says."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from happysad.bundle.archive import Bundle
from happysad.bundle.manifest import Manifest, TrainedPicture
from happysad.judge.calibration import apply_temperature, fit_temperature
from happysad.judge.decision import choose_unsure_below
from happysad.training.fit import predict_raw
from happysad.training.onnx_writer import write_onnx
from happysad.training.run_folder import now, plain_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from happysad.config import TrainOptions
    from happysad.records import Report, Split
    from happysad.training.examples import Examples
    from happysad.training.fit import Fitted
    from happysad.training.networks import Network

_LIBRARIES = ("happysad", "keras", "numpy", "onnx", "onnxruntime", "pillow")


def bundle_of(
    fitted: Fitted,
    network: Network,
    training: Examples,
    validation: Examples,
    *,
    name: str,
    options: TrainOptions,
    split: Split,
) -> Bundle:
    """Return a trained network as a bundle, calibrated on the validation part.

    The manifest lists the pictures of both parts as trained on: those of the one shaped the
    weights, those of the other chose the epoch, the temperature and the threshold.

    Raises:
        UsageError: the network has a layer that cannot be saved.
        MissingExtraError: onnx is not installed.
    """
    raw = predict_raw(fitted.model, validation)
    temperature = fit_temperature(raw, validation.labels)
    calibrated = apply_temperature(raw, temperature)
    manifest = Manifest(
        name=name,
        created=now(),
        preset=network.name,
        classes=training.classes,
        preprocessing=network.preprocessing,
        output=network.output,
        temperature=temperature,
        unsure_below=choose_unsure_below(calibrated, validation.labels),
        training=tuple(
            TrainedPicture(entry.file, entry.sha256, entry.signature)
            for entry in (*training.entries, *validation.entries)
        ),
        split_seed=split.seed,
        parts={part: len(members) for part, members in split.parts.items()},
        options=plain_options(options),
        versions=library_versions(_LIBRARIES),
    )
    return Bundle(manifest, {"scene": write_onnx(fitted.model, input_dtype=network.pixel_dtype)})


def with_scores(bundle: Bundle, report: Report) -> Bundle:
    """Return the bundle with the scores of a report in its manifest."""
    manifest = replace(bundle.manifest, scores=dict(report.scores), baseline=report.baseline)
    return replace(bundle, manifest=manifest)


def fingerprint(options: TrainOptions, parts: Mapping[str, Examples]) -> dict[str, Any]:
    """Return what decides the weights of a training, flat: ``augment.rotation`` → 30.0.

    How the work is done (workers, memory, logs) is left out; a resume may change it.
    """
    plain = plain_options(options)
    for name in ("cache_mib", "tensorboard", "check", "split"):
        del plain[name]
    flat: dict[str, Any] = {}
    for name, value in plain.items():
        nested = value if isinstance(value, dict) else {"": value}
        flat |= {f"{name}.{key}".rstrip("."): item for key, item in nested.items()}
    for part, examples in parts.items():
        flat[f"pictures of {part}"] = [entry.sha256[:12] for entry in examples.entries]
    return flat


def library_versions(names: Sequence[str]) -> dict[str, str]:
    """Return the installed version of each library."""
    return {name: version(name) for name in names}
