"""Pictures packed once, and what the frozen front of the backbone makes of crops of them.

Fine-tuning reads these features instead of pixels: half of a training step's work is done once
for all folds. A *view* is one random crop, flip and colour change of every picture; an epoch
trains on one view. Pictures are judged on the whole picture at ``JUDGED_SIDE``, as it is and
mirrored: crops make things appear larger in training, and the larger side makes up for that
(Touvron et al., "Fixing the train-test resolution discrepancy", NeurIPS 2019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.format import open_memmap
from PIL import Image

from happysad.config import Preprocessing
from happysad.pictures.changed import randomly_changed
from happysad.pictures.prepare import decode_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

PACKED_SIDE = 288
TRAINED_SIDE = 224
JUDGED_SIDE = 288
_BATCH = 64


def pack(files: list[Path], target: Path) -> None:
    """Decode every picture to (N, 288, 288, 3) uint8 RGB in one ``.npy`` file."""
    preprocessing = Preprocessing(width=PACKED_SIDE, height=PACKED_SIDE, fit="stretch")
    shape = (len(files), PACKED_SIDE, PACKED_SIDE, 3)
    partial = target.with_suffix(".partial.npy")
    packed = open_memmap(partial, "w+", np.uint8, shape)
    for row, file in enumerate(files):
        _, packed[row] = decode_for(file.read_bytes(), preprocessing, source=str(file))
    packed.flush()
    partial.rename(target)


def judged_views(pixels: NDArray[np.uint8], front: keras.Model, folder: Path) -> None:
    """Write ``whole.npy`` and ``mirrored.npy``: features of every whole picture, float16."""

    def whole(row: int) -> NDArray[np.uint8]:
        size = (JUDGED_SIDE, JUDGED_SIDE)
        return np.asarray(Image.fromarray(pixels[row]).resize(size, Image.Resampling.BILINEAR))

    write_features(front, len(pixels), whole, folder / "whole.npy")
    write_features(front, len(pixels), lambda row: whole(row)[:, ::-1], folder / "mirrored.npy")


def judged_sides(folder: Path) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    """Return what ``judged_views`` wrote, left on the disk until it is read."""
    whole, mirrored = (
        np.load(folder / name, mmap_mode="r") for name in ("whole.npy", "mirrored.npy")
    )
    return whole, mirrored


def training_view(pixels: NDArray[np.uint8], front: keras.Model, folder: Path, view: int) -> None:
    """Write ``view{n}.npy``: features of one random crop of every picture, float16."""

    def changed(row: int) -> NDArray[np.uint8]:
        generator = np.random.default_rng((view, row))
        return randomly_changed(Image.fromarray(pixels[row]), TRAINED_SIDE, generator)

    write_features(front, len(pixels), changed, folder / f"view{view}.npy")


def write_features(
    model: keras.Model, count: int, look: Callable[[int], NDArray[np.uint8]], target: Path
) -> None:
    """Write what a model makes of ``look(0)`` to ``look(count - 1)``; skip what is there.

    Args:
        model: from pixels (N, side, side, 3), 0 to 255, to features.
        count: how many.
        look: returns the pixels of a number.
        target: the ``.npy`` file, float16.
    """
    if target.exists():
        return
    partial, kept = target.with_suffix(".partial.npy"), None
    for start in range(0, count, _BATCH):
        batch = np.stack([look(row) for row in range(start, min(start + _BATCH, count))])
        features = np.asarray(model.predict_on_batch(batch.astype(np.float32)))
        if kept is None:
            kept = open_memmap(partial, "w+", np.float16, (count, *features.shape[1:]))
        kept[start : start + len(batch)] = features
    partial.rename(target)
