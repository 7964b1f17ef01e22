"""Reading tensors from a legacy torch file without torch, and without running anything in it."""

from __future__ import annotations

import collections
import pickle
import struct
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8", "HalfStorage": "<f2"}


class _Storage(NamedTuple):
    dtype: str
    key: str


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Restricted(pickle.Unpickler):
    """Knows ordered dicts, tensors and three kinds of storage; refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        msg = f"the file names {module}.{name}, which has no place in a file of tensors"
        raise pickle.UnpicklingError(msg)

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, *_ = pid
        if kind != "storage":
            msg = f"the file holds a {kind!r} where a storage belongs"
            raise pickle.UnpicklingError(msg)
        return _Storage(dtype, key)


def _tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


def read_tensors(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return the tensors of a legacy torch file (torch before 1.6) by name, C-contiguous.

    Args:
        path: the file; its tensors may share storages and have any strides.

    Raises:
        pickle.UnpicklingError: the file holds anything but tensors.
    """
    with path.open("rb") as file:
        if _unpickled(file) != _MAGIC:
            msg = f"{path} is no legacy torch file"
            raise pickle.UnpicklingError(msg)
        _unpickled(file)  # protocol version
        _unpickled(file)  # byte order and sizes of the machine that wrote it
        tensors: dict[str, _Tensor] = _unpickled(file)
        keys: list[str] = _unpickled(file)
        dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
        storages = {key: _values(file, np.dtype(dtypes[key])) for key in keys}
    return {name: _array(tensor, storages) for name, tensor in tensors.items()}


def _unpickled(file: IO[bytes]) -> Any:
    return _Restricted(file).load()


def _values(file: IO[bytes], dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    (count,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(count * dtype.itemsize), dtype)


def _array(tensor: _Tensor, storages: dict[str, NDArray[np.generic]]) -> NDArray[np.generic]:
    values = storages[tensor.storage.key][tensor.offset :]
    last = sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True))
    if tensor.offset < 0 or min((0, *tensor.strides)) < 0 or last >= len(values):
        msg = "a tensor reaches beyond its storage"
        raise pickle.UnpicklingError(msg)
    steps = [step * values.itemsize for step in tensor.strides]
    view = np.lib.stride_tricks.as_strided(values, tensor.shape, steps, writeable=False)
    return np.array(view, order="C")
