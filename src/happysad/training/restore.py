"""From a saved model back to Keras, for further training and for export.

The architecture in a bundle is text from elsewhere. Only Keras' own layers that the writer knows
are built from it, so that nothing in it can name code to run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from happysad.bundle import graph
from happysad.errors import BundleError
from happysad.training.engine import load_keras, load_onnx
from happysad.training.onnx_layers import WRITERS
from happysad.training.onnx_writer import weighted_layers
from happysad.training.weight_layouts import from_onnx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from happysad.bundle.archive import Bundle

_LAYERS = frozenset({*WRITERS, "InputLayer", "Functional", "Sequential"})
# Files of Keras 2 name no module; Keras then takes its own class of that name.
_MODULES = frozenset({"keras", "keras.layers", "keras.src.models.functional", None})
# What a layer's configuration may refer to besides layers: these hold numbers alone.
_PARTS = ("keras.initializers", "keras.regularizers", "keras.constraints")
_PART_CLASSES = frozenset({"DTypePolicy", "Policy", "__keras_tensor__"})
_INITIALIZERS = frozenset(
    """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform Ones
    Orthogonal RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros
    """.split()  # noqa: SIM905 - shorter than one a line
)


def model_from_bundle(bundle: Bundle) -> Any:
    """Return the ``keras.Model`` of a saved model, with its weights.

    It takes pictures of shape (N, height, width, 3), 0 to 255, RGB, and gives uncalibrated
    probabilities.

    Raises:
        BundleError: the bundle does not hold a network that happysad wrote from Keras.
        MissingExtraError: keras or onnx is not installed.
    """
    data = bundle.graphs["scene"]
    text = architecture(data)
    check_architecture(text)
    keras = load_keras()
    try:
        model = keras.models.model_from_json(text)
        _load_weights(model, data)
    # Keras raises whatever it likes on a configuration that is not its own.
    except Exception as error:
        msg = f"The network of {bundle.manifest.name!r} cannot be built in Keras: {error}"
        raise BundleError(msg) from error
    return model


def architecture(data: bytes) -> str:
    """Return the Keras architecture, as JSON, that a graph's metadata holds.

    Raises:
        BundleError: it holds none.
        MissingExtraError: onnx is not installed.
    """
    model = load_onnx().load_model_from_string(data)
    for item in model.metadata_props:
        if item.key == "keras":
            return str(item.value)
    msg = "The model holds no Keras architecture; it was not written from Keras by happysad."
    raise BundleError(msg)


def check_architecture(text: str) -> None:
    """Refuse an architecture that names anything but known Keras layers.

    Raises:
        BundleError: it is no JSON, or names something else.
    """
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"The model's Keras architecture is no JSON: {error}"
        raise BundleError(msg) from error
    for item in _objects(tree):
        name, module = item["class_name"], item.get("module")
        layer = name in _LAYERS and module in _MODULES
        part = module in _PARTS or (
            name in _PART_CLASSES | _INITIALIZERS and module in {None, "keras"}
        )
        if item.get("registered_name") not in {None, name} or not (layer or part):
            msg = (
                f"The model's Keras architecture names {name!r} of {module!r}, which happysad "
                "does not build. Train the model again, or import it from its Keras file."
            )
            raise BundleError(msg)


def _objects(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every part of a configuration that names a class."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "class_name" in item:
                yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _load_weights(model: Any, data: bytes) -> None:
    stored = graph.weights(data)
    for prefix, layer in weighted_layers(model):
        for variable in layer.weights:
            array = stored[f"{prefix}{layer.name}/{variable.name}"]
            kind = type(layer).__name__
            variable.assign(from_onnx(kind, variable.name, array, tuple(variable.shape)))
