"""What a file of PyTorch's own (.ckpt, .pt, .bin) holds, read without torch and without running anything of it.

Such a file is a zip with a pickle in it, and a pickle is a little program. Its instructions are listed first: it may ask
for nothing but what torch.load(weights_only=True) knows, and only by the one instruction that torch knows. Then they are
followed with stand-ins for all of that, so that only names, shapes and plain containers come out of it.
Source: torch `_weights_only_unpickler.py`, `serialization.py`; Python's `pickletools`.
"""

import io
import os
import pickle
import re
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from onetrainer_clone.paths import require_regular
from onetrainer_clone.settings import UserError

T = TypeVar("T")
WAY_OUT = "Ask for a .safetensors file, or convert it with a program and from a source that you trust"
MOST_BYTES = 100_000_000  # of the pickle; that of a model with all its averages and moments takes some
_NESTED = 4  # times that trainers put weights under 'state_dict'

_KNOWN = {"collections.OrderedDict", "collections.Counter", "_codecs.encode"}
_KNOWN |= {f"builtins.{name}" for name in ("bytearray", "set", "complex")}
_KNOWN |= {"torch.nn.parameter.Parameter", "torch.serialization._get_layout", "torch._tensor._rebuild_from_type_v2"}
_OF_TORCH = re.compile(
    r"torch\.(Size|device|_utils\._rebuild_\w+|([a-z]+\.)*\w*(Tensor|Storage)|(per_tensor|per_channel)_\w+"
    r"|bool|u?int\d+|b?float\d[a-z0-9_]*|complex\d+|qu?int\d\w*|bits\d\w*)"
)
_OTHER_WAYS = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}  # to a name, or to an object of one


@dataclass(frozen=True)
class Kept:
    """A tensor of a file, told as torch tells it."""

    shape: tuple[int, ...]
    floating: bool

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def is_floating_point(self) -> bool:
        return self.floating


def is_known(name: str) -> bool:
    """Whether torch.load(weights_only=True) knows what a pickle calls so: 'torch._utils._rebuild_tensor_v2'."""
    return name in _KNOWN or bool(_OF_TORCH.fullmatch(name))


def content(path: Path) -> Any:
    """What a file holds: plain containers, and `Kept` in place of tensors; remembered until the file changes.

    Raises UserError where it is damaged, holds more than weights, or is of the format before PyTorch 1.6.
    """
    try:
        require_regular(path)
        status = path.stat()
    except (OSError, ValueError) as error:
        raise UserError(f"'{path}' cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return _content(path, status.st_mtime_ns, status.st_size)


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Of every named tensor. Raises UserError as `content`."""
    return {name: kept.shape for name, kept in named(content(path), path, Kept).items()}


def named(found: Any, path: Path, kind: type[T]) -> dict[str, T]:
    """What of a file's content is a named tensor of this kind; trainers put the weights under 'state_dict'."""
    for _ in range(_NESTED):
        if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
            found = found["state_dict"]
    if not isinstance(found, Mapping):
        raise UserError(f"'{path}' holds no named weights but a {type(found).__name__}")
    return {name: value for name, value in found.items() if isinstance(name, str) and isinstance(value, kind)}


@lru_cache(maxsize=8)
def _content(path: Path, _changed_ns: int, _size: int) -> Any:
    if not zipfile.is_zipfile(path):
        raise UserError(f"'{path}' is cut off, or was saved in the format before PyTorch 1.6. {WAY_OUT}")
    try:
        data = _pickle_in(path)
        if name := _stranger(data):
            message = f"'{path}' holds Python objects beside its weights ({name}), which could run code"
            raise UserError(f"{message}: it is not read. {WAY_OUT}")
        return _Follower(io.BytesIO(data)).load()
    except UserError:
        raise
    except Exception as error:  # a damaged pickle raises anything
        raise UserError(f"'{path}' is damaged: {error}") from error


def _pickle_in(path: Path) -> bytes:
    """Raises ValueError where there is none."""
    with zipfile.ZipFile(path) as file:
        found = [entry for entry in file.infolist() if re.fullmatch(r"[^/]+/data\.pkl", entry.filename)]
        if len(found) != 1:
            raise ValueError("it is a zip without a data.pkl, so not PyTorch's")
        if found[0].file_size > min(MOST_BYTES, os.path.getsize(path)):
            raise ValueError(f"its data.pkl would take {found[0].file_size:,} bytes")
        return file.read(found[0])


def _stranger(data: bytes) -> str:
    """The first name that is not torch's to be asked for; empty where there is none. Raises ValueError for a damaged one."""
    import pickletools  # here: the window opens without it

    for code, argument, _ in pickletools.genops(data):
        if code.name == "GLOBAL":
            name = str(argument).replace(" ", ".", 1).replace("__builtin__.", "builtins.", 1)
            if not is_known(name):
                return name
        elif code.name in _OTHER_WAYS:
            return code.name
        elif code.name == "LONG_BINPUT" and int(argument or 0) > len(data):  # memory would be taken for so many
            raise ValueError(f"it remembers value {argument}, and has {len(data)} bytes")
    return ""


class _StandIn:
    """For whatever is neither a tensor nor a container: it takes everything and does nothing."""

    def __init__(self, *arguments: Any):
        pass

    def __setstate__(self, state: Any) -> None:
        pass


@dataclass(frozen=True)
class _Type:
    """For the type of a storage, which a pickle only names."""

    name: str


class _Follower(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name == "OrderedDict":
            return OrderedDict
        if name.endswith("Storage"):
            return _Type(name)
        return _REBUILT.get(name, _StandIn)

    def persistent_load(self, pid: Any) -> Any:
        """('storage', its type, its place in the zip, its device, its length)."""
        return pid[1]


def _tensor(storage: Any, _offset: Any, shape: Any, *_rest: Any) -> Kept:
    """torch's arguments: storage, storage_offset, size, stride ..."""
    kind = storage.name if isinstance(storage, _Type) else "FloatStorage"
    return Kept(tuple(int(side) for side in shape), kind.startswith(("Float", "Half", "BFloat", "Double", "Untyped")))


def _inner(data: Any, *_rest: Any) -> Any:
    return data


_REBUILT: dict[str, Any] = dict.fromkeys(("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"), _tensor)
_REBUILT |= {"_rebuild_parameter": _inner}
