"""What the tests of training share."""

from __future__ import annotations

import pytest

from happysad.config import AugmentOptions, TrainOptions
from happysad.training.networks import Network
from tiny_network import tiny_network


@pytest.fixture
def network() -> Network:
    return tiny_network()


@pytest.fixture
def quick() -> TrainOptions:
    """Five epochs of seven steps, with random order, changes and mixtures."""
    return TrainOptions(
        epochs=5,
        batch_size=4,
        augment=AugmentOptions(flip=True, mix_up=0.2),
        keep_best=False,
    )
