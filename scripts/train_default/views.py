"""Pictures packed once, and what the frozen front of the backbone makes of crops of them.

Fine-tuning reads these features instead of pixels: half of a training step's work is done once
for all folds. A *view* is one random crop, flip and colour change of every picture; an epoch
trains on one view. Pictures are judged on the whole picture at ``JUDGED_SIDE``: crops make things
appear larger in training, and the larger side makes up for that (Touvron et al., "Fixing the
train-test resolution discrepancy", NeurIPS 2019).
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
JUDGED_SIDE = 256
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
    _features(pixels, front, folder / "whole.npy", lambda image, _row: _whole(image))
    _features(pixels, front, folder / "mirrored.npy", lambda image, _row: _whole(image)[:, ::-1])


def training_view(pixels: NDArray[np.uint8], front: keras.Model, folder: Path, view: int) -> None:
    """Write ``view{n}.npy``: features of one random crop of every picture, float16."""

    def changed(image: Image.Image, row: int) -> NDArray[np.uint8]:
        return randomly_changed(image, TRAINED_SIDE, np.random.default_rng((view, row)))

    _features(pixels, front, folder / f"view{view}.npy", changed)


def _whole(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image.resize((JUDGED_SIDE, JUDGED_SIDE), Image.Resampling.BILINEAR))


def _features(
    pixels: NDArray[np.uint8],
    front: keras.Model,
    target: Path,
    look: Callable[[Image.Image, int], NDArray[np.uint8]],
) -> None:
    """Write the front's features of every picture, as ``look`` changes it; skip what is there."""
    if target.exists():
        return
    partial, kept = target.with_suffix(".partial.npy"), None
    for start in range(0, len(pixels), _BATCH):
        rows = range(start, min(start + _BATCH, len(pixels)))
        batch = np.stack([look(Image.fromarray(pixels[row]), row) for row in rows])
        features = np.asarray(front.predict_on_batch(batch.astype(np.float32)))
        if kept is None:
            kept = open_memmap(partial, "w+", np.float16, (len(pixels), *features.shape[1:]))
        kept[start : start + len(rows)] = features
    partial.rename(target)
