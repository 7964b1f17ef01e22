"""Recognise model files of other formats by their bytes, to refuse them by name.

They are never parsed here: a pickle runs code when it is read, and the others have parsers with
a history of holes. ``happysad import`` reads the Keras ones in a guarded child process.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Magic bytes at the start → what the file is. The order matters: the old PyTorch format begins
# as a pickle does (it is one), with a magic number of its own behind.
_HEADS: tuple[tuple[bytes, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "a Keras HDF5 file (.h5)"),
    (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "a PyTorch file (.pt)"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (b"\x93NUMPY", "a numpy array file"),
)

# Names in a ZIP's list of contents → what the file is.
_CONTENTS: tuple[tuple[bytes, str], ...] = (
    (b"model.weights.h5", "a Keras file (.keras)"),
    (b"data.pkl", "a PyTorch file (.pt)"),
    (b".npy", "a numpy archive (.npz)"),
)

_LIST_BYTES = 65_536


def recognise(data: bytes) -> str | None:
    """Name the foreign model format of a file's bytes.

    Returns:
        What it is, e.g. ``a Keras HDF5 file (.h5)``, or None where it is none that is known.
    """
    for magic, kind in _HEADS:
        if data.startswith(magic):
            return kind
    if data.startswith(b"PK"):
        contents = data[-_LIST_BYTES:]
        return next((kind for name, kind in _CONTENTS if name in contents), None)
    if data[4:8] == b"TFL3":
        return "a TensorFlow Lite file"
    # Protocol buffers have no magic; both begin with a small version and then a string or message.
    if data[:1] == b"\x08" and data[2:3] in {b"\x12", b":"}:
        return "a TensorFlow SavedModel" if data[1] == 1 else "a bare ONNX graph"
    return None


def recognise_folder(folder: Path) -> str | None:
    """Name the foreign model format that is kept as a folder, or None."""
    if any((folder / name).is_file() for name in ("saved_model.pb", "saved_model.pbtxt")):
        return "a TensorFlow SavedModel"
    return None


def refusal(path: Path, kind: str) -> str:
    """Return the sentence that refuses a foreign file and says what to do instead."""
    return (
        f"it is {kind}, which happysad does not load. A Keras model (.keras, .h5) becomes a "
        f"bundle with: happysad import {shlex.quote(str(path))} --classes happy,sad"
    )
