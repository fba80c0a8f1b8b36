"""What a file of weights is and holds. A safetensors file's header tells all but the numbers, without torch."""

import dataclasses
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

from onetrainer_clone.families import Family, Shapes, kind_of
from onetrainer_clone.safetensors_header import read_header

_WIDTHS = {768: "SD 1.5", 1024: "SD 2", 2048: "SDXL"}
_TEXT = re.compile(r"attn2[._]to_k[._].*(lora_down|lora_A|lora\.down|hada_w1_b)")
_RANKS = (".lora_down.weight", ".lora_A.weight", ".lora.down.weight", ".lora_linear_layer.down.weight", ".hada_w1_b")
_BLOCK = re.compile(
    r"(.*?(?:input_blocks|output_blocks|middle_block|down_blocks|up_blocks|mid_block|layers|resblocks)(?:[._]\d+)?)[._]"
)
_MOST_TEXT = 160


@dataclass(frozen=True)
class Block:
    """Some tensors that belong together. norm: of the weights, of a LoRA's change of them; None while not looked at."""

    name: str
    tensors: int
    numbers: int
    norm: float | None = None


@dataclass(frozen=True)
class Report:
    path: str
    kind: str  # as a sentence calls it: 'a LoRA'
    base: str  # the model that it is for or is
    bytes: int
    keys: tuple[str, ...]
    shapes: dict[str, tuple[int, ...]]
    dtypes: dict[str, int]  # how many tensors of each
    ranks: dict[int, int]  # of a LoRA: how many layers of each
    metadata: dict[str, str]
    blocks: tuple[Block, ...]
    broken: tuple[str, ...] | None = None  # tensors with NaN or infinity; None while not looked at
    notes: tuple[str, ...] = field(default=())


def inspect_header(path: Path) -> Report:
    """A safetensors file by its header alone. Raises UserError where it is damaged or is none."""
    header = read_header(path)
    dtypes = {name: stored.dtype for name, stored in header.tensors.items()}
    return report(path, header.shapes, dtypes, header.metadata)


def report(path: Path, shapes: Shapes, dtypes: Mapping[str, str], metadata: Mapping[str, str]) -> Report:
    """What names, shapes and metadata tell."""
    kind = kind_of(shapes, metadata)
    notes = ["predicts v"] if kind.v_prediction else []
    notes += ["made for zero terminal SNR"] if kind.zero_terminal_snr else []
    ranks = Counter(shape[0] for name, shape in shapes.items() if name.endswith(_RANKS) and shape)
    return Report(
        path=str(path),
        kind=kind.family.value,
        base=base_of(shapes, metadata, kind.family),
        bytes=os.path.getsize(path)
        if os.path.isfile(path)
        else sum(f.stat().st_size for f in path.rglob("*") if os.path.isfile(f)),
        keys=tuple(shapes),
        shapes={name: tuple(shape) for name, shape in shapes.items()},
        dtypes=dict(Counter(dtypes.values())),
        ranks=dict(sorted(ranks.items())),
        metadata=dict(sorted(metadata.items())),
        blocks=tuple(blocks(shapes)),
        notes=tuple(notes),
    )


def base_of(shapes: Shapes, metadata: Mapping[str, str], family: Family) -> str:
    """The model that a LoRA or an embedding is for; empty where that is not told, or the file is a model itself."""
    if family is Family.LORA:
        widths = (shape[1] for name, shape in shapes.items() if _TEXT.search(name) and len(shape) > 1)
        if found := _WIDTHS.get(next(widths, 0)):
            return found
        if any("input_blocks" in name or name.startswith(("lora_te2_", "text_encoder_2.")) for name in shapes):
            return "SDXL"
    if family is Family.EMBEDDING and "clip_g" in shapes:
        return "SDXL"
    if family is Family.EMBEDDING:
        return _WIDTHS.get(next((shape[-1] for shape in shapes.values() if shape), 0), "")
    said = metadata.get("ss_base_model_version", "") if family is Family.LORA else ""
    return "SDXL" if "xl" in said.lower() else "SD 1.5" if said else ""


def block_of(name: str) -> str:
    """'model.diffusion_model.input_blocks.4.1.proj_in.weight' -> 'model.diffusion_model.input_blocks.4'."""
    if found := _BLOCK.match(name):
        return found[1]
    return ".".join(name.split(".")[:2]) if name.count(".") > 1 else name.partition(".")[0]


def blocks(shapes: Shapes) -> Iterator[Block]:
    """The tensors by blocks, with numbers in their names in order."""
    counts: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for name, shape in shapes.items():
        counts[block_of(name)] += 1
        numbers[block_of(name)] += prod(shape)
    yield from (Block(name, counts[name], numbers[name]) for name in sorted(counts, key=natural))


def natural(name: str) -> list[tuple[int, str]]:
    """The key that sorts 'blocks.2' before 'blocks.10'."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def readable(value: str) -> Any:
    """Metadata are texts; those that hold JSON are shown as what they hold."""
    try:
        return json.loads(value) if value[:1] in ("{", "[") else value
    except (ValueError, RecursionError):
        return value


def as_json(found: Report) -> dict[str, Any]:
    """A report for programs: metadata that hold JSON are opened up."""
    return {**dataclasses.asdict(found), "metadata": {key: readable(text) for key, text in found.metadata.items()}}


def as_text(found: Report) -> str:
    """A report for a terminal or a box of text."""
    count, total = len(found.keys), sum(prod(shape) for shape in found.shapes.values())
    types = ", ".join(f"{number} {dtype}" for dtype, number in found.dtypes.items())
    size = f"{found.bytes / 1e9:.2f} GB" if found.bytes >= 1e9 else f"{found.bytes / 1e6:.1f} MB"
    lines = [f"{found.path}: {found.kind}{f' for {found.base}' if found.base else ''}, {size}"]
    lines += [f"  {count:,} tensors, {total:,} numbers ({types})", *(f"  {note}" for note in found.notes)]
    if found.ranks:
        lines.append("  rank " + ", ".join(f"{rank} ({layers} layers)" for rank, layers in found.ranks.items()))
    if found.broken is not None:
        shown = ", ".join(found.broken[:5]) + (f" and {len(found.broken) - 5} more" if len(found.broken) > 5 else "")
        lines.append(f"  NaN or infinity: {shown or 'none'}")
    return "\n".join([*lines, *_metadata_lines(found.metadata), *_block_lines(found.blocks)])


def _metadata_lines(metadata: Mapping[str, str]) -> Iterator[str]:
    if metadata:
        yield "metadata:"
    for key, stored in metadata.items():
        value = readable(stored)
        text = _tags(value) if key == "ss_tag_frequency" and isinstance(value, dict) else stored
        text = " ".join(text.split())
        yield f"  {key}: {text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 3] + '...'}"


def _tags(value: Mapping[str, Any]) -> str:
    """The most frequent tags over all folders: 'a sks cat 12, sitting 5'."""
    counts: Counter[str] = Counter()
    for tags in value.values():
        counts.update({tag: n for tag, n in tags.items() if isinstance(n, int)} if isinstance(tags, dict) else {})
    return ", ".join(f"{tag} {number}" for tag, number in counts.most_common(12))


def _block_lines(found: Iterable[Block]) -> Iterator[str]:
    rows = list(found)
    width = max((len(block.name) for block in rows), default=0)
    if rows:
        yield f"{'block':<{width}}  tensors       numbers" + ("        norm" if rows[0].norm is not None else "")
    for block in rows:
        norm = f"  {block.norm:>10.4g}" if block.norm is not None else ""
        yield f"{block.name:<{width}}  {block.tensors:>7,}  {block.numbers:>12,}{norm}"
