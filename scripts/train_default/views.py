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
from PIL import Image, ImageEnhance

from happysad.config import Preprocessing
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
_SMALLEST_CROP = 0.45  # share of the area
_WIDEST_ASPECT = 4 / 3
_JITTER = 0.25


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


def randomly_changed(
    image: Image.Image, side: int, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Return a random crop, flip, small rotation and colour change, (side, side, 3) uint8."""
    if generator.random() < 0.3:
        image = image.rotate(generator.uniform(-12, 12), Image.Resampling.BILINEAR)
    image = image.resize((side, side), Image.Resampling.BILINEAR, box=_crop(image.size, generator))
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = change(image).enhance(generator.uniform(1 - _JITTER, 1 + _JITTER))
    if generator.random() < 0.08:
        image = image.convert("L").convert("RGB")
    array = np.asarray(image)
    return array[:, ::-1] if generator.random() < 0.5 else array


def _crop(
    size: tuple[int, int], generator: np.random.Generator
) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of a random part of the picture."""
    share = generator.uniform(_SMALLEST_CROP, 1.0)
    aspect = np.exp(generator.uniform(-np.log(_WIDEST_ASPECT), np.log(_WIDEST_ASPECT)))
    width = size[0] * min(1.0, np.sqrt(share * aspect))
    height = size[1] * min(1.0, np.sqrt(share / aspect))
    left, top = generator.uniform(0, size[0] - width), generator.uniform(0, size[1] - height)
    return left, top, left + width, top + height


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
