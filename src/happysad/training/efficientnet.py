"""EfficientNet-Lite0 as two Keras models, front and tail: the scene's network.

Architecture: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite,
Apache-2.0 (no squeeze-and-excite, ReLU6, stem and head not scaled).

The *front* (stem and blocks 0 to ``CUT - 1``) stays as it is, so what it makes of the training
pictures is computed once. The *tail* is fine-tuned. Its batch normalisation would keep its
statistics, which makes it a constant scale and an offset: both are part of the convolutions here,
which saves almost half of a training step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.training.engine import load_keras

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

keras: Any = load_keras()  # whoever imports this file is about to build a network
layers: Any = keras.layers
_Conv2D: Any = layers.Conv2D
_DepthwiseConv2D: Any = layers.DepthwiseConv2D

STAGES = (  # repeats, kernel, stride, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
CUT = 6
CUT_CHANNELS = 80
FEATURES = 1280
_EPSILON = 1e-3


@dataclass(frozen=True)
class Block:
    """One inverted residual block."""

    index: int
    kernel: int
    stride: int
    expansion: int
    inputs: int
    outputs: int


def blocks() -> tuple[Block, ...]:
    """Return the sixteen blocks in order."""
    result: list[Block] = []
    channels = 32
    for repeats, kernel, stride, expansion, outputs in STAGES:
        for repeat in range(repeats):
            first = stride if repeat == 0 else 1
            result.append(Block(len(result), kernel, first, expansion, channels, outputs))
            channels = outputs
    return tuple(result)


def front(side: int | None = None, *, cut: int = CUT, make: Convolutions | None = None) -> Any:
    """Return the front: float32 pixels (N, side, side, 3), 0–255 RGB → features of block ``cut-1``.

    Scaling (x − 127) / 128 is inside. By default it keeps ImageNet's statistics.
    """
    chosen = make or FROZEN
    inputs = keras.Input((side, side, 3))
    x = layers.Rescaling(1 / 128, -127 / 128)(inputs)
    x = convolution(x, "stem", 32, chosen, kernel=3, stride=2)
    return keras.Model(inputs, trunk(x, 0, cut, chosen), name="front")


def trunk(x: Any, first: int, last: int, make: Convolutions) -> Any:
    """Add the blocks from ``first`` to ``last - 1``."""
    for block in blocks()[first:last]:
        x = _block(x, block, make)
    return x


class _KeepsScale:
    """Saves and loads the constant ``scale``, which Keras' convolutions know nothing of."""

    def save_own_variables(self, store: Any) -> None:
        """Save the constant beside kernel and bias."""
        super().save_own_variables(store)  # type: ignore[misc] # of the convolution
        store["scale"] = self.scale  # type: ignore[attr-defined]

    def load_own_variables(self, store: Any) -> None:
        """Load all three."""
        for key, name in {"0": "kernel", "1": "bias", "scale": "scale"}.items():
            getattr(self, name).assign(store[key])


@keras.saving.register_keras_serializable("happysad")
class ScaledConv2D(_KeepsScale, _Conv2D):  # type: ignore[misc] # keras has no types
    """A convolution whose kernel is multiplied by a constant for each output channel.

    The optimizer sees the kernel as ImageNet left it, at the size its learning rate is meant for.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Add the constant, 1 until it is set."""
        super().build(input_shape)
        self.scale = self.add_weight(
            name="scale", shape=(self.filters,), initializer="ones", trainable=False
        )

    def call(self, inputs: Any) -> Any:
        """Convolve."""
        kernel = self.kernel * self.scale
        x = keras.ops.conv(inputs, kernel, strides=self.strides, padding=self.padding)
        return x + self.bias


@keras.saving.register_keras_serializable("happysad")
class ScaledDepthwiseConv2D(_KeepsScale, _DepthwiseConv2D):  # type: ignore[misc]
    """The same for a depthwise convolution."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Add the constant, 1 until it is set."""
        super().build(input_shape)
        self.scale = self.add_weight(
            name="scale", shape=(input_shape[-1], 1), initializer="ones", trainable=False
        )

    def call(self, inputs: Any) -> Any:
        """Convolve each channel by itself."""
        kernel = self.kernel * self.scale
        x = keras.ops.depthwise_conv(inputs, kernel, strides=self.strides, padding=self.padding)
        return x + self.bias


def tail(*, dropout: float = 0.3, outputs: int = 1) -> Any:
    """Return the trainable rest: front features → ``outputs`` logits.

    The layer ``pooled`` holds the 1280 features, ``grid`` the last feature map before pooling.
    ``plain`` turns it into ordinary convolutions.
    """
    inputs = keras.Input((None, None, CUT_CHANNELS))
    x = trunk(inputs, CUT, len(blocks()), SCALED)
    x = convolution(x, "head", FEATURES, SCALED)
    x = layers.Activation("linear", name="grid")(x)
    x = layers.GlobalAveragePooling2D(name="pooled")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Dense(outputs, dtype="float32", name="logit")(x)
    return keras.Model(inputs, x, name="tail")


def plain(trained: Any) -> Any:
    """Return a trained network with ordinary convolutions, which gives the same."""

    def ordinary(layer: Any) -> Any:
        for scaled, usual in _ORDINARY.items():
            if isinstance(layer, scaled):
                return usual.from_config(layer.get_config())
        return layer.__class__.from_config(layer.get_config())

    model = keras.models.clone_model(trained, clone_function=ordinary)
    for layer in model.layers:
        if not layer.weights:
            continue
        source = trained.get_layer(layer.name)
        if type(source) in _ORDINARY:
            kernel, bias = (np.asarray(part) for part in (source.kernel, source.bias))
            layer.set_weights([kernel * np.asarray(source.scale), bias])
        else:
            layer.set_weights(source.get_weights())
    return model


def take_over(model: Any, source: Any) -> None:
    """Put the weights of a network into one with layers of the same names.

    Normalisation becomes part of the convolution before it where ``model`` has none.
    """
    for layer in model.layers:
        if not layer.weights:
            continue
        given = source.get_layer(layer.name)
        norm = layer.name.replace(".conv", ".bn")
        if isinstance(layer, tuple(_ORDINARY)) and not isinstance(given, tuple(_ORDINARY)):
            kernel = np.asarray(given.kernel)
            gamma, beta, mean, variance = map(np.asarray, source.get_layer(norm).weights)
            absorb(layer, kernel, (gamma, beta, mean, variance))
        else:
            layer.set_weights(given.get_weights())


def absorb(layer: Any, kernel: NDArray[np.generic], norm: Sequence[NDArray[Any]]) -> None:
    """Put a convolution and the normalisation after it into one ``Scaled`` layer.

    Args:
        layer: of the class ``ScaledConv2D`` or ``ScaledDepthwiseConv2D``.
        kernel: as Keras has it.
        norm: gamma, beta, mean and variance, one number an output channel each.
    """
    gamma, beta, mean, variance = norm
    scale = gamma / np.sqrt(variance + _EPSILON)
    layer.kernel.assign(kernel)
    layer.bias.assign(beta - mean * scale)
    layer.scale.assign(scale.reshape(layer.scale.shape))


def _block(x: Any, block: Block, make: Convolutions) -> Any:
    name, y = f"block{block.index}", x
    if block.expansion > 1:
        y = convolution(y, f"{name}.expand", block.inputs * block.expansion, make)
    y = make.depthwise(y, f"{name}.depthwise", block.kernel, block.stride)
    y = layers.ReLU(6.0, name=f"{name}.depthwise.relu6")(y)
    y = make.convolution(y, f"{name}.project", block.outputs, 1, 1)
    if block.stride == 1 and block.inputs == block.outputs:
        return layers.Add(name=f"{name}.add")([x, y])
    return y


def convolution(
    x: Any, name: str, channels: int, make: Convolutions, *, kernel: int = 1, stride: int = 1
) -> Any:
    """Add a convolution and what follows each: normalisation where there is any, and ReLU6."""
    x = make.convolution(x, name, channels, kernel, stride)
    return layers.ReLU(6.0, name=f"{name}.relu6")(x)


@dataclass(frozen=True)
class Convolutions:
    """How convolutions are made.

    Attributes:
        ordinary: class of convolutions over all channels.
        channelwise: class of depthwise convolutions.
        normalised: None: they have an offset and no normalisation after them; else whether that
            follows the batches in training.
    """

    ordinary: Any
    channelwise: Any
    normalised: bool | None

    def convolution(self, x: Any, name: str, channels: int, kernel: int, stride: int) -> Any:
        """Add a convolution over all channels."""
        options = {"padding": "same", "use_bias": self.normalised is None, "name": f"{name}.conv"}
        return self._after(self.ordinary(channels, kernel, stride, **options)(x), name)

    def depthwise(self, x: Any, name: str, kernel: int, stride: int) -> Any:
        """Add a convolution of each channel by itself."""
        options = {"padding": "same", "use_bias": self.normalised is None, "name": f"{name}.conv"}
        return self._after(self.channelwise(kernel, stride, **options)(x), name)

    def _after(self, x: Any, name: str) -> Any:
        if self.normalised is None:
            return x
        norm = layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}.bn")
        return norm(x, training=None if self.normalised else False)


FROZEN = Convolutions(_Conv2D, _DepthwiseConv2D, normalised=False)
FOLLOWING = Convolutions(_Conv2D, _DepthwiseConv2D, normalised=True)
SCALED = Convolutions(ScaledConv2D, ScaledDepthwiseConv2D, normalised=None)
_ORDINARY: dict[Any, Any] = {ScaledConv2D: _Conv2D, ScaledDepthwiseConv2D: _DepthwiseConv2D}
