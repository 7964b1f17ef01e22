"""Saved models in the formats of other tools, each with a way to ask the written file back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.bundle.ports import INPUT
from happysad.training.engine import load_keras, load_tensorflow
from happysad.training.restore import model_from_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from happysad.bundle.archive import Bundle

    Write = Callable[[Bundle, Path], None]
    Ask = Callable[[Path, NDArray[Any]], NDArray[Any]]


def _write_keras(bundle: Bundle, path: Path) -> None:
    model_from_bundle(bundle).save(path)


def _ask_keras(path: Path, pixels: NDArray[Any]) -> NDArray[Any]:
    model = load_keras().models.load_model(path, compile=False, safe_mode=True)
    return np.asarray(model.predict_on_batch(pixels.astype(np.float32)))


def _write_onnx(bundle: Bundle, path: Path) -> None:
    path.write_bytes(bundle.graphs["scene"])


def _ask_onnx(path: Path, pixels: NDArray[Any]) -> NDArray[Any]:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    dtype = np.uint8 if "uint8" in session.get_inputs()[0].type else np.float32
    return np.asarray(session.run(None, {INPUT: pixels.astype(dtype)})[0])


def _write_savedmodel(bundle: Bundle, path: Path) -> None:
    model_from_bundle(bundle).export(path, format="tf_saved_model", verbose=False)


def _ask_savedmodel(path: Path, pixels: NDArray[Any]) -> NDArray[Any]:
    loaded = load_tensorflow().saved_model.load(str(path))
    return np.asarray(loaded.serve(pixels.astype(np.float32)))


FORMATS: Mapping[str, tuple[str, Write, Ask]] = MappingProxyType(
    {
        "keras": (".keras", _write_keras, _ask_keras),
        "onnx": (".onnx", _write_onnx, _ask_onnx),
        "savedmodel": (".savedmodel", _write_savedmodel, _ask_savedmodel),
    }
)
"""Format → suffix, writer, and what asks the written file for its uncalibrated answers."""
