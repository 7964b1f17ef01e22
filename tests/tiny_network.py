"""A network and pictures that are small enough to train in a second."""

from __future__ import annotations

from typing import Any

import numpy as np

from happysad.config import Preprocessing
from happysad.records import Entry
from happysad.training.engine import load_keras
from happysad.training.examples import Examples
from happysad.training.networks import Network


def build_tiny(classes: int, seed: int) -> Any:
    keras = load_keras()
    layers = keras.layers
    start = keras.initializers.GlorotUniform
    return keras.Sequential(
        [
            keras.Input((16, 16, 3), name="pixels"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, activation="elu", kernel_initializer=start(seed=seed)),
            layers.GlobalAveragePooling2D(),
            layers.Dense(
                1 if classes == 2 else classes,
                activation="sigmoid" if classes == 2 else "softmax",
                kernel_initializer=start(seed=seed + 1),
            ),
        ]
    )


def tiny_network(output: str = "sigmoid") -> Network:
    return Network(
        name="tiny",
        summary="for tests",
        preprocessing=Preprocessing(width=16, height=16),
        output=output,  # type: ignore[arg-type]
        learning_rate=3e-2,
        builder=build_tiny,
    )


def make_examples(
    count: int, *, classes: tuple[str, ...] = ("happy", "sad"), seed: int = 0
) -> Examples:
    """Pictures whose class shows in their colour, so that there is something to learn."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % len(classes)
    pixels = generator.integers(0, 100, (count, 16, 16, 3)).astype(np.uint8)
    pixels[np.arange(count), :, :, labels] += 120
    entries = tuple(
        Entry(
            f"{classes[label]}/{row}.png", classes[label], f"{row:064x}", 1, "png", 16, 16, "", "g"
        )
        for row, label in enumerate(labels)
    )
    return Examples(pixels, labels.astype(np.int64), entries, classes, {})


def weights_of(model: Any) -> list[np.ndarray]:
    return [variable.numpy() for variable in model.variables]
