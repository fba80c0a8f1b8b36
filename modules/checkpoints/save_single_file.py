"""Writes a model as one file in the original (LDM) layout, which every program reads."""

import json
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor, nn

from modules.checkpoints.ldm_keys import Config, Entry, table
from modules.models.sd15 import StableDiffusion15
from onetrainer_clone.families import PREFIXES, Family
from onetrainer_clone.paths import write_file
from onetrainer_clone.settings import UserError

_NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}


def save_single_file(
    path: Path, model: StableDiffusion15, dtype: torch.dtype, metadata: Mapping[str, str] | None = None
) -> None:
    """The model with every key of the original, beside its name first; one tensor at a time is converted.

    Raises UserError where a weight is not finite in this dtype; an older file of this name then stays.
    """
    parts = {"unet": model.unet, "vae": model.vae, "text_encoder": model.text_encoder}
    prediction = "v" if model.schedule.prediction == "v_prediction" else "epsilon"
    about = {"format": "pt", "modelspec.sai_model_spec": "1.0.1", "modelspec.architecture": "stable-diffusion-v1"}
    about |= {"modelspec.implementation": "https://github.com/CompVis/stable-diffusion", "modelspec.title": path.stem}
    about |= {"modelspec.prediction_type": prediction, **(metadata or {})}
    write_original(path, Family.SD15, parts, dtype, about)


def write_original(
    path: Path, family: Family, parts: Mapping[str, nn.Module], dtype: torch.dtype, metadata: Mapping[str, str]
) -> None:
    """Modules, by the names of `ldm_keys.table`, as one file of a family."""
    weights = {part: _full_names(part, module) for part, module in parts.items()}
    configs: dict[str, Config] = {part: _config(module) for part, module in parts.items()}
    makers: dict[str, Callable[[], Tensor]] = {}
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    at = 0
    for part, entries in table(family, configs).items():
        for entry in entries:
            tensors = {name: weights[part][name] for name in entry.names}
            makers[entry.original] = _maker(entry, tensors, dtype)
            shape = entry.write({name: tensor.to("meta") for name, tensor in tensors.items()}).shape
            at = _announce(header, entry.original, dtype, shape, at)
    for name, constant in _constants(family, configs, dtype):
        makers[name] = constant.clone
        at = _announce(header, name, constant.dtype, constant.shape, at)

    def write(file: BinaryIO) -> None:
        text = json.dumps(header, ensure_ascii=False).encode()
        text += b" " * (-len(text) % 8)
        file.write(struct.pack("<Q", len(text)) + text)
        for make in makers.values():
            file.write(make().reshape(-1).view(torch.uint8).numpy().data)

    write_file(path, write)


def _full_names(part: str, module: nn.Module) -> dict[str, Tensor]:
    """A part's weights by the names of the table, whatever level the live module lacks."""
    found: dict[str, Tensor] = module.state_dict()
    if not part.startswith("text_encoder"):
        return found
    return {
        name if name.startswith(("text_model.", "text_projection.")) else f"text_model.{name}": tensor
        for name, tensor in found.items()
    }


def _config(module: nn.Module) -> Config:
    config: Any = module.config
    found: Config = config.to_dict() if hasattr(config, "to_dict") else config
    return found


def _maker(entry: Entry, tensors: Mapping[str, Tensor], dtype: torch.dtype) -> Callable[[], Tensor]:
    def make() -> Tensor:
        tensor = entry.write(tensors).detach().to("cpu", dtype).contiguous()
        if not tensor.isfinite().all():
            raise UserError(f"the model is not finite in {str(dtype).removeprefix('torch.')}: '{entry.original}'")
        return tensor

    return make


def _announce(header: dict[str, object], name: str, dtype: torch.dtype, shape: torch.Size, at: int) -> int:
    end = at + shape.numel() * dtype.itemsize
    header[name] = {"dtype": _NAMES[dtype], "shape": list(shape), "data_offsets": [at, end]}
    return end


def _constants(family: Family, configs: Mapping[str, Config], dtype: torch.dtype) -> Iterator[tuple[str, Tensor]]:
    """Keys of the original that no module holds: strict readers miss them, and none uses their values."""
    prefix, positions = PREFIXES[family]["text_encoder"], configs["text_encoder"]["max_position_embeddings"]
    yield f"{prefix}text_model.embeddings.position_ids", torch.arange(positions)[None]
    if "text_encoder_2" in configs:  # CLIP's temperature, ln 100 at the end of its training
        yield f"{PREFIXES[family]['text_encoder_2']}logit_scale", torch.tensor(100.0).log().to(dtype)
