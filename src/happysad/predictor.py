"""A saved model at work: pictures in, answers out, with ONNX Runtime and nothing heavier.

Decoding and resizing are those of training (``pictures.prepare``). One picture is worked on in
this process; many are decoded in processes of their own (``pictures.workers``), so that a picture
that breaks its decoder costs itself alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

from happysad.bundle import archive, golden, shelf
from happysad.bundle.manifest import Golden, Manifest, Member
from happysad.bundle.runtime import Reading, SceneNetwork
from happysad.bundle.seen import SeenIndex
from happysad.config import FetchOptions, Limits
from happysad.errors import BundleError, PictureError, UsageError
from happysad.judge.calibration import apply_temperature
from happysad.pictures.accepted import OnePicture, is_one, prepare_any, source_of
from happysad.pictures.prepared import Prepared, in_order, outcome, prepare_many, prepare_source
from happysad.records import UNSURE, Explanation, Prediction
from happysad.sources.expand import Source

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from happysad.bundle.archive import Bundle
    from happysad.faces.model import TwoViewModel

Read = Callable[[list[Prepared]], list[Reading]]

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
    pictures = golden.draw(face=bundle.manifest.kind == "two-view")
    bare = replace(bundle, golden=(), manifest=replace(bundle.manifest, golden=()))
    answers = Predictor(bare).answers_to(pictures)
    nameless = Member(file="", sha256="", bytes=0)  # archive.write fills it in
    known = tuple(Golden(nameless, tuple(map(float, row))) for row in answers)
    return replace(bundle, golden=pictures, manifest=replace(bundle.manifest, golden=known))


class Predictor:
    """A model that answers.

    Args:
        bundle: from ``archive.read``.

    Raises:
        BundleError: ONNX Runtime does not accept a graph.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.manifest: Manifest = bundle.manifest
        self.path: Path | None = bundle.path
        self._golden = bundle.golden
        self._model = _model_of(bundle)
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
        ready = partial(
            prepare_any,
            preprocessing=self.manifest.preprocessing,
            limits=limits,
            fetch_options=fetch_options,
        )
        if is_one(x) or not isinstance(x, Iterable):
            return next(self._predictions([(0, ready(x))]))
        items = list(x)
        if all(isinstance(item, (str, os.PathLike)) for item in items):
            sources = map(source_of, items)
            return list(self.predict_many(sources, limits=limits, fetch_options=fetch_options))
        results = map(partial(outcome, ready), enumerate(items))
        return list(self._predictions(results))

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
        yield from self._predictions(
            prepare_many(
                sources,
                preprocessing=self.manifest.preprocessing,
                limits=limits,
                fetch_options=fetch_options,
                workers=workers,
            )
        )

    def explain_many(
        self,
        sources: Iterable[Source],
        *,
        limits: Limits = Limits(),
        fetch_options: FetchOptions = FetchOptions(),
        workers: int = 0,
    ) -> Iterator[Explanation]:
        """Answer like ``predict_many``, and say what in each picture spoke for which class.

        Raises:
            UsageError: the model has one view and cannot say.
        """
        if isinstance(self._model, SceneNetwork):
            msg = (
                f"The model '{self.manifest.name}' cannot explain its answers: it looks for no "
                "faces. Use a model that was trained with the preset two-view."
            )
            raise UsageError(msg)
        results = prepare_many(
            sources,
            preprocessing=self.manifest.preprocessing,
            limits=limits,
            fetch_options=fetch_options,
            workers=workers,
        )
        read = partial(self._model.read, explain=True)
        answers = self._answer(results, read)
        return in_order((index, _explanation(answer)) for index, answer in answers)

    def answer(self, pictures: Sequence[Prepared], *, explain: bool = False) -> list[Explanation]:
        """Answer for a few pictures that are prepared already, in one batch.

        Args:
            pictures: prepared with this model's preprocessing.
            explain: also say what in each scene spoke for which class, where the model can.

        Raises:
            BundleError: a graph cannot be run.
        """
        read = self._model.read
        if explain and not isinstance(self._model, SceneNetwork):
            read = partial(self._model.read, explain=True)
        answers = self._answer_batch([*enumerate(pictures)], read)
        return [_explanation(answer) for _, answer in answers]

    def probabilities(self, pixels: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return calibrated probabilities of the pixels that a model of one view takes.

        A model of two views needs more of a picture than that: give it to ``predict`` or
        ``answers_to``.

        Args:
            pixels: array of shape (N, height, width, 3) in the model's own size, 0 to 255, RGB;
                uint8, or float32 for models whose preprocessing says ``point``.

        Returns:
            float64 of shape (N, classes); rows sum to 1.

        Raises:
            UsageError: the array has another shape, or the model has two views.
            BundleError: the graph gave something that is no probability.
        """
        if not isinstance(self._model, SceneNetwork):
            msg = (
                f"The model '{self.manifest.name}' has two views and needs whole pictures, not "
                "pixels of one size. Use 'predict' or 'answers_to'."
            )
            raise UsageError(msg)
        size = self.manifest.preprocessing
        if pixels.ndim != 4 or pixels.shape[1:] != (size.height, size.width, 3):
            msg = (
                f"The pixels must have the shape (N, {size.height}, {size.width}, 3). "
                f"Got {pixels.shape} instead."
            )
            raise UsageError(msg)
        batches = [
            self._model.probabilities(pixels[start : start + _BATCH])
            for start in range(0, len(pixels), _BATCH)
        ]
        raw = np.concatenate([np.empty((0, len(self.classes))), *batches])
        return apply_temperature(raw, self.manifest.temperature)

    def decide(
        self, row: NDArray[np.float64], *, off_topic: float | None = None
    ) -> tuple[str, str]:
        """Return the most probable class and the verdict: that class, or ``unsure``.

        Args:
            row: calibrated probabilities of one picture, shape (classes,).
            off_topic: probability that the picture is neither, where the model tells.
        """
        best = int(row.argmax())
        label = self.classes[best]
        unsure = row[best] < self.manifest.unsure_below
        unsure = unsure or (off_topic or 0.0) > self.manifest.off_topic_above
        return label, UNSURE if unsure else label

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
        batch = [
            prepare_source(
                Source(f"picture {number}", "bytes", data),
                preprocessing=self.manifest.preprocessing,
            )
            for number, data in enumerate(pictures)
        ]
        return self._calibrated(self._model.read(batch))

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

    def _predictions(
        self, results: Iterable[tuple[int, Prepared | PictureError]]
    ) -> Iterator[Prediction]:
        answers = self._answer(results, self._model.read)
        return in_order((index, answer.prediction) for index, answer in answers)

    def _answer(
        self, results: Iterable[tuple[int, Prepared | PictureError]], read: Read
    ) -> Iterator[tuple[int, _Answer]]:
        """Turn prepared pictures into answers, a batch at a time; errors pass through."""
        batch: list[tuple[int, Prepared]] = []
        for index, result in results:
            if isinstance(result, PictureError):
                yield index, _Answer(Prediction.failed(result))
                continue
            batch.append((index, result))
            if len(batch) == _BATCH:
                yield from self._answer_batch(batch, read)
                batch = []
        if batch:
            yield from self._answer_batch(batch, read)

    def _answer_batch(
        self, batch: list[tuple[int, Prepared]], read: Read
    ) -> Iterator[tuple[int, _Answer]]:
        readings = read([item for _, item in batch])
        rows = self._calibrated(readings)
        for (index, item), reading, row in zip(batch, readings, rows, strict=True):
            yield index, _Answer(self._prediction(item, reading, row), item, reading)

    def _prediction(self, item: Prepared, reading: Reading, row: NDArray[np.float64]) -> Prediction:
        label, verdict = self.decide(row, off_topic=reading.off_topic)
        return Prediction(
            source=item.source,
            label=label,
            verdict=verdict,
            probabilities=dict(zip(self.classes, row.tolist(), strict=True)),
            faces=reading.faces,
            views=reading.views,
            off_topic=reading.off_topic,
            seen_in_training=self._seen.match(item.sha256, item.signature),
        )

    def _calibrated(self, readings: list[Reading]) -> NDArray[np.float64]:
        """Return calibrated probabilities of readings, shape (N, classes)."""
        rows = np.stack([reading.probabilities for reading in readings])
        return apply_temperature(rows, self.manifest.temperature)


class _Answer(NamedTuple):
    """A prediction, and what it was made of where there was a picture."""

    prediction: Prediction
    item: Prepared | None = None
    reading: Reading | None = None


def _model_of(bundle: Bundle) -> SceneNetwork | TwoViewModel:
    if bundle.manifest.kind == "scene":
        return SceneNetwork(bundle)
    # Here and not above: a model of one view pays nothing for faces.
    from happysad.faces.model import TwoViewModel

    return TwoViewModel(bundle)


def _explanation(answer: _Answer) -> Explanation:
    if answer.item is None or answer.reading is None:
        return Explanation(answer.prediction)
    return Explanation(answer.prediction, answer.item.look, answer.reading.scene_map)
