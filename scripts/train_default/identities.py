"""What recognises the training pictures: hashes of bytes and looks, never the pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from happysad.bundle.manifest import TrainedPicture
from happysad.config import Preprocessing
from happysad.pictures.prepare import decode_for
from happysad.pictures.signature import signature, to_hex

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def identities(
    files: list[Path], names: NDArray[np.str_], kept: Path
) -> tuple[TrainedPicture, ...]:
    """Return the identity of every picture; computed once and kept in a file.

    Args:
        files: where the pictures are.
        names: what they are called in the bundle.
        kept: the ``.npz`` file.
    """
    if not kept.exists():
        found = [_identity(file) for file in files]
        partial = kept.with_suffix(".partial.npz")
        np.savez(partial, sha256=[one for one, _ in found], signature=[two for _, two in found])
        partial.rename(kept)
    with np.load(kept) as stored:
        rows = zip(names, stored["sha256"], stored["signature"], strict=True)
        return tuple(TrainedPicture(*map(str, row)) for row in rows)


def _identity(file: Path) -> tuple[str, str]:
    picture, _ = decode_for(file.read_bytes(), Preprocessing(), source=str(file))
    return picture.sha256, to_hex(signature(picture.pixels))
