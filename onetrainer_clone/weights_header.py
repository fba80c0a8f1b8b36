"""The names and shapes in a file of weights, whatever its format: without torch, and without trusting it."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from onetrainer_clone import pickled
from onetrainer_clone.families import Shapes
from onetrainer_clone.safetensors_header import read_header


class Described(NamedTuple):
    shapes: Shapes
    metadata: Mapping[str, str]


def describe(path: Path) -> Described:
    """Raises UserError where the file is damaged, is none, or holds more than weights."""
    if path.suffix.lower() == ".safetensors":
        header = read_header(path)
        return Described(header.shapes, header.metadata)
    return Described(pickled.shapes(path), {})
