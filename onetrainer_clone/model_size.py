"""How many weights the parts of a model have, from the headers of its files alone."""

import math
import os
from collections.abc import Iterable
from pathlib import Path

from onetrainer_clone.families import PREFIXES, kind_of
from onetrainer_clone.model_files import is_hub_id
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import UserError
from onetrainer_clone.structure import weight_files
from onetrainer_clone.weights_header import describe

BYTES = {"FP32": 4, "FP16": 2, "BF16": 2}


def weights_of(source: str, part: str) -> int | None:
    """The number of weights of a part ('unet', 'text_encoder' ...); None where that is not known."""
    if not source or is_hub_id(source):
        return None
    path = resolve(source)
    try:
        return _in_file(path, part) if os.path.isfile(path) else _in_folder(path / part)
    except (OSError, UserError):
        return None


def _in_file(path: Path, part: str) -> int | None:
    shapes, metadata = describe(path)
    prefix = PREFIXES.get(kind_of(shapes, metadata).family, {}).get(part)
    return None if prefix is None else _count(shape for name, shape in shapes.items() if name.startswith(prefix))


def _in_folder(folder: Path) -> int | None:
    counts = [_count(describe(path).shapes.values()) for path in weight_files(folder)]
    return sum(counts) if counts else None


def _count(shapes: Iterable[Iterable[int]]) -> int:
    return sum(math.prod(shape) for shape in shapes)
