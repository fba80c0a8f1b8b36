"""What a safetensors file says it holds, read without torch and without trusting it.

The format: 8 bytes with the header's length, the header as JSON, then the tensors' bytes without holes or overlaps.
Source: huggingface/safetensors, README and `safetensors/src/tensor.rs`.
"""

import json
import math
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from onetrainer_clone.paths import require_regular
from onetrainer_clone.settings import UserError

MOST_HEADER_BYTES = 100_000_000  # safetensors' own limit
_BITS = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "U16": 16, "I16": 16, "F16": 16}
_BITS |= {"BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64}
_BITS |= {"F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}


@dataclass(frozen=True)
class Stored:
    """One tensor of a file; begin and end count bytes from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    tensors: Mapping[str, Stored]
    metadata: Mapping[str, str]
    data_start: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: stored.shape for name, stored in self.tensors.items()}


def read_header(path: Path) -> Header:
    """The header of a file, remembered until it changes. Raises UserError with a sentence where it is damaged or none."""
    try:
        require_regular(path)
        status = path.stat()
        return _read(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError) as error:
        raise UserError(f"'{path}' cannot be read: {getattr(error, 'strerror', None) or error}") from error


@lru_cache(maxsize=16)
def _read(path: Path, _changed_ns: int, size: int) -> Header:
    with path.open("rb") as file:
        start = file.read(8)
        if len(start) < 8:
            raise _damaged(path, f"it has {size} bytes, which is less than a header")
        [length] = struct.unpack("<Q", start)
        if length > min(size - 8, MOST_HEADER_BYTES):
            raise _damaged(path, f"its header would take {length} bytes of a file of {size}")
        text = file.read(length)
    try:
        content = json.loads(text.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"its header is no JSON ({error})") from error
    if not isinstance(content, dict):
        raise _damaged(path, "its header is no JSON object")
    metadata = content.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _damaged(path, "its metadata are not all texts")
    tensors = {name: _stored(path, name, entry) for name, entry in content.items()}
    _check_places(path, tensors, size - 8 - length)
    return Header(tensors, metadata, 8 + length)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _stored(path: Path, name: str, entry: Any) -> Stored:
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [begin, end]}:
            pass
        case _:
            raise _damaged(path, f"'{name}' is not described by dtype, shape and data_offsets")
    if dtype not in _BITS:
        raise _damaged(path, f"'{name}' has the unknown dtype {dtype!r}")
    if any(type(number) is not int or number < 0 for number in (*shape, begin, end)):  # bool is an int, too
        raise _damaged(path, f"'{name}' has a size or place that is no count")
    if (end - begin) * 8 != math.prod(shape) * _BITS[dtype]:
        raise _damaged(path, f"'{name}' has {end - begin} bytes, which does not fit {dtype} {shape}")
    return Stored(dtype, tuple(shape), begin, end)


def _check_places(path: Path, tensors: Mapping[str, Stored], size: int) -> None:
    at = 0
    for name, stored in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if stored.begin != at:
            raise _damaged(path, f"'{name}' begins at byte {stored.begin} where byte {at} comes next")
        at = stored.end
    if at > size:
        raise _damaged(path, f"its tensors take {at} bytes but it holds {size}; a broken download?")
    if at < size:
        raise _damaged(path, f"{size - at} bytes at its end belong to no tensor")


def _damaged(path: Path, why: str) -> UserError:
    return UserError(f"'{os.fspath(path)}' is damaged or no safetensors file: {why}")
