"""Writes a model as a diffusers folder: a folder per part, its configs, and model_index.json.

Text encoders are written with the `text_model.` level in their names, also where the live module has none: transformers
before 5.6 and the programs built on it expect it.
"""

import os
import shutil
from pathlib import Path

import torch
from torch import nn

from modules.checkpoints.describe import write_description
from modules.checkpoints.save_single_file import full_names
from modules.checkpoints.stream import coming, write_safetensors
from modules.models.base import Model
from onetrainer_clone.paths import flush_folder, put_in_place
from onetrainer_clone.settings import UserError


def save_folder(path: Path, model: Model, dtype: torch.dtype | None) -> None:
    """The folder, written beside its name and then renamed. dtype: None keeps that of every part.

    An older model of this name is replaced. Raises UserError where something else has the name, or a weight is not finite.
    """
    if path.exists() and not (path / "model_index.json").is_file() and (path.is_file() or any(path.iterdir())):
        raise UserError(f"'{path}' is there already and is no model: choose another name")
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        _write(beside, model, dtype)
        put_in_place(beside, path)
        flush_folder(path.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(folder: Path, model: Model, dtype: torch.dtype | None) -> None:
    for part, module in {**model.parts, "vae": model.vae}.items():
        _write_weights(folder / part, part, module, dtype)
    write_description(folder, model, dtype)


def _write_weights(folder: Path, part: str, module: nn.Module, dtype: torch.dtype | None) -> None:
    tensors = {
        name: coming(f"{part}.{name}", tensor, tensor.detach, dtype)
        for name, tensor in full_names(part, module).items()
    }
    file = "model.safetensors" if part.startswith("text_encoder") else "diffusion_pytorch_model.safetensors"
    write_safetensors(folder / file, tensors, {"format": "pt"})
