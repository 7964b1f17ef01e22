"""Fine-tuning the scene view: the backbone's tail on features of random crops.

AdamW, cosine schedule after a warm-up, MixUp on features, soft labels, and the exponential moving
average of the weights at the end. A stopped run goes on after its last whole epoch.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np
from backbone import load_imagenet, tail

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Arrays = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class Recipe:
    """How the tail is fine-tuned.

    Attributes:
        epochs: passes over the training rows; each reads its own view while they last.
        batch: pictures a step.
        peak: highest learning rate.
        decay: weight decay.
        mix_up: alpha of the beta distribution.
        dropout: before the last layer.
        ema: momentum of the moving average, per step.
        seed: of order and mixing.
    """

    epochs: int = 4
    batch: int = 48
    peak: float = 4e-4
    decay: float = 0.02
    mix_up: float = 0.2
    dropout: float = 0.3
    ema: float = 0.997
    seed: int = 1


@dataclass(frozen=True)
class Material:
    """What the tail is trained on.

    Attributes:
        views: one array (N, 14, 14, 80) float16 a view.
        targets: float32 of shape (N,), 0 to 1.
        weights: float32 of shape (N,).
        rows: the rows that may train.
    """

    views: tuple[NDArray[np.float16], ...]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    rows: NDArray[np.int64]


def fine_tune(
    material: Material,
    tensors: Mapping[str, NDArray[np.generic]],
    folder: Path,
    recipe: Recipe = Recipe(),
) -> keras.Model:
    """Fine-tune a tail, or load it where it is done; keeps a checkpoint after every epoch.

    Args:
        material: features, targets and rows.
        tensors: the backbone's ImageNet weights.
        folder: where ``final.keras``, ``checkpoint.keras`` and ``log.jsonl`` lie.
        recipe: how to train.
    """
    folder.mkdir(parents=True, exist_ok=True)
    final, checkpoint = folder / "final.keras", folder / "checkpoint.keras"
    if final.exists():
        return keras.models.load_model(final)
    steps = -(-len(material.rows) // recipe.batch)
    if checkpoint.exists():
        model = keras.models.load_model(checkpoint)
    else:
        (folder / "recipe.json").write_text(json.dumps(asdict(recipe)))
        model = _fresh(tensors, recipe, steps)
    done = int(model.optimizer.iterations) // steps
    for epoch in range(done, recipe.epochs):
        _epoch(model, material, recipe, epoch, folder)
        _save(model, checkpoint)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    _save(model, final)
    checkpoint.unlink()
    return model


def logits(model: keras.Model, view: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return the logit of ``sad`` for every picture of a view, shape (N,)."""
    parts = []
    for start in range(0, len(view), 64):
        features = view[start : start + 64].astype(np.float32)
        parts.append(np.asarray(model.predict_on_batch(features))[:, 0])
    return np.concatenate(parts)


def _fresh(tensors: Mapping[str, NDArray[np.generic]], recipe: Recipe, steps: int) -> keras.Model:
    keras.utils.set_random_seed(recipe.seed)
    model = tail(dropout=recipe.dropout)
    load_imagenet(model, tensors)
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.peak * 0.02,
        decay_steps=steps * recipe.epochs - steps // 2,
        warmup_target=recipe.peak,
        warmup_steps=steps // 2,
    )
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=recipe.decay, use_ema=True, ema_momentum=recipe.ema, clipnorm=1.0
    )
    model.compile(optimizer, keras.losses.BinaryCrossentropy(from_logits=True))
    return model


def _epoch(
    model: keras.Model, material: Material, recipe: Recipe, epoch: int, folder: Path
) -> None:
    started, losses = time.time(), []
    for features, targets, weights in _batches(material, recipe, epoch):
        loss = model.train_on_batch(features, targets, sample_weight=weights)
        losses.append(float(np.asarray(loss)))
    note = {"epoch": epoch, "loss": float(np.mean(losses)), "seconds": time.time() - started}
    with (folder / "log.jsonl").open("a") as file:
        print(json.dumps(note), file=file)


def _batches(material: Material, recipe: Recipe, epoch: int) -> Iterator[Arrays]:
    """Yield mixed batches of one epoch; the same for the same seed and epoch."""
    generator = np.random.default_rng((recipe.seed, epoch))
    view = material.views[epoch % len(material.views)]
    order = generator.permutation(material.rows)
    for start in range(0, len(order), recipe.batch):
        rows = order[start : start + recipe.batch]
        features, targets = view[rows].astype(np.float32), material.targets[rows]
        weights = material.weights[rows]
        share = np.float32(generator.beta(recipe.mix_up, recipe.mix_up) if recipe.mix_up else 1.0)
        partner = generator.permutation(len(rows))
        features = share * features + (1 - share) * features[partner]
        targets = share * targets + (1 - share) * targets[partner]
        weights = share * weights + (1 - share) * weights[partner]
        yield features, targets[:, None], weights


def _save(model: keras.Model, path: Path) -> None:
    """Save beside, then rename: a stop in the middle leaves the old file whole."""
    partial = path.with_name(f"partial-{path.name}")
    model.save(partial)
    partial.rename(path)
