"""From a trained network to a bundle: graph, calibration, and what the manifest says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.bundle.archive import Bundle
from happysad.bundle.manifest import Manifest
from happysad.judge.calibration import apply_temperature, fit_temperature
from happysad.judge.decision import choose_unsure_below
from happysad.training.fit import predict_raw
from happysad.training.onnx_writer import write_onnx
from happysad.training.origin import origin

if TYPE_CHECKING:
    from happysad.config import TrainOptions
    from happysad.records import Split
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

    Raises:
        UsageError: the network has a layer that cannot be saved.
        MissingExtraError: onnx is not installed.
    """
    raw = predict_raw(fitted.model, validation)
    temperature = fit_temperature(raw, validation.labels)
    calibrated = apply_temperature(raw, temperature)
    manifest = Manifest(
        preset=network.name,
        classes=training.classes,
        preprocessing=network.preprocessing,
        output=network.output,
        temperature=temperature,
        unsure_below=choose_unsure_below(calibrated, validation.labels),
        **origin(
            name,
            options=options,
            split=split,
            entries=(*training.entries, *validation.entries),
            libraries=_LIBRARIES,
        ),
    )
    return Bundle(manifest, {"scene": write_onnx(fitted.model, input_dtype=network.pixel_dtype)})
