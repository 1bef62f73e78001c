"""Reads torch checkpoints without torch, and without running anything that they say.

Two formats are known. Since torch 1.6 a checkpoint is a ZIP: `ROOT/data.pkl` is a pickle of the objects, in which a
tensor's storage is a persistent id ("storage", type, key, location, element count); its little-endian bytes are
`ROOT/data/KEY`. Before, it is three pickles (magic number, protocol, system information), the pickle of the objects,
a pickled list of the storages' keys in file order, then for each one a 64 bit element count and its bytes.

A pickle is a program. Here it can build dicts, lists, numbers, strings and arrays; every other class that it names
becomes an inert `Unknown`, and nothing of it is imported or called.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from engine_api import UNAVAILABLE, EngineError

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C

_TYPES = {
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}


class Unknown:
    """Stands for any object that is not a tensor or a plain container; takes any arguments and keeps none."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> Unknown:
        return Unknown()

    def __setstate__(self, _: Any) -> None:
        pass

    def __setitem__(self, *_: Any) -> None:
        pass

    def append(self, _: Any) -> None:
        """Swallows what a pickle appends to a list-like object."""

    def extend(self, _: Any) -> None:
        """Swallows what a pickle appends to a list-like object."""


class _StorageType:
    """The element type that a pickle names, such as torch.FloatStorage."""

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype


Fetch = Callable[[str, np.dtype, int], np.ndarray]
"""Gives a storage: its key, the type and the number of its elements."""


def _tensor(storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> np.ndarray:
    """An owned array; refuses a view that would reach beyond its storage."""
    if not isinstance(storage, np.ndarray):
        raise pickle.UnpicklingError("a tensor without storage")
    if len(size) != len(stride) or offset < 0 or min((*size, *stride, 0)) < 0:
        raise pickle.UnpicklingError("a tensor with an impossible shape")
    reach = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1
    if 0 not in size and reach > len(storage):
        raise pickle.UnpicklingError("a tensor that reaches beyond its storage")
    bytes_per_step = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, bytes_per_step).copy()


def _parameter(tensor: np.ndarray, *_: Any) -> np.ndarray:
    return tensor


_CALLABLE = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
}


class _Restricted(pickle.Unpickler):
    def __init__(self, file: BinaryIO, fetch: Fetch) -> None:
        super().__init__(file)
        self._fetch = fetch

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _TYPES:
            return _StorageType(_TYPES[name])
        return _CALLABLE.get((module, name), Unknown)

    def persistent_load(self, identity: Any) -> Any:
        if not (isinstance(identity, tuple) and len(identity) >= 5 and identity[0] == "storage"):
            raise pickle.UnpicklingError("an unknown persistent id")
        _, kind, key, _, count = identity[:5]
        if not isinstance(kind, _StorageType) or not isinstance(count, int) or count < 0:
            raise pickle.UnpicklingError("a storage of an unknown type")
        return self._fetch(str(key), kind.dtype, count)


def load(path: Path) -> dict[str, Any]:
    """The checkpoint's dictionary, tensors as arrays. Raises EngineError 69 for a file that is missing or no checkpoint."""
    try:
        content = _load_zip(path) if zipfile.is_zipfile(path) else _load_legacy(path)
    except FileNotFoundError as error:
        raise EngineError(UNAVAILABLE, f"the weights {path} are missing; install the speech engines again") from error
    except (pickle.UnpicklingError, zipfile.BadZipFile, EOFError, KeyError, ValueError, TypeError, struct.error,
            AttributeError, IndexError) as error:  # fmt: skip
        raise EngineError(
            UNAVAILABLE, f"the weights {path} are damaged ({type(error).__name__}: {error}); install the speech engines again"
        ) from error
    if not isinstance(content, dict):
        raise EngineError(UNAVAILABLE, f"the weights {path} hold no dictionary; install the speech engines again")
    return content


def float_tensors(content: dict[str, Any]) -> dict[str, np.ndarray]:
    """The arrays of a state dictionary as float32."""
    return {name: np.asarray(array, np.float32) for name, array in content.items() if isinstance(array, np.ndarray)}


def _load_zip(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        program = next((name for name in archive.namelist() if name.endswith("/data.pkl")), None)
        if program is None:
            raise pickle.UnpicklingError("no data.pkl inside")
        root = program.removesuffix("data.pkl")
        storages: dict[str, np.ndarray] = {}

        def fetch(key: str, dtype: np.dtype, count: int) -> np.ndarray:
            if key not in storages:
                storages[key] = np.frombuffer(archive.read(f"{root}data/{key}"), dtype, count)
            return storages[key]

        return _Restricted(io.BytesIO(archive.read(program)), fetch).load()


def _load_legacy(path: Path) -> Any:
    with path.open("rb") as file:

        def no_storage(key: str, *_: Any) -> np.ndarray:
            raise pickle.UnpicklingError(f"storage {key} in the header")

        if _Restricted(file, no_storage).load() != LEGACY_MAGIC:
            raise pickle.UnpicklingError("neither checkpoint format")
        for _ in ("protocol", "system information"):
            _Restricted(file, no_storage).load()
        objects = file.tell()
        storages: dict[str, np.ndarray] = {}
        size = path.stat().st_size

        def reserve(key: str, dtype: np.dtype, count: int) -> np.ndarray:
            if count * dtype.itemsize > size:
                raise pickle.UnpicklingError(f"storage {key} larger than its file")
            return storages.setdefault(key, np.zeros(count, dtype))

        # The storages follow the objects that refer to them, hence two passes over the objects.
        _Restricted(file, reserve).load()
        for key in _Restricted(file, no_storage).load():
            (count,) = struct.unpack("<q", file.read(8))
            if key not in storages or count != len(storages[key]):
                raise pickle.UnpicklingError(f"storage {key} of another size than its tensors")
            storages[key] = np.frombuffer(file.read(count * storages[key].itemsize), storages[key].dtype, count)
        file.seek(objects)
        return _Restricted(file, lambda key, _dtype, _count: storages[key]).load()
