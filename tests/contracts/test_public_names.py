"""What people may build on: adding a name is a decision, losing one is a broken promise."""

from __future__ import annotations

import inspect

import pytest

import happysad
from happysad import errors

VERBS = {
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
}
NOUNS = {
    "Answer",
    "Batch",
    "Client",
    "Collection",
    "Entry",
    "Face",
    "Finding",
    "Picture",
    "Prediction",
    "Predictor",
    "Replay",
    "Report",
    "Run",
    "Score",
    "ServedModel",
    "Split",
}
OPTIONS = {
    "ActiveOptions",
    "AugmentOptions",
    "CheckOptions",
    "FetchOptions",
    "LabelOptions",
    "Limits",
    "Preprocessing",
    "SplitOptions",
    "TrainOptions",
}
ERRORS = {
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
}


def test_the_public_names_are_these() -> None:
    assert set(happysad.__all__) == VERBS | NOUNS | OPTIONS | ERRORS | {"__version__"}
    assert dir(happysad) == sorted(happysad.__all__)


def test_every_error_is_public() -> None:
    defined = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    assert defined == ERRORS
    assert all(issubclass(getattr(happysad, name), happysad.HappysadError) for name in ERRORS)


@pytest.mark.parametrize("name", sorted(VERBS | NOUNS | OPTIONS | ERRORS))
def test_every_name_is_documented(name: str) -> None:
    value = getattr(happysad, name)
    text = inspect.getdoc(value)
    assert text
    assert not text.startswith(f"{name}("), "a docstring of its own, not the dataclass signature"
    if name in VERBS:
        assert inspect.signature(value).return_annotation is not inspect.Signature.empty


@pytest.mark.parametrize("name", sorted(VERBS))
def test_verbs_take_one_to_three_subjects_and_then_keywords(name: str) -> None:
    parameters = inspect.signature(getattr(happysad, name)).parameters.values()
    by_place = [one for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    assert len(by_place) <= 3


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'frown'"):
        happysad.frown  # noqa: B018 - the look-up is the test
