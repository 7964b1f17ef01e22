"""Point it at a messy folder and get an honest model; at a picture, and get an honest answer.

    import happysad

    collection = happysad.check("pictures")
    run = happysad.train("pictures")
    predictor = happysad.load(run.bundle)
    print(predictor.predict("party.jpg"))

Names are imported when they are first used: ``import happysad`` costs a few milliseconds and
loads neither keras nor any other heavy library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from happysad.client import Client, ServedModel
    from happysad.config import (
        AugmentOptions,
        CheckOptions,
        FetchOptions,
        LabelOptions,
        Limits,
        Preprocessing,
        SplitOptions,
        TrainOptions,
    )
    from happysad.errors import (
        BundleError,
        BusyError,
        CollectionError,
        ConflictError,
        HappysadError,
        LabelError,
        MissingExtraError,
        PictureError,
        RunError,
        ServiceError,
        SourceError,
        UsageError,
    )
    from happysad.predictor import Predictor, load
    from happysad.records import (
        Answer,
        Batch,
        Collection,
        Entry,
        Face,
        Finding,
        Picture,
        Prediction,
        Report,
        Score,
        Split,
    )
    from happysad.training.replay.options import ActiveOptions
    from happysad.verbs.active import Replay, active
    from happysad.verbs.check import check, undo
    from happysad.verbs.compare import compare
    from happysad.verbs.demo import demo
    from happysad.verbs.doctor import doctor
    from happysad.verbs.evaluate import evaluate
    from happysad.verbs.export import export
    from happysad.verbs.importing import import_model
    from happysad.verbs.label import export_labels, label
    from happysad.verbs.look import look
    from happysad.verbs.predict import predict
    from happysad.verbs.show import show
    from happysad.verbs.train import Run, train

__version__ = "0.1.0"

_HOMES = {
    "happysad.verbs.check": ("check", "undo"),
    "happysad.verbs.look": ("look",),
    "happysad.verbs.label": ("label", "export_labels"),
    "happysad.verbs.active": ("active", "Replay"),
    "happysad.verbs.train": ("train", "Run"),
    "happysad.verbs.evaluate": ("evaluate",),
    "happysad.verbs.compare": ("compare",),
    "happysad.verbs.predict": ("predict",),
    "happysad.verbs.show": ("show",),
    "happysad.verbs.export": ("export",),
    "happysad.verbs.importing": ("import_model",),
    "happysad.verbs.doctor": ("doctor",),
    "happysad.verbs.demo": ("demo",),
    "happysad.predictor": ("load", "Predictor"),
    "happysad.client": ("Client", "ServedModel"),
    "happysad.training.replay.options": ("ActiveOptions",),
    "happysad.config": (
        "AugmentOptions",
        "CheckOptions",
        "FetchOptions",
        "LabelOptions",
        "Limits",
        "Preprocessing",
        "SplitOptions",
        "TrainOptions",
    ),
    "happysad.records": (
        "Answer",
        "Batch",
        "Collection",
        "Entry",
        "Face",
        "Finding",
        "Picture",
        "Prediction",
        "Report",
        "Score",
        "Split",
    ),
    "happysad.errors": (
        "BundleError",
        "BusyError",
        "CollectionError",
        "ConflictError",
        "HappysadError",
        "LabelError",
        "MissingExtraError",
        "PictureError",
        "RunError",
        "ServiceError",
        "SourceError",
        "UsageError",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "ActiveOptions",
    "Answer",
    "AugmentOptions",
    "Batch",
    "BundleError",
    "BusyError",
    "CheckOptions",
    "Client",
    "Collection",
    "CollectionError",
    "ConflictError",
    "Entry",
    "Face",
    "FetchOptions",
    "Finding",
    "HappysadError",
    "LabelError",
    "LabelOptions",
    "Limits",
    "MissingExtraError",
    "Picture",
    "PictureError",
    "Prediction",
    "Predictor",
    "Preprocessing",
    "Replay",
    "Report",
    "Run",
    "RunError",
    "Score",
    "ServedModel",
    "ServiceError",
    "SourceError",
    "Split",
    "SplitOptions",
    "TrainOptions",
    "UsageError",
    "__version__",
    "active",
    "check",
    "compare",
    "demo",
    "doctor",
    "evaluate",
    "export",
    "export_labels",
    "import_model",
    "label",
    "load",
    "look",
    "predict",
    "show",
    "train",
    "undo",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        msg = f"module 'happysad' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
