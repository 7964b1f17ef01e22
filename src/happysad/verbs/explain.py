"""Show why a model answered as it did, picture by picture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from happysad.config import FetchOptions, Limits
from happysad.predictor import Predictor, load
from happysad.sources.expand import expand

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from happysad.records import Explanation, Prediction


def explain(
    sources: str | Path | Iterable[str | Path],
    out: str | Path,
    *,
    model: str | Path | Predictor | None = None,
    recursive: bool = False,
    stdin: BinaryIO | None = None,
    limits: Limits = Limits(),
    fetch_options: FetchOptions = FetchOptions(),
    workers: int = 0,
) -> Iterator[Prediction]:
    """Answer like ``predict``, and draw the reasons for each answer into a folder.

    Each picture shows the faces with their readings and the class-activation map of the scene.
    The page ``index.html``, which shows them all, is written at the end, also where the caller
    takes no more predictions.

    Args:
        sources: one or several paths, folders, glob patterns, URLs, or ``-`` for ``stdin``.
        out: folder for the pictures and the page.
        model: of two views: a bundle, the folder of a run, or a loaded predictor; None for the
            last trained model, else the shipped one.
        recursive: also go into folders of folders.
        stdin: what ``-`` reads.
        limits: what a picture may cost.
        fetch_options: for URLs.
        workers: decoding processes; 0 takes one per processor.

    Returns:
        An iterator of one prediction a picture, each after its reasons have been drawn.

    Raises:
        BundleError: the model is missing, damaged or foreign.
        UsageError: the model has one view and cannot explain; or a file cannot be written
            (when the iterator gets there).
    """
    predictor = model if isinstance(model, Predictor) else load(model)
    named = [sources] if isinstance(sources, (str, os.PathLike)) else sources
    explanations = predictor.explain_many(
        expand(named, recursive=recursive, stdin=stdin),
        limits=limits,
        fetch_options=fetch_options,
        workers=workers,
    )
    return _drawn(explanations, Path(out), predictor)


def _drawn(
    explanations: Iterable[Explanation], out: Path, predictor: Predictor
) -> Iterator[Prediction]:
    # Here and not above: the command line names this verb before it knows that it is wanted.
    from happysad.reports.gallery import Gallery

    gallery = Gallery(out, classes=predictor.classes, model=predictor.manifest.name)
    try:
        for explanation in explanations:
            gallery.add(explanation)
            yield explanation.prediction
    finally:
        gallery.close()
