"""A saved model at work: pictures in, answers out, with ONNX Runtime and nothing heavier.

Decoding and resizing are those of training (``pictures.prepare``). One picture is worked on in
this process; many are decoded in processes of their own (``pictures.workers``), so that a picture
that breaks its decoder costs itself alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from PIL import Image

from happysad.bundle import archive, golden, shelf
from happysad.bundle.manifest import Golden, Manifest, Member
from happysad.bundle.ports import INPUT, OUTPUT
from happysad.bundle.seen import SeenIndex
from happysad.config import FetchOptions, Limits
from happysad.errors import BundleError, PictureError, UsageError
from happysad.judge.calibration import apply_temperature
from happysad.pictures.decode import from_array, from_image
from happysad.pictures.prepare import decode_for
from happysad.pictures.prepared import (
    Prepared,
    outcome,
    prepare_many,
    prepare_picture,
    prepare_source,
)
from happysad.records import UNSURE, Prediction
from happysad.sources.expand import Source, is_url

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.bundle.archive import Bundle

OnePicture = str | os.PathLike[str] | bytes | bytearray | memoryview | Image.Image
"""What stands for one picture; an array does too, unless it has four dimensions."""

GOLDEN_TOLERANCE = 1e-4

# Pictures a run of the graph. Larger batches gain nothing on a processor and cost memory:
# measured with the seed network, 5.4 ms a picture alone, 6.7 ms in batches of 16.
_BATCH = 8


def load(model: str | Path | None = None, *, verify: bool = False) -> Predictor:
    """Load a model.

    Args:
        model: a bundle, the folder of a run, ``default`` for the shipped model; None for the
            last trained one, else the shipped one.
        verify: also compute the answers to the bundle's golden pictures and compare.

    Raises:
        BundleError: there is no such model; it is damaged, foreign or too new; or its golden
            answers differ here.
    """
    predictor = Predictor(archive.read(shelf.find(model)))
    if verify:
        predictor.verify()
    return predictor


def with_golden(bundle: Bundle) -> Bundle:
    """Return the bundle with golden pictures and the answers that it gives to them here.

    Raises:
        BundleError: the graph cannot be run.
    """
    pictures = golden.draw()
    bare = replace(bundle, golden=(), manifest=replace(bundle.manifest, golden=()))
    answers = Predictor(bare).answers_to(pictures)
    nameless = Member(file="", sha256="", bytes=0)  # archive.write fills it in
    known = tuple(Golden(nameless, tuple(map(float, row))) for row in answers)
    return replace(bundle, golden=pictures, manifest=replace(bundle.manifest, golden=known))


class Predictor:
    """A model that answers.

    Args:
        bundle: from ``archive.read``; its graph is given to the runtime, not kept.

    Raises:
        BundleError: ONNX Runtime does not accept the graph.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.manifest: Manifest = bundle.manifest
        self.path: Path | None = bundle.path
        self._golden = bundle.golden
        self._session = _session(bundle.graphs["scene"])
        self._dtype = np.uint8 if "uint8" in self._session.get_inputs()[0].type else np.float32
        self._seen = SeenIndex(bundle.manifest.training)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in label order; of two, the second is the positive class."""
        return self.manifest.classes

    @overload
    def predict(
        self, x: OnePicture, *, limits: Limits = ..., fetch_options: FetchOptions = ...
    ) -> Prediction: ...
    @overload
    def predict(
        self, x: Any, *, limits: Limits = ..., fetch_options: FetchOptions = ...
    ) -> Prediction | list[Prediction]: ...
    def predict(
        self,
        x: Any,
        *,
        limits: Limits = Limits(),
        fetch_options: FetchOptions = FetchOptions(),
    ) -> Prediction | list[Prediction]:
        """Answer for one picture or for several.

        Args:
            x: a path or URL, the bytes of a picture file, a PIL image, or a uint8 array of shape
                (H, W), (H, W, 3) or (H, W, 4); or an iterable of those, or an array (N, H, W, C).
            limits: what a picture may cost.
            fetch_options: for URLs.

        Returns:
            A ``Prediction`` for one picture; a list in the same order for an iterable, in which
            a picture that cannot be used has its ``error``.

        Raises:
            PictureError: the one picture cannot be used.
            UsageError: ``x`` is none of these.
        """
        ready = partial(self._prepare, limits=limits, fetch_options=fetch_options)
        if _is_one(x) or not isinstance(x, Iterable):
            return next(self._answer([(0, ready(x))]))[1]
        items = list(x)
        if all(isinstance(item, (str, os.PathLike)) for item in items):
            sources = map(_source, items)
            return list(self.predict_many(sources, limits=limits, fetch_options=fetch_options))
        results = map(partial(outcome, ready), enumerate(items))
        return list(_in_order(self._answer(results)))

    def predict_many(
        self,
        sources: Iterable[Source],
        *,
        limits: Limits = Limits(),
        fetch_options: FetchOptions = FetchOptions(),
        workers: int = 0,
    ) -> Iterator[Prediction]:
        """Answer for sources in their order; one that fails becomes a prediction with ``error``.

        Args:
            sources: from ``sources.expand``; taken as they are needed.
            limits: what a picture may cost.
            fetch_options: for URLs.
            workers: decoding processes; 0 takes one per processor.

        Yields:
            One prediction for each source.
        """
        results = prepare_many(
            sources,
            preprocessing=self.manifest.preprocessing,
            limits=limits,
            fetch_options=fetch_options,
            workers=workers,
        )
        yield from _in_order(self._answer(results))

    def probabilities(self, pixels: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return calibrated probabilities of prepared pictures.

        Args:
            pixels: array of shape (N, height, width, 3) in the model's own size, 0 to 255, RGB;
                uint8, or float32 for models whose preprocessing says ``point``.

        Returns:
            float64 of shape (N, classes); rows sum to 1.

        Raises:
            UsageError: the array has another shape.
            BundleError: the graph gave something that is no probability.
        """
        size = self.manifest.preprocessing
        if pixels.ndim != 4 or pixels.shape[1:] != (size.height, size.width, 3):
            msg = (
                f"The pixels must have the shape (N, {size.height}, {size.width}, 3). "
                f"Got {pixels.shape} instead."
            )
            raise UsageError(msg)
        batches = [
            self._run(pixels[start : start + _BATCH]) for start in range(0, len(pixels), _BATCH)
        ]
        raw = np.concatenate([np.empty((0, len(self.classes))), *batches])
        return apply_temperature(raw, self.manifest.temperature)

    def decide(self, row: NDArray[np.float64]) -> tuple[str, str]:
        """Return the most probable class and the verdict: that class, or ``unsure``.

        Args:
            row: calibrated probabilities of one picture, shape (classes,).
        """
        best = int(row.argmax())
        label = self.classes[best]
        return label, UNSURE if row[best] < self.manifest.unsure_below else label

    def verify(self) -> float:
        """Compute the answers to the bundle's golden pictures and compare with the stored ones.

        Returns:
            The largest difference of a probability; 0 for a bundle without golden pictures.

        Raises:
            BundleError: it is above ``GOLDEN_TOLERANCE``.
        """
        if not self._golden:
            return 0.0
        known = np.array([item.probabilities for item in self.manifest.golden])
        try:
            difference = float(np.abs(self.answers_to(self._golden) - known).max())
        except PictureError as error:
            msg = f"The golden pictures of the model '{self.manifest.name}' are damaged: {error}"
            raise BundleError(msg) from error
        if difference > GOLDEN_TOLERANCE:
            msg = (
                f"The model '{self.manifest.name}' answers differently here than where it was "
                f"made: its golden probabilities are off by {difference:.2g}. Do not rely on it; "
                "look at the versions with: happysad doctor"
            )
            raise BundleError(msg)
        return difference

    def answers_to(self, pictures: Iterable[bytes]) -> NDArray[np.float64]:
        """Return calibrated probabilities of encoded pictures, shape (N, classes).

        Raises:
            PictureError: one cannot be used.
        """
        size = self.manifest.preprocessing
        return self.probabilities(np.stack([decode_for(data, size)[1] for data in pictures]))

    def __repr__(self) -> str:
        classes = ", ".join(self.classes)
        return f"<Predictor '{self.manifest.name}': {classes}; preset {self.manifest.preset}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        import html

        scores = "".join(
            f"<li>{html.escape(str(score))}</li>"
            for name, score in self.manifest.scores.items()
            if name in {"accuracy", "balanced_accuracy", "roc_auc"}
        )
        return f"<div><b>{html.escape(repr(self)[1:-1])}</b><ul>{scores}</ul></div>"

    def _prepare(self, x: Any, *, limits: Limits, fetch_options: FetchOptions) -> Prepared:
        """Bring one picture of any accepted kind to the graph's size."""
        size = self.manifest.preprocessing
        if isinstance(x, np.ndarray):
            return prepare_picture(from_array(x), size)
        if isinstance(x, Image.Image):
            return prepare_picture(from_image(x), size)
        return prepare_source(
            _source(x), preprocessing=size, limits=limits, fetch_options=fetch_options
        )

    def _run(self, pixels: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return the graph's probabilities for one batch, one column a class."""
        feed = {INPUT: np.ascontiguousarray(pixels, dtype=self._dtype)}
        with _runtime_border():
            raw = np.asarray(self._session.run([OUTPUT], feed)[0], dtype=np.float64)
        width = 1 if self.manifest.output == "sigmoid" else len(self.classes)
        good = raw.shape == (len(pixels), width) and bool(np.isfinite(raw).all())
        if not good or raw.min(initial=0) < -1e-5 or raw.max(initial=0) > 1 + 1e-5:
            msg = f"The model '{self.manifest.name}' gave numbers that are no probabilities."
            raise BundleError(msg)
        return np.concatenate([1 - raw, raw], axis=1) if width == 1 else raw

    def _answer(
        self, results: Iterable[tuple[int, Prepared | PictureError]]
    ) -> Iterator[tuple[int, Prediction]]:
        """Turn prepared pictures into predictions, a batch at a time; errors pass through."""
        batch: list[tuple[int, Prepared]] = []
        for index, result in results:
            if isinstance(result, PictureError):
                yield index, _failed(result)
                continue
            batch.append((index, result))
            if len(batch) == _BATCH:
                yield from self._answer_batch(batch)
                batch = []
        if batch:
            yield from self._answer_batch(batch)

    def _answer_batch(self, batch: list[tuple[int, Prepared]]) -> Iterator[tuple[int, Prediction]]:
        rows = self.probabilities(np.stack([item.pixels for _, item in batch]))
        for (index, item), row in zip(batch, rows, strict=True):
            label, verdict = self.decide(row)
            yield (
                index,
                Prediction(
                    source=item.source,
                    label=label,
                    verdict=verdict,
                    probabilities=dict(zip(self.classes, row.tolist(), strict=True)),
                    seen_in_training=self._seen.match(item.sha256, item.signature),
                ),
            )


def _session(onnx: bytes) -> Any:
    """Return an ONNX Runtime session that is quiet and gives memory back."""
    import onnxruntime

    with _runtime_border():
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # errors are raised; nothing is printed beside them
        # The arena keeps the largest batch's memory for ever: 318 MB against 227 MB measured.
        options.enable_cpu_mem_arena = False
        # Threads that spin while they wait slow the decoding processes down.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(
            onnx, options, providers=["CPUExecutionProvider"], enable_fallback=0
        )


@contextmanager
def _runtime_border() -> Iterator[None]:
    """Turn what ONNX Runtime raises into a BundleError."""
    try:
        yield
    # its exceptions have no base class of their own, and differ by release
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        msg = f"ONNX Runtime cannot run the model's graph: {reason}"
        raise BundleError(msg) from error


def _is_one(x: object) -> bool:
    """Tell whether ``x`` stands for one picture."""
    if isinstance(x, np.ndarray):
        return x.ndim != 4
    return isinstance(x, (str, os.PathLike, bytes, bytearray, memoryview, Image.Image))


def _source(x: Any) -> Source:
    if isinstance(x, (bytes, bytearray, memoryview)):
        return Source("bytes", "bytes", bytes(x))
    if isinstance(x, (str, os.PathLike)):
        text = os.fsdecode(x)
        return Source(text, "url" if is_url(text) else "file")
    kind = type(x).__name__
    msg = f"A picture must be a path, URL, bytes, image or array. Got a {kind} instead."
    raise UsageError(msg)


def _in_order(predictions: Iterable[tuple[int, Prediction]]) -> Iterator[Prediction]:
    """Yield predictions by index; those that come early wait."""
    waiting: dict[int, Prediction] = {}
    following = 0
    for index, prediction in predictions:
        waiting[index] = prediction
        while following in waiting:
            yield waiting.pop(following)
            following += 1


def _failed(error: PictureError) -> Prediction:
    return Prediction(
        source=error.source,
        label=None,
        verdict=None,
        probabilities={},
        error={"code": error.code, "message": error.message},
    )
