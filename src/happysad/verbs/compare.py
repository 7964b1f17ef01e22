"""Is one model better than another on the same pictures?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from happysad.collection.scan import scan
from happysad.judge.comparison import Comparison
from happysad.judge.comparison import compare as compare_reports
from happysad.predictor import Predictor, load
from happysad.progress import Progress, silent
from happysad.verbs.evaluate import report_on, require_known_classes

if TYPE_CHECKING:
    from happysad.config import CheckOptions


def compare(
    model_a: str | Path | Predictor,
    model_b: str | Path | Predictor,
    folder: str | Path,
    *,
    options: CheckOptions | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Compare two models on one labelled folder with a paired exact test.

    Args:
        model_a: a bundle, a run's folder or a loaded model.
        model_b: likewise.
        folder: folder with one folder for each class, named like the models' classes.
        options: how the folder is checked.
        progress: told of the pictures read and judged.

    Raises:
        UsageError: a class that a model does not know, or no picture to judge.
        CollectionError: the folder's layout is wrong.
        BundleError: a model cannot be loaded.
    """
    predictors = [
        model if isinstance(model, Predictor) else load(model) for model in (model_a, model_b)
    ]
    collection = scan(folder, options=options, progress=progress)
    for predictor in predictors:
        require_known_classes(predictor, collection)
    a, b = (report_on(predictor, collection, progress=progress) for predictor in predictors)
    if a.model == b.model:
        # Two runs may bear one name; the sentence must still say which of them is better.
        a = replace(a, model=_called(model_a, "A", a.model))
        b = replace(b, model=_called(model_b, "B", b.model))
    return compare_reports(a, b)


def _called(model: str | Path | Predictor, letter: str, name: str) -> str:
    return f"{letter} ({name if isinstance(model, Predictor) else model})"
