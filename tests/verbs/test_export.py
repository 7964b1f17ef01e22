"""Exporting: what other tools load answers what the model answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import happysad
from happysad.bundle import archive
from happysad.bundle.archive import Bundle
from happysad.bundle.manifest import Manifest
from happysad.config import Preprocessing
from happysad.errors import BundleError, UsageError
from happysad.predictor import with_golden
from happysad.training.engine import load_keras, load_tensorflow
from happysad.training.onnx_writer import write_onnx
from tiny_network import build_tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.happysad"
    manifest = Manifest(
        name="tiny",
        created="2026-01-01T00:00:00Z",
        preset="tiny",
        classes=("happy", "sad"),
        preprocessing=Preprocessing(width=16, height=16),
        output="sigmoid",
        temperature=1.7,
    )
    archive.write(path, with_golden(Bundle(manifest, {"scene": write_onnx(build_tiny(2, 3))})))
    return path


def ask(to: str, path: Path, pixels: np.ndarray) -> Any:
    if to == "keras":
        return load_keras().models.load_model(path).predict(pixels.astype(np.float32), verbose=0)
    if to == "onnx":
        return onnxruntime.InferenceSession(path).run(None, {"pixels": pixels})[0]
    loaded = load_tensorflow().saved_model.load(str(path))  # its variables live as long as it does
    return loaded.serve(pixels.astype(np.float32)).numpy()


@pytest.mark.parametrize("to", ["keras", "onnx", "savedmodel"])
def test_answers_the_same(model: Path, tmp_path: Path, to: str) -> None:
    out = happysad.export(model, to=to, out=tmp_path / "deep" / "model.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3)).astype(np.uint8)
    raw = np.asarray(ask(to, out, pixels), np.float64)[:, 0]
    logits = np.log(raw / (1 - raw)) / 1.7  # the model's temperature
    expected = happysad.load(model).probabilities(pixels)[:, 1]
    assert 1 / (1 + np.exp(-logits)) == pytest.approx(expected, abs=1e-5)
    assert [path.name for path in out.parent.iterdir()] == ["model.keras"]
    with pytest.raises(BundleError, match="exists already"):
        happysad.export(model, to=to, out=out)


def test_lies_beside_the_model_by_default(model: Path) -> None:
    assert happysad.export(model, to="onnx") == model.with_suffix(".onnx")


def test_an_export_that_answers_otherwise_is_not_kept(model: Path, tmp_path: Path) -> None:
    import onnx

    bundle = archive.read(model)
    graph = onnx.load_model_from_string(bundle.graphs["scene"])
    # The text of the architecture says another activation than the graph computes.
    text = graph.metadata_props[0].value.replace('"elu"', '"tanh"')
    onnx.helper.set_model_props(graph, {"keras": text})
    changed = tmp_path / "changed.happysad"
    archive.write(
        changed, Bundle(bundle.manifest, {"scene": graph.SerializeToString()}, bundle.golden)
    )
    with pytest.raises(BundleError, match="apart"):
        happysad.export(changed, to="keras")
    assert [path.name for path in tmp_path.iterdir()] == ["changed.happysad"]


def test_wrong_use_is_named(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'pickle'"):
        happysad.export(model, to="pickle")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BundleError, match="Cannot write"):
        happysad.export(model, to="onnx", out=tmp_path / "file" / "model.onnx")
