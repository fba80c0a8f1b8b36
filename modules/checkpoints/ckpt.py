"""`.ckpt` files: Python pickles, of which only weights are read, never code.

`pickled` looks through a file before anything is made of it, and torch.load(weights_only=True) then builds tensors and
plain containers and refuses every other object by its name. There is no second way here: what needs more is refused.
"""

import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from onetrainer_clone import pickled
from onetrainer_clone.settings import UserError


class Ckpt:
    """Raises UserError where the file is damaged, holds more than weights, or is of the format before PyTorch 1.6."""

    metadata: Mapping[str, str] = {}

    def __init__(self, path: Path):
        self.path, self.shapes = path, pickled.shapes(path)

    @contextmanager
    def open(self) -> Iterator[Callable[[str], Tensor]]:
        yield pickled.named(load_plain(self.path, mmap=True), self.path, Tensor).__getitem__


def load_plain(path: Path, mmap: bool = False) -> Any:
    """What a file of PyTorch's own holds: tensors in plain containers. Raises UserError for anything else."""
    pickled.content(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=mmap)
    except pickle.UnpicklingError as error:
        raise UserError(f"'{path}' holds more than torch reads of a file of weights. {pickled.WAY_OUT}") from error
    except (RuntimeError, EOFError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise UserError(f"'{path}' is damaged: {error}") from error
