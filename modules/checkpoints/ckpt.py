"""`.ckpt` files: Python pickles, of which only weights are read, never code.

torch.load(weights_only=True) builds tensors and plain containers and refuses every other object by its name. There is no
second way here: what needs more is refused in words.
"""

import pickle
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from onetrainer_clone.settings import UserError

_WAY_OUT = "Ask for a .safetensors file, or convert it with a program and from a source that you trust"


class Ckpt:
    """Raises UserError where the file is damaged, holds more than weights, or is of the format before PyTorch 1.6."""

    metadata: Mapping[str, str] = {}

    def __init__(self, path: Path):
        self.path = path
        self.shapes = {name: tuple(tensor.shape) for name, tensor in self._load().items()}

    @contextmanager
    def open(self) -> Iterator[Callable[[str], Tensor]]:
        yield self._load().__getitem__

    def _load(self) -> dict[str, Tensor]:
        return _tensors(load_plain(self.path, mmap=True), self.path)


def load_plain(path: Path, mmap: bool = False) -> Any:
    """What a file of PyTorch's own holds: tensors in plain containers. Raises UserError for anything else."""
    if not zipfile.is_zipfile(path):
        raise UserError(f"'{path}' is cut off, or was saved in the format before PyTorch 1.6. {_WAY_OUT}")
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=mmap)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f" ({named[1]})" if named else ""
        message = f"'{path}' holds Python objects beside its weights{what}, which could run code"
        raise UserError(f"{message}: it is not read. {_WAY_OUT}") from error
    except (RuntimeError, EOFError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise UserError(f"'{path}' is damaged: {error}") from error


def _tensors(content: Any, path: Path) -> dict[str, Tensor]:
    """What of a file's content is a named tensor; trainers put the weights under 'state_dict'."""
    for _ in range(4):
        if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
            content = content["state_dict"]
    if not isinstance(content, Mapping):
        raise UserError(f"'{path}' holds no named weights but a {type(content).__name__}")
    return {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)}
