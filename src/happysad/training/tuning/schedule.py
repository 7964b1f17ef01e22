"""How long and how fast a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from happysad.training.engine import load_keras


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast to train.

    Attributes:
        epochs: passes over the training rows.
        batch: examples a step.
        peak: highest learning rate.
        warm_up: share of an epoch in which the rate rises.
        decay: weight decay.
        ema: momentum of the moving average, per step.
        seed: of weights, order and augmentation.
    """

    epochs: int
    batch: int
    peak: float
    warm_up: float = 0.5
    decay: float = 0.02
    ema: float = 0.997
    seed: int = 1

    def steps(self, examples: int) -> int:
        """Return the steps of an epoch."""
        return -(-examples // self.batch)

    def optimizer(self, examples: int) -> Any:
        """Return AdamW with a warm-up, a cosine schedule and a moving average of the weights.

        Decoupled weight decay and the cosine: Loshchilov and Hutter, ICLR 2019 and ICLR 2017.

        Args:
            examples: how many an epoch has.
        """
        keras = load_keras()
        steps = self.steps(examples)
        warm_up = int(steps * self.warm_up)
        rate = keras.optimizers.schedules.CosineDecay(
            self.peak * 0.02,
            decay_steps=max(1, steps * self.epochs - warm_up),
            warmup_target=self.peak,
            warmup_steps=warm_up,
        )
        return keras.optimizers.AdamW(
            rate,
            weight_decay=self.decay,
            use_ema=True,
            ema_momentum=self.ema,
            clipnorm=1.0,
        )
