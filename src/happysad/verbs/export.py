"""``export``: a saved model in the format of another tool, checked for giving the same numbers."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle import archive, golden, shelf
from happysad.config import require
from happysad.errors import BundleError
from happysad.judge.calibration import apply_temperature
from happysad.pictures.prepare import decode_for
from happysad.predictor import Predictor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.bundle.archive import Bundle

FORMATS = ("keras", "onnx", "savedmodel")
TOLERANCE = 1e-4


def export(model: str | Path | None = None, *, to: str, out: Path | None = None) -> Path:
    """Write a model as Keras, ONNX or SavedModel.

    What is written takes pictures of shape (N, height, width, 3), 0 to 255, RGB, in the model's
    own size, and gives uncalibrated probabilities: of the second class, shape (N, 1), for a
    sigmoid; of every class for a softmax. The written file is loaded again and asked for the
    golden pictures; with the model's temperature it must answer what the model answers.

    Args:
        model: a bundle, the folder of a run, ``default``, or None for the last trained one.
        to: ``keras``, ``onnx`` or ``savedmodel``.
        out: file, or folder for ``savedmodel``; by default beside the model.

    Returns:
        Path of what was written.

    Raises:
        UsageError: an unknown format.
        BundleError: the model cannot be read, has two views or was not written from Keras; ``out``
            exists already or cannot be written; or the written file gives other numbers.
        MissingExtraError: ``keras`` and ``savedmodel`` need the extra ``train``.
    """
    require(to in FORMATS, "to", f"one of {', '.join(FORMATS)}", to)
    from happysad.training.exporting import FORMATS as WAYS

    suffix, write, ask = WAYS[to]
    path = shelf.find(model)
    bundle = archive.read(path)
    if bundle.manifest.kind != "scene":
        msg = (
            f"The model {bundle.manifest.name!r} has two views, that is {len(bundle.graphs)} "
            "graphs and what joins them, which no other format holds. Its file is a ZIP with the "
            "ONNX graphs in it."
        )
        raise BundleError(msg)
    out = Path(out) if out is not None else path.with_suffix(suffix)
    if out.exists():
        msg = f"{str(out)!r} exists already. Name another place with 'out'."
        raise BundleError(msg)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as folder:
            # Written and checked beside its place, so that what appears there is right and whole.
            draft = Path(folder) / f"model{suffix}"
            write(bundle, draft)
            pixels = _golden_pixels(bundle)
            _require_same(bundle, pixels, ask(draft, pixels))
            shutil.move(draft, out)
    except OSError as error:
        msg = f"Cannot write {str(out)!r}: {error.strerror or error}. Choose another place."
        raise BundleError(msg) from error
    return out


def _golden_pixels(bundle: Bundle) -> NDArray[np.generic]:
    size = bundle.manifest.preprocessing
    return np.stack([decode_for(data, size)[1] for data in golden.draw()])


def _require_same(bundle: Bundle, pixels: NDArray[np.generic], raw: NDArray[np.floating]) -> None:
    raw = raw.astype(np.float64)
    both = np.hstack([1 - raw, raw]) if bundle.manifest.output == "sigmoid" else raw
    exported = apply_temperature(both, bundle.manifest.temperature)
    apart = float(np.abs(exported - Predictor(bundle).probabilities(pixels)).max())
    if not apart <= TOLERANCE:
        msg = (
            f"The exported model answers {apart:.2g} apart from {bundle.manifest.name!r}, more "
            f"than {TOLERANCE:g}; nothing was kept. Look at the versions with: happysad doctor"
        )
        raise BundleError(msg)
