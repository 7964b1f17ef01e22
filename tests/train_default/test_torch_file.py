"""Reading legacy torch files: strides, shared storages, and refusing everything else."""

import collections
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from torch_file import read_tensors


class _Pickler(pickle.Pickler):
    """Writes what torch before 1.6 wrote: tensors as calls, storages as persistent ids."""

    def persistent_id(self, item):
        return item.id if isinstance(item, Storage) else None


class Storage:
    def __init__(self, key: str, count: int):
        self.id = ("storage", FloatStorage, key, "cpu", count, None)


class FloatStorage:
    """Stands for ``torch.FloatStorage``."""


def _rebuild_tensor_v2(*_arguments):
    """Stands for torch's function of that name."""


class Tensor:
    def __init__(self, storage: Storage, offset: int, shape, strides):
        self.arguments = (storage, offset, shape, strides, False, collections.OrderedDict())

    def __reduce__(self):
        return _rebuild_tensor_v2, self.arguments


FloatStorage.__module__, FloatStorage.__qualname__ = "torch", "FloatStorage"
_rebuild_tensor_v2.__module__ = "torch._utils"


@pytest.fixture(autouse=True)
def torch_by_name(monkeypatch):
    """Let pickle find the stand-ins while a file is written; reading needs no torch."""
    import sys
    import types

    torch, inner = types.ModuleType("torch"), types.ModuleType("torch._utils")
    torch.FloatStorage, inner._rebuild_tensor_v2 = FloatStorage, _rebuild_tensor_v2
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", inner)


def written(path: Path, tensors: dict, storages: dict[str, np.ndarray]) -> Path:
    with path.open("wb") as file:
        for item in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
            pickle.dump(item, file, protocol=2)
        _Pickler(file, protocol=2).dump(collections.OrderedDict(tensors))
        pickle.dump(list(storages), file, protocol=2)
        for values in storages.values():
            file.write(struct.pack("<q", len(values)) + values.astype("<f4").tobytes())
    return path


def test_strides_and_offsets_are_honoured(tmp_path):
    values = np.arange(12, dtype=np.float32)
    storage = Storage("0", 12)
    tensors = {
        "turned": Tensor(storage, 0, (3, 4), (1, 3)),
        "row": Tensor(storage, 4, (4,), (1,)),
        "one": Tensor(storage, 7, (), ()),
    }
    found = read_tensors(written(tmp_path / "a.pth", tensors, {"0": values}))
    assert found["turned"].tolist() == values.reshape(4, 3).T.tolist()
    assert found["turned"].flags.c_contiguous
    assert found["row"].tolist() == [4, 5, 6, 7]
    assert found["one"] == 7


def test_a_tensor_beyond_its_storage_is_refused(tmp_path):
    tensors = {"far": Tensor(Storage("0", 4), 1, (4,), (1,))}
    path = written(tmp_path / "a.pth", tensors, {"0": np.zeros(4)})
    with pytest.raises(pickle.UnpicklingError, match="beyond its storage"):
        read_tensors(path)


@pytest.mark.parametrize("payload", [print, Path("x"), np.zeros(2)])
def test_anything_but_tensors_is_refused(tmp_path, payload):
    path = tmp_path / "a.pth"
    path.write_bytes(pickle.dumps(payload, protocol=2))
    with pytest.raises(pickle.UnpicklingError, match="no place in a file of tensors"):
        read_tensors(path)


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "a.pth"
    path.write_bytes(pickle.dumps(1234))
    with pytest.raises(pickle.UnpicklingError, match="no legacy torch file"):
        read_tensors(path)
