"""The write-up's network: three small convolutions and a wide dense layer."""

from __future__ import annotations

from typing import Any

from happysad.config import Preprocessing
from happysad.training.engine import load_keras
from happysad.training.networks.network import Network

_SIZE = Preprocessing(width=256, height=256, fit="stretch", resample="area")


def _build(classes: int, seed: int) -> Any:  # noqa: ARG001 - one sigmoid, whatever the classes
    """Return the model with its 3,696,625 parameters."""
    keras = load_keras()
    layers, seeds = keras.layers, iter(range(seed * 100, seed * 100 + 100))

    def start() -> Any:
        """Keras' default initializer, with a seed of its own for each layer."""
        return keras.initializers.GlorotUniform(seed=next(seeds))

    def conv(filters: int, name: str) -> Any:
        return layers.Conv2D(filters, 3, activation="relu", kernel_initializer=start(), name=name)

    return keras.Sequential(
        [
            keras.Input((_SIZE.height, _SIZE.width, 3), name="pixels"),
            layers.Rescaling(1 / 255, name="scale"),
            conv(16, "conv_1"),
            layers.MaxPooling2D(name="pool_1"),
            conv(32, "conv_2"),
            layers.MaxPooling2D(name="pool_2"),
            conv(16, "conv_3"),
            layers.MaxPooling2D(name="pool_3"),
            layers.Flatten(name="flatten"),
            layers.Dense(256, activation="relu", kernel_initializer=start(), name="dense"),
            layers.Dense(1, activation="sigmoid", kernel_initializer=start(), name="probability"),
        ],
        name="seed",
    )


SEED = Network(
    name="seed",
    summary="three small convolutions and a dense layer of 256, 3.7 million parameters",
    preprocessing=_SIZE,
    output="sigmoid",
    learning_rate=1e-3,
    builder=_build,
)
