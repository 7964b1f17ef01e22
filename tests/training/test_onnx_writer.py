"""The ONNX writer: every layer it knows answers like Keras, every other is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest

from happysad.bundle.archive import Bundle
from happysad.bundle.graph import inspect
from happysad.bundle.manifest import Manifest
from happysad.config import Preprocessing
from happysad.errors import BundleError, UsageError
from happysad.training.engine import load_keras
from happysad.training.onnx_activations import _ONE_NODE
from happysad.training.onnx_layers import WRITERS
from happysad.training.onnx_writer import write_onnx
from happysad.training.restore import check_architecture, model_from_bundle

keras = load_keras()
layers = keras.layers

SHAPE = (10, 9, 3)

# One or more ways to use each layer on pictures of SHAPE.
ON_PICTURES: dict[str, list[Any]] = {
    "Activation": [lambda: layers.Activation("tanh"), lambda: layers.Activation("softmax")],
    "ActivityRegularization": [lambda: layers.ActivityRegularization(0.1)],
    "AlphaDropout": [lambda: layers.AlphaDropout(0.5)],
    "AveragePooling2D": [
        lambda: layers.AveragePooling2D(2),
        lambda: layers.AveragePooling2D(3, strides=2, padding="same"),
    ],
    "BatchNormalization": [
        layers.BatchNormalization,
        lambda: layers.BatchNormalization(scale=False, center=False, epsilon=0.01),
    ],
    "Conv2D": [
        lambda: layers.Conv2D(4, 3, activation="relu"),
        lambda: layers.Conv2D(4, (3, 2), strides=2, padding="same", use_bias=False),
        lambda: layers.Conv2D(6, 3, dilation_rate=2, groups=3),
    ],
    "Dense": [lambda: layers.Dense(5, activation="relu6"), lambda: layers.Dense(5, use_bias=False)],
    "DepthwiseConv2D": [
        lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, activation="silu"),
        lambda: layers.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False),
    ],
    "Dropout": [lambda: layers.Dropout(0.5)],
    "ELU": [lambda: layers.ELU(0.7)],
    "Flatten": [layers.Flatten],
    "GaussianDropout": [lambda: layers.GaussianDropout(0.5)],
    "GaussianNoise": [lambda: layers.GaussianNoise(0.5)],
    "GlobalAveragePooling2D": [
        layers.GlobalAveragePooling2D,
        lambda: layers.GlobalAveragePooling2D(keepdims=True),
    ],
    "GlobalMaxPooling2D": [layers.GlobalMaxPooling2D],
    "Identity": [layers.Identity],
    "LeakyReLU": [lambda: layers.LeakyReLU(0.15)],
    "MaxPooling2D": [
        layers.MaxPooling2D,
        lambda: layers.MaxPooling2D(3, strides=2, padding="same"),
    ],
    "Normalization": [lambda: layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])],
    "RandomBrightness": [lambda: layers.RandomBrightness(0.2)],
    "RandomErasing": [lambda: layers.RandomErasing(0.2)],
    "RandomFlip": [layers.RandomFlip],
    "RandomGaussianBlur": [lambda: layers.RandomGaussianBlur(0.2)],
    "RandomHue": [lambda: layers.RandomHue(0.2)],
    "RandomRotation": [lambda: layers.RandomRotation(0.2)],
    "RandomShear": [lambda: layers.RandomShear(0.2)],
    "RandomTranslation": [lambda: layers.RandomTranslation(0.2, 0.2)],
    "RandomZoom": [lambda: layers.RandomZoom(0.2)],
    "ReLU": [layers.ReLU, lambda: layers.ReLU(max_value=0.5, negative_slope=0.1)],
    "Rescaling": [lambda: layers.Rescaling(2.0, 0.5), lambda: layers.Rescaling([1.0, 2.0, 3.0])],
    "Reshape": [lambda: layers.Reshape((3, 90)), lambda: layers.Reshape((-1,))],
    "SeparableConv2D": [
        lambda: layers.SeparableConv2D(4, 3, depth_multiplier=2, activation="elu"),
        lambda: layers.SeparableConv2D(4, 3, strides=2, padding="same", use_bias=False),
    ],
    "Softmax": [layers.Softmax],
    "SpatialDropout2D": [lambda: layers.SpatialDropout2D(0.5)],
    "ZeroPadding2D": [lambda: layers.ZeroPadding2D(((1, 2), (0, 3)))],
}
MERGES = ["Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"]
# They limit values to 0–255 also while predicting, which the graph does not.
CLAMPING = ["RandomContrast", "RandomSaturation"]


def shaken(model: Any) -> Any:
    """Give every weight, also the biases and averages that start at 0 or 1, a value that shows."""
    generator = np.random.default_rng(5)
    for variable in model.weights:
        if "seed_generator" not in variable.path:
            variable.assign(generator.uniform(0.05, 0.3, variable.shape))
    return model


def require_parity(model: Any) -> bytes:
    pixels = np.random.default_rng(1).normal(0, 1, (3, *model.input_shape[1:])).astype(np.float32)
    expected = np.asarray(model.predict_on_batch(pixels))
    graph = write_onnx(model, input_dtype="float32")
    inspect(graph)  # the bundle's reader accepts it
    found = onnxruntime.InferenceSession(graph).run(None, {"pixels": pixels})[0]
    assert found.shape == expected.shape
    assert found == pytest.approx(expected, abs=1e-5, rel=1e-5)
    return graph


def test_every_layer_is_held_to_parity() -> None:
    assert {*ON_PICTURES, *MERGES, *CLAMPING} == set(WRITERS)


@pytest.mark.parametrize(
    ("name", "number"), [(name, n) for name, ways in ON_PICTURES.items() for n in range(len(ways))]
)
def test_a_layer_answers_like_keras(name: str, number: int) -> None:
    layer = ON_PICTURES[name][number]
    # Between convolutions, so that both layouts of the tensors are met.
    alone = keras.Sequential([keras.Input(SHAPE), layer()])
    require_parity(shaken(alone))
    within = [keras.Input(SHAPE), layers.Conv2D(3, 1), layer(), layers.Flatten(), layers.Dense(2)]
    require_parity(shaken(keras.Sequential(within)))


@pytest.mark.parametrize("name", MERGES)
def test_a_merge_answers_like_keras_whatever_the_layouts(name: str) -> None:
    pixels = keras.Input(SHAPE)
    convolved = layers.Conv2D(3, 1)(pixels)
    merged = getattr(layers, name)()([pixels, convolved])
    require_parity(shaken(keras.Model(pixels, layers.GlobalMaxPooling2D()(merged))))
    flat = layers.Flatten()(convolved)
    two = [layers.Dense(4)(flat), layers.Dense(4)(flat)]
    require_parity(shaken(keras.Model(pixels, getattr(layers, name)()(two))))


@pytest.mark.parametrize("name", [*_ONE_NODE, "linear", "relu6", "silu", "softmax"])
def test_an_activation_answers_like_keras(name: str) -> None:
    model = keras.Sequential(
        [keras.Input(SHAPE), layers.Conv2D(4, 3, activation=name), layers.Flatten()]
    )
    require_parity(model)
    require_parity(keras.Sequential([keras.Input(SHAPE), layers.Activation(name)]))


def nested() -> Any:
    inner = keras.Sequential(
        [keras.Input(SHAPE), layers.RandomFlip(), layers.Conv2D(3, 3), layers.BatchNormalization()],
        name="inner",
    )
    pixels = keras.Input(SHAPE, name="pixels")
    shared = layers.Conv2D(3, 1)
    residual = layers.Add()([shared(shared(pixels)), pixels])
    flat = layers.Flatten()(inner(residual))
    return keras.Model(pixels, layers.Dense(1, activation="sigmoid")(flat))


def manifest() -> Manifest:
    return Manifest(
        name="test",
        created="2026-01-01T00:00:00Z",
        preset="imported",
        classes=("happy", "sad"),
        preprocessing=Preprocessing(width=9, height=10),
        output="sigmoid",
    )


def test_nested_models_and_shared_layers_come_back_as_keras_models() -> None:
    model = shaken(nested())
    graph = require_parity(model)
    back = model_from_bundle(Bundle(manifest(), {"scene": graph}))
    pixels = np.random.default_rng(1).normal(0, 1, (3, *SHAPE)).astype(np.float32)
    expected = model.predict_on_batch(pixels)
    assert back.predict_on_batch(pixels) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Conv2D(2, 3),
        lambda: layers.DepthwiseConv2D(3, depth_multiplier=3),
        lambda: layers.SeparableConv2D(2, 3, depth_multiplier=2),
        layers.BatchNormalization,
    ],
)
def test_weights_come_back_exactly(make: Any) -> None:
    model = shaken(
        keras.Sequential([keras.Input(SHAPE), make(), layers.Flatten(), layers.Dense(1)])
    )
    back = model_from_bundle(Bundle(manifest(), {"scene": write_onnx(model)}))
    for before, after in zip(model.weights, back.weights, strict=True):
        assert np.array_equal(before.numpy(), after.numpy())


@keras.saving.register_keras_serializable("tests")
class Custom(layers.Dense):
    """A known name's subclass may compute anything."""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Lambda(lambda x: x), "Lambda"),
        (layers.UpSampling2D, "UpSampling2D"),
        (lambda: Custom(2), "Custom"),
        (lambda: layers.Dense(2, activation=lambda x: x), "lambda"),
        (lambda: layers.ReLU(threshold=0.5), "threshold"),
        (lambda: layers.Softmax(axis=1), "axis"),
        (lambda: layers.BatchNormalization(axis=1), "axis 1"),
        (lambda: layers.Normalization(mean=0.0, variance=1.0, invert=True), "inverts"),
        (lambda: layers.MaxPooling2D(data_format="channels_first"), "data_format"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(make: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        write_onnx(keras.Sequential([keras.Input(SHAPE), make()]))


def test_a_concatenation_of_other_axes_and_several_inputs_are_refused() -> None:
    one, two = keras.Input(SHAPE), keras.Input(SHAPE)
    joined = layers.Concatenate(axis=1)([one, one])
    with pytest.raises(UsageError, match="axis is 1"):
        write_onnx(keras.Model(one, joined))
    with pytest.raises(UsageError, match="Got 2 and 1"):
        write_onnx(keras.Model([one, two], layers.Add()([one, two])))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON"),
        ('{"class_name": "Lambda", "module": "keras.layers", "config": {}}', "Lambda"),
        ('{"class_name": "Dense", "module": "os", "config": {}}', "'os'"),
        ('{"a": [{"class_name": "function", "module": "builtins", "config": "exec"}]}', "function"),
        (
            '{"class_name": "Dense", "module": "keras.layers", "registered_name": "x>Dense"}',
            "Dense",
        ),
        ('{"class_name": "get_file", "module": "keras.utils"}', "get_file"),
    ],
)
def test_t21_an_architecture_that_names_code_is_refused(text: str, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        check_architecture(text)


def test_a_graph_that_is_not_from_keras_cannot_be_restored() -> None:
    import onnx

    model = onnx.load_model_from_string(write_onnx(shaken(nested())))
    for metadata, message in (
        ({}, "no Keras architecture"),
        ({"keras": '{"class_name": "Sequential", "config": {"layers": 3}}'}, "cannot be built"),
    ):
        onnx.helper.set_model_props(model, metadata)
        with pytest.raises(BundleError, match=message):
            model_from_bundle(Bundle(manifest(), {"scene": model.SerializeToString()}))
