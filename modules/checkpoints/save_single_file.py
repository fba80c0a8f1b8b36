"""Writes a model as one file in the original (LDM, sgm) layout, which every program reads."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from modules.checkpoints.describe import config_of
from modules.checkpoints.forms import write_entry
from modules.checkpoints.stream import Coming, coming, write_safetensors
from modules.models.base import Model
from onetrainer_clone.families import BASES, PREFIXES, Family
from onetrainer_clone.ldm_keys import Config, Entry, table

_ABOUT = {
    Family.SD15: ("stable-diffusion-v1", "https://github.com/CompVis/stable-diffusion"),
    Family.SDXL: ("stable-diffusion-xl-v1-base", "https://github.com/Stability-AI/generative-models"),
}


def save_single_file(
    path: Path, model: Model, dtype: torch.dtype | None, metadata: Mapping[str, str] | None = None
) -> None:
    """The model with every key of the original, beside its name first; one tensor at a time is converted.

    dtype: None keeps that of every part. Raises UserError where a weight is not finite; an older file then stays.
    """
    architecture, implementation = _ABOUT[BASES[model.family]]
    about = {"format": "pt", "modelspec.sai_model_spec": "1.0.1", "modelspec.architecture": architecture}
    about |= {"modelspec.implementation": implementation, "modelspec.title": path.stem}
    about |= {"modelspec.prediction_type": "v" if _predicts_v(model) else "epsilon", **(metadata or {})}
    write_original(path, model.family, {**model.parts, "vae": model.vae}, dtype, about, _markers(model))


def _predicts_v(model: Model) -> bool:
    return model.schedule.prediction == "v_prediction"


def _markers(model: Model) -> list[str]:
    """Names of the empty tensors by which ComfyUI and others know what a model predicts."""
    zero_snr = bool(model.scheduler_config.get("rescale_betas_zero_snr"))
    return ["v_pred"] * _predicts_v(model) + ["ztsnr"] * zero_snr


def write_original(
    path: Path,
    family: Family,
    parts: Mapping[str, nn.Module],
    dtype: torch.dtype | None,
    metadata: Mapping[str, str],
    markers: list[str] | None = None,
) -> None:
    """Modules, by the names of `ldm_keys.table`, as one file of a family. dtype: None keeps that of every part."""
    weights = {part: full_names(part, module) for part, module in parts.items()}
    configs: dict[str, Config] = {part: config_of(module) for part, module in parts.items()}
    tensors: dict[str, Coming] = {}
    for part, entries in table(family, configs).items():
        for entry in entries:
            tensors[entry.original] = _entry(entry, weights[part], dtype)
    for name, constant in _constants(family, configs, dtype or next(parts["unet"].parameters()).dtype):
        tensors[name] = Coming(constant.dtype, constant.shape, constant.clone)
    for name in markers or ():
        tensors[name] = Coming(torch.float32, torch.Size([0]), partial(torch.zeros, 0))
    write_safetensors(path, tensors, metadata)


def full_names(part: str, module: nn.Module) -> dict[str, Tensor]:
    """A part's weights by the names of the table, whatever level the live module lacks."""
    found: dict[str, Tensor] = module.state_dict()
    if not part.startswith("text_encoder"):
        return found
    return {
        name if name.startswith(("text_model.", "text_projection.")) else f"text_model.{name}": tensor
        for name, tensor in found.items()
    }


def _entry(entry: Entry, weights: Mapping[str, Tensor], dtype: torch.dtype | None) -> Coming:
    tensors = {name: weights[name] for name in entry.names}
    like = write_entry(entry, {name: tensor.to("meta") for name, tensor in tensors.items()})
    return coming(entry.original, like, lambda: write_entry(entry, tensors), dtype)


def _constants(family: Family, configs: Mapping[str, Config], dtype: torch.dtype) -> Iterator[tuple[str, Tensor]]:
    """Keys of the original that no module holds: strict readers miss them, and none uses their values."""
    prefix, positions = PREFIXES[family]["text_encoder"], configs["text_encoder"]["max_position_embeddings"]
    yield f"{prefix}text_model.embeddings.position_ids", torch.arange(positions)[None]
    if "text_encoder_2" in configs:  # CLIP's temperature, ln 100 at the end of its training
        yield f"{PREFIXES[family]['text_encoder_2']}logit_scale", torch.tensor(100.0).log().to(dtype)
