"""The recipe's modules, and a backbone with random weights in the published file's form."""

import sys
from pathlib import Path

import numpy as np
import pytest

RECIPE = Path(__file__).resolve().parents[2] / "scripts" / "train_default"
sys.path.insert(0, str(RECIPE))


@pytest.fixture(scope="session")
def tensors() -> dict[str, np.ndarray]:
    """Return tensors by name as the published file holds them, with random values."""
    pytest.importorskip("keras", reason="the recipe needs the extra 'train'")
    from backbone import FEATURES, blocks

    generator = np.random.default_rng(5)
    result: dict[str, np.ndarray] = {}

    def convolution(name: str, *shape: int) -> None:
        spread = np.sqrt(2 / np.prod(shape[1:]))
        result[f"{name}.weight"] = generator.normal(0, spread, shape).astype(np.float32)

    def normalisation(name: str, channels: int) -> None:
        for part in ("weight", "running_var"):
            result[f"{name}.{part}"] = generator.uniform(0.5, 1.5, channels).astype(np.float32)
        for part in ("bias", "running_mean"):
            result[f"{name}.{part}"] = generator.normal(0, 0.2, channels).astype(np.float32)

    convolution("_conv_stem", 32, 3, 3, 3)
    normalisation("_bn0", 32)
    for block in blocks():
        name, middle = f"_blocks.{block.index}", block.inputs * block.expansion
        if block.expansion > 1:
            convolution(f"{name}._expand_conv", middle, block.inputs, 1, 1)
            normalisation(f"{name}._bn0", middle)
        convolution(f"{name}._depthwise_conv", middle, 1, block.kernel, block.kernel)
        normalisation(f"{name}._bn1", middle)
        convolution(f"{name}._project_conv", block.outputs, middle, 1, 1)
        normalisation(f"{name}._bn2", block.outputs)
    convolution("_conv_head", FEATURES, 320, 1, 1)
    normalisation("_bn1", FEATURES)
    return result
