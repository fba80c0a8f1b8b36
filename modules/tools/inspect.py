"""What the weights of a file are like: norms per block, NaN and infinity. The rest is `onetrainer_clone.inspection`."""

import dataclasses
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from modules.checkpoints.ckpt import load_plain
from modules.checkpoints.embedding_file import read_embedding
from modules.checkpoints.lora import from_tensors
from modules.checkpoints.weights import Weights, each, open_weights
from modules.tools.delta import change
from onetrainer_clone import model_files
from onetrainer_clone.events import Inspected, Progressed
from onetrainer_clone.inspection import Block, Report, block_of, natural, report
from onetrainer_clone.lora_names import ALPHA, DOWN, UP, known_names
from onetrainer_clone.paths import resolve
from onetrainer_clone.safetensors_header import read_header
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import UserError
from onetrainer_clone.tools import Inspect

_SHORT = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64", torch.int64: "I64"}


def inspect(tool: Inspect, emit: Emit, controls: Controls) -> None:
    """Raises UserError for files that are damaged or hold more than weights."""
    path = resolve(tool.source)
    found = _folder(path) if path.is_dir() else _file(path)
    if tool.norms:
        found = _looked_at(path, found, emit, controls)
    emit(Inspected(found))


def _file(path: Path) -> Report:
    if path.suffix.lower() == ".safetensors":
        header = read_header(path)
        return report(path, header.shapes, {n: s.dtype for n, s in header.tensors.items()}, header.metadata)
    tensors = _plain(path)
    return report(path, {n: tuple(t.shape) for n, t in tensors.items()}, {n: _short(t) for n, t in tensors.items()}, {})


def _plain(path: Path) -> dict[str, Tensor]:
    """The tensors of a PyTorch file, those of an embedding with their names from inside."""
    content = load_plain(path, mmap=True)  # a run may need the memory
    if isinstance(content, Mapping) and "string_to_param" in content:
        names = {"text_encoder": "string_to_param.*", "text_encoder_2": "string_to_param.clip_g"}
        return {names[part]: tensor for part, tensor in read_embedding(path).items()}
    weights = open_weights(path)
    return dict(each(weights, weights.shapes))


def _folder(path: Path) -> Report:
    """A diffusers folder: the parts' files together, each name behind its part's."""
    shapes: dict[str, tuple[int, ...]] = {}
    dtypes: dict[str, str] = {}
    for part, file in _part_files(path):
        for name, stored in read_header(file).tensors.items():
            shapes[f"{part}.{name}"], dtypes[f"{part}.{name}"] = stored.shape, stored.dtype
    if not shapes:
        raise UserError(f"'{path}' holds no .safetensors file: choose a file, or a diffusers model folder")
    found = report(path, shapes, dtypes, {})
    family = model_files.family(str(path))
    kind = "a folder of parts" if family is None else f"{family.value} as a diffusers folder"
    notes = ("predicts v",) if model_files.predicts_v(str(path)) else ()
    return dataclasses.replace(found, kind=kind, notes=(*found.notes, *notes))


def _part_files(path: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted((*path.glob("*.safetensors"), *path.glob("*/*.safetensors"))):
        yield ("" if file.parent == path else file.parent.name), file


def _looked_at(path: Path, found: Report, emit: Emit, controls: Controls) -> Report:
    squares: dict[str, float] = defaultdict(float)
    broken: list[str] = []
    layers: dict[str, Tensor] = {}
    is_lora = bool(found.ranks)
    for done, (name, tensor) in enumerate(_tensors(path)):
        if controls.stopping:
            raise Stopped
        emit(Progressed("tool", done, len(found.keys)))
        if tensor.is_floating_point():
            square = float(tensor.float().double().square().sum())
            squares[block_of(name)] += square
            if not math.isfinite(square) and not torch.isfinite(tensor.float()).all():
                broken.append(name)
        if is_lora:
            layers[name] = tensor.clone()
    notes = found.notes
    if is_lora and not broken:
        try:
            return dataclasses.replace(found, blocks=tuple(_changes(layers, found)), broken=())
        except UserError as error:
            notes = (*notes, str(error))
    norms = {name: math.sqrt(square) for name, square in squares.items() if math.isfinite(square)}
    looked = tuple(dataclasses.replace(block, norm=norms.get(block.name)) for block in found.blocks)
    return dataclasses.replace(found, blocks=looked, broken=tuple(broken), notes=notes)


def _tensors(path: Path) -> Iterator[tuple[str, Tensor]]:
    if path.is_dir():
        for part, file in _part_files(path):
            weights: Weights = open_weights(file)
            yield from ((f"{part}.{name}", tensor) for name, tensor in each(weights, weights.shapes))
    elif path.suffix.lower() == ".safetensors":
        weights = open_weights(path)
        yield from each(weights, weights.shapes)
    else:
        yield from _plain(path).items()


def _changes(tensors: Mapping[str, Tensor], found: Report) -> Iterator[Block]:
    """A LoRA's blocks with the norm of its change at strength 1. Raises UserError where it is not understood."""
    lora = from_tensors(tensors, known_names(), found.metadata, "it")
    squares: dict[str, float] = defaultdict(float)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (part, path), layer in lora.modules.items():
        block = f"{part}.{block_of(path + '.')}"
        squares[block] += _square(layer)
        counts[block][0] += len(layer)
        counts[block][1] += sum(tensor.numel() for tensor in layer.values())
    for name in sorted(squares, key=natural):
        yield Block(name, counts[name][0], counts[name][1], math.sqrt(squares[name]))


def _square(layer: Mapping[str, Tensor]) -> float:
    """||change||^2; of a plain LoRA without making the product: sum((up^T up) * (down down^T))."""
    if set(layer) != {UP, DOWN, ALPHA}:
        return float(change(layer).double().square().sum())
    up, down = layer[UP].double().flatten(1), layer[DOWN].double().flatten(1)
    factor = float(layer[ALPHA]) / down.shape[0]
    return max(0.0, factor**2 * float(((up.T @ up) * (down @ down.T)).sum()))


def _short(tensor: Tensor) -> str:
    return _SHORT.get(tensor.dtype, str(tensor.dtype).removeprefix("torch."))
