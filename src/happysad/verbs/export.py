"""``export``: a saved model in the format of another tool, checked for giving the same numbers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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

FORMATS = ("keras", "onnx", "savedmodel", "web")
TOLERANCE = 1e-4


def export(
    model: str | Path | None = None,
    *,
    to: str,
    out: Path | None = None,
    runtime: Path | None = None,
) -> Path:
    """Write a model as Keras, ONNX or SavedModel, or as a web page that answers.

    What is written as one of the first three takes pictures of shape (N, height, width, 3), 0 to
    255, RGB, in the model's own size, and gives uncalibrated probabilities: of the second class,
    shape (N, 1), for a sigmoid; of every class for a softmax. The written file is loaded again and
    asked for the golden pictures; with the model's temperature it must answer what the model
    answers.

    A web page is a folder of static files that answers in the visitor's browser; it asks itself
    for the golden pictures when it is opened.

    Args:
        model: a bundle, the folder of a run, ``default``, or None for the last trained one.
        to: ``keras``, ``onnx``, ``savedmodel`` or ``web``.
        out: file, or folder for ``savedmodel`` and ``web``; by default beside the model, for the
            page of the shipped one in the working folder.
        runtime: for ``web``: the package ``onnxruntime-web`` as npm packs it, or a folder with its
            files; None for what an earlier export kept, else npm gets it.

    Returns:
        Path of what was written.

    Raises:
        UsageError: an unknown format, or ``runtime`` for another one than ``web``.
        BundleError: the model cannot be read; ``out`` exists already or cannot be written; the
            written file gives other numbers; for ``web``, the runtime cannot be had; for the
            others, the model has two views or was not written from Keras.
        MissingExtraError: ``keras`` and ``savedmodel`` need the extra ``train``.
    """
    require(to in FORMATS, "to", f"one of {', '.join(FORMATS)}", to)
    require(to == "web" or runtime is None, "runtime", f"left out for {to!r}", str(runtime))
    path = shelf.find(model)
    bundle = archive.read(path)
    if to == "web":
        # Beside the shipped model lies the program itself.
        beside = Path() if path == shelf.shipped() else path.parent
        return _export_page(bundle, out or beside / f"{path.stem}-web", runtime)
    return _export_graph(bundle, to, out)


def _export_page(bundle: Bundle, out: Path, runtime: Path | None) -> Path:
    from happysad.web_export import folder
    from happysad.web_export.runtime import files

    _require_free(out)
    found = files(runtime)
    with _placing(out) as draft:
        draft.mkdir()
        folder.write(bundle, draft, runtime=found)
    return out


def _export_graph(bundle: Bundle, to: str, out: Path | None) -> Path:
    from happysad.training.exporting import FORMATS as WAYS

    suffix, write, ask = WAYS[to]
    if bundle.manifest.kind != "scene":
        msg = (
            f"The model {bundle.manifest.name!r} has two views, that is {len(bundle.graphs)} "
            "graphs and what joins them, which no other format holds; '--to web' makes a page of "
            "it. Its file is a ZIP with the ONNX graphs in it."
        )
        raise BundleError(msg)
    path = bundle.path or Path(bundle.manifest.name)
    out = Path(out) if out is not None else path.with_suffix(suffix)
    _require_free(out)
    with _placing(out, suffix) as draft:
        write(bundle, draft)
        pixels = _golden_pixels(bundle)
        _require_same(bundle, pixels, ask(draft, pixels))
    return out


def _require_free(out: Path) -> None:
    if out.exists():
        msg = f"{str(out)!r} exists already. Name another place with 'out'."
        raise BundleError(msg)


@contextmanager
def _placing(out: Path, suffix: str = "") -> Iterator[Path]:
    """Give a place beside ``out`` to write to, so that what appears there is right and whole."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as folder:
            draft = Path(folder) / f"model{suffix}"
            yield draft
            shutil.move(draft, out)
    except OSError as error:
        msg = f"Cannot write {str(out)!r}: {error.strerror or error}. Choose another place."
        raise BundleError(msg) from error


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
