"""The converted face finder against TensorFlow Lite's own interpreter."""

import os
from pathlib import Path

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow", reason="the recipe needs the extra 'train'")

import finder_onnx  # noqa: E402
import onnxruntime  # noqa: E402

CHANNELS = 8
WHEELS = Path(os.environ.get("HAPPYSAD_WHEELS", "scratch/train_default/wheels"))


def small_finder() -> bytes:
    """Return a TensorFlow Lite file with every operator of the face finder, in half floats."""
    layers = tf.keras.layers
    tf.keras.utils.set_random_seed(3)
    inputs = tf.keras.Input((32, 32, 3), batch_size=1)
    x = layers.Conv2D(CHANNELS, 3, 2, padding="same", activation=None)(inputs)
    x = layers.ReLU()(x)
    pooled = layers.MaxPooling2D(2)(x)
    wide = tf.keras.layers.Lambda(lambda y: tf.pad(y, [[0, 0], [0, 0], [0, 0], [0, CHANNELS]]))
    y = layers.DepthwiseConv2D(3, 2, padding="same")(x)
    y = layers.Conv2D(2 * CHANNELS, 1)(y)
    y = layers.Add()([y, wide(pooled)])
    deep = layers.ReLU()(layers.MaxPooling2D(2)(y))
    deep = layers.UpSampling2D(2, interpolation="bilinear")(deep)
    x = layers.Add()([y, deep])
    boxes = layers.Reshape((-1, 16))(layers.Conv2D(16, 3, padding="same")(x))
    scores = layers.Reshape((-1, 1))(layers.Conv2D(1, 3, padding="same")(x))
    converter = tf.lite.TFLiteConverter.from_keras_model(tf.keras.Model(inputs, [boxes, scores]))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    return converter.convert()


def interpreted(model: bytes, scaled: np.ndarray) -> dict[int, np.ndarray]:
    """Return the interpreter's outputs by their last dimension."""
    interpreter = tf.lite.Interpreter(
        model_content=model,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], scaled)
    interpreter.invoke()
    outputs = [interpreter.get_tensor(item["index"]) for item in interpreter.get_output_details()]
    return {output.shape[-1]: output for output in outputs}


def parity(model: bytes, side: int) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (1, side, side, 3)).astype(np.float32)
    expected = interpreted(model, pixels / np.float32(127.5) - 1)
    session = onnxruntime.InferenceSession(finder_onnx.convert(model))
    boxes, scores = session.run(["boxes", "scores"], {"pixels": pixels})
    assert boxes == pytest.approx(expected[16], abs=2e-3, rel=1e-3)
    assert scores == pytest.approx(expected[1][..., 0], abs=2e-3, rel=1e-3)


def test_every_operator_gives_what_the_interpreter_gives():
    parity(small_finder(), 32)


def test_the_published_finder_gives_what_the_interpreter_gives():
    file = WHEELS / "face_detection_full_range.tflite"
    if not file.exists():
        pytest.skip(f"the published face finder is not there: {file}")
    parity(file.read_bytes(), 192)


def test_an_operator_that_the_finder_does_not_use_is_refused():
    inputs = tf.keras.Input((8, 8, 3), batch_size=1)
    outputs = tf.keras.layers.Softmax()(inputs)
    converter = tf.lite.TFLiteConverter.from_keras_model(tf.keras.Model(inputs, outputs))
    with pytest.raises(NotImplementedError, match="SOFTMAX"):
        finder_onnx.convert(converter.convert())
