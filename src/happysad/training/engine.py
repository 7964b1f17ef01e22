"""The door through which keras and tensorflow are loaded, quietly and in one place."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
from typing import TYPE_CHECKING, Any

from happysad.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def load_keras() -> Any:
    """Return the ``keras`` module, on its TensorFlow backend.

    Raises:
        MissingExtraError: keras or tensorflow is not installed.
        UsageError: keras was loaded before, on another backend.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
    _load("tensorflow").get_logger().setLevel("ERROR")
    keras = _load("keras")
    backend = keras.backend.backend()
    if backend != "tensorflow":
        msg = (
            f"Training needs keras on the 'tensorflow' backend. It was loaded on {backend!r} "
            "before; start a fresh process without KERAS_BACKEND."
        )
        raise UsageError(msg)
    return keras


def load_tensorflow() -> Any:
    """Return the ``tensorflow`` module.

    Raises:
        MissingExtraError: keras or tensorflow is not installed.
    """
    load_keras()
    return sys.modules["tensorflow"]


def load_onnx() -> Any:
    """Return the ``onnx`` module.

    Raises:
        MissingExtraError: it is not installed.
    """
    return _load("onnx")


def require_library(name: str, extra: str) -> None:
    """Refuse to go on without a library that Keras would miss only in the middle of its work.

    Raises:
        MissingExtraError: it is not installed.
    """
    if importlib.util.find_spec(name) is None:
        raise MissingExtraError(name, extra)


def _load(name: str) -> Any:
    try:
        with contextlib.nullcontext() if name in sys.modules else _silenced_stderr():
            return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(error.name or name, "train") from error


@contextlib.contextmanager
def _silenced_stderr() -> Iterator[None]:
    """Drop what C++ libraries print on loading; no setting of theirs stops these first lines."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - os.devnull is no file to manage
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
