"""Files of weights, opened by name: safetensors, and PyTorch's own where nothing but weights is in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from safetensors import safe_open
from torch import Tensor

from modules.checkpoints.ckpt import Ckpt
from onetrainer_clone.safetensors_header import read_header

_AT_ONCE_BYTES = 2**27
Shapes = Mapping[str, tuple[int, ...]]


class Weights(Protocol):
    @property
    def path(self) -> Path: ...

    @property
    def shapes(self) -> Shapes:
        """Of every tensor, by name."""

    @property
    def metadata(self) -> Mapping[str, str]: ...

    def open(self) -> AbstractContextManager[Callable[[str], Tensor]]:
        """Inside it, name -> tensor: a view of the mapped file that is not to be kept."""


class Safetensors:
    """Raises UserError where the file is damaged or is none."""

    def __init__(self, path: Path):
        header = read_header(path)
        self.path, self.shapes, self.metadata = path, header.shapes, header.metadata

    @contextmanager
    def open(self) -> Iterator[Callable[[str], Tensor]]:
        with safe_open(self.path, framework="pt", device="cpu") as file:
            yield file.get_tensor


def open_weights(path: Path) -> Weights:
    """Raises UserError where the file is damaged, is none, or holds more than weights."""
    return Safetensors(path) if path.suffix.lower() == ".safetensors" else Ckpt(path)


def each(weights: Weights, names: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
    """Tensors one after the other, each to be copied before the next is asked for.

    The file is mapped anew after every 128 MiB: pages that were read count as this process's memory while they are
    mapped, and a float32 file read into float16 would take three times the model.
    """
    left = list(names)[::-1]
    while left:
        with weights.open() as get:
            read = 0
            while left and read < _AT_ONCE_BYTES:
                name = left.pop()
                tensor = get(name)
                read += tensor.nbytes
                yield name, tensor
                del tensor
