"""Writes a safetensors file tensor by tensor, so that a model is never held twice."""

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from onetrainer_clone.paths import write_file
from onetrainer_clone.settings import UserError

_NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64"}
_NAMES |= {torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8"}
_NAMES |= {torch.bool: "BOOL"}


class Unwritable(UserError):
    """Weights that are not finite in the type in which they were to be written."""


@dataclass(frozen=True)
class Coming:
    """A tensor that is made when its turn comes."""

    dtype: torch.dtype
    shape: torch.Size
    make: Callable[[], Tensor]


def coming(name: str, like: Tensor, source: Callable[[], Tensor], dtype: torch.dtype | None) -> Coming:
    """What a source will give, which is like a tensor on any device; in a dtype, or where that is None in its own.

    Making it raises `Unwritable` where it is not finite.
    """

    def make() -> Tensor:
        tensor = source().detach().to("cpu", dtype).contiguous()
        if not tensor.isfinite().all():
            raise Unwritable(f"the model is not finite in {str(tensor.dtype).removeprefix('torch.')}: '{name}'")
        return tensor

    return Coming(dtype or like.dtype, like.shape, make)


def write_safetensors(path: Path, tensors: Mapping[str, Coming], metadata: Mapping[str, str]) -> None:
    """The file, whole or not at all. Raises what making a tensor raises; an older file then stays.

    The widest types come first, so that every tensor begins at a multiple of its own.
    """
    tensors = dict(sorted(tensors.items(), key=lambda item: -item[1].dtype.itemsize))
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    at = 0
    for name, one in tensors.items():
        end = at + one.shape.numel() * one.dtype.itemsize
        header[name] = {"dtype": _NAMES[one.dtype], "shape": list(one.shape), "data_offsets": [at, end]}
        at = end

    def write(file: BinaryIO) -> None:
        text = json.dumps(header, ensure_ascii=False).encode()
        text += b" " * (-len(text) % 8)
        file.write(struct.pack("<Q", len(text)) + text)
        for one in tensors.values():
            file.write(one.make().reshape(-1).view(torch.uint8).numpy().data)

    write_file(path, write)
