"""Writes a model as a diffusers folder: a folder per part, its configs, and model_index.json.

Text encoders are written with the `text_model.` level in their names, also where the live module has none: transformers
before 5.6 and the programs built on it expect it. Tokenizers are written in the old form too (vocab.json, merges.txt).
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import diffusers
import torch
from torch import nn
from transformers import CLIPTokenizer

from modules.checkpoints.save_single_file import full_names
from modules.checkpoints.stream import coming, write_safetensors
from modules.models.base import Model
from onetrainer_clone.families import Family
from onetrainer_clone.paths import flush_folder, write_whole
from onetrainer_clone.settings import UserError

_PIPELINES = {
    Family.SD15: "StableDiffusionPipeline",
    Family.SD15_INPAINTING: "StableDiffusionInpaintPipeline",
    Family.SDXL: "StableDiffusionXLPipeline",
    Family.SDXL_INPAINTING: "StableDiffusionXLInpaintPipeline",
}
_NONE = [None, None]


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
        if path.exists():
            old = path.with_name(f".{path.name}.{os.getpid()}.old")
            os.replace(path, old)
            os.replace(beside, path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(beside, path)
        flush_folder(path.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(folder: Path, model: Model, dtype: torch.dtype | None) -> None:
    tokenizers = {name: getattr(model, name) for name in ("tokenizer", "tokenizer_2") if hasattr(model, name)}
    for part, module in {**model.parts, "vae": model.vae}.items():
        _write_part(folder / part, part, module, dtype)
    for name, tokenizer in tokenizers.items():
        _write_tokenizer(folder / name, tokenizer)
    _write_json(folder / "scheduler" / "scheduler_config.json", model.scheduler_config)
    _write_json(folder / "model_index.json", _index(model, list(tokenizers)))


def _write_part(folder: Path, part: str, module: nn.Module, dtype: torch.dtype | None) -> None:
    text = part.startswith("text_encoder")
    tensors = {
        name: coming(f"{part}.{name}", tensor, tensor.detach, dtype)
        for name, tensor in full_names(part, module).items()
    }
    file = "model.safetensors" if text else "diffusion_pytorch_model.safetensors"
    write_safetensors(folder / file, tensors, {"format": "pt"})
    config: Any = module.config
    if text:
        stored = {"architectures": [type(module).__name__], **json.loads(config.to_json_string(use_diff=True))}
        stored |= {"dtype": str(dtype or next(module.parameters()).dtype).removeprefix("torch.")}
        _write_json(folder / "config.json", stored)
    else:
        module.save_config(folder)  # type: ignore[operator]


def _write_tokenizer(folder: Path, tokenizer: CLIPTokenizer) -> None:
    tokenizer.save_pretrained(folder)
    pairs = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    _write_json(folder / "vocab.json", pairs["vocab"])
    merges = (pair if isinstance(pair, str) else " ".join(pair) for pair in pairs["merges"])
    write_whole(folder / "merges.txt", "\n".join(["#version: 0.2", *merges]) + "\n")
    marks = ("bos_token", "eos_token", "pad_token", "unk_token")
    _write_json(folder / "special_tokens_map.json", {mark: str(getattr(tokenizer, mark)) for mark in marks})


def _index(model: Model, tokenizers: list[str]) -> dict[str, Any]:
    parts = {**model.parts, "vae": model.vae}
    known: dict[str, Any] = {
        name: ["transformers" if name.startswith("text_encoder") else "diffusers", type(module).__name__]
        for name, module in parts.items()
    }
    known |= {name: ["transformers", "CLIPTokenizer"] for name in tokenizers}
    known["scheduler"] = ["diffusers", model.scheduler_config["_class_name"]]
    found = {"_class_name": _PIPELINES[model.family], "_diffusers_version": diffusers.__version__, **known}
    if "text_encoder_2" in parts:
        return found | {"feature_extractor": _NONE, "image_encoder": _NONE, "force_zeros_for_empty_prompt": True}
    return found | {"feature_extractor": _NONE, "safety_checker": _NONE, "requires_safety_checker": False}


def _write_json(path: Path, value: Any) -> None:
    write_whole(path, json.dumps(value, indent=1, ensure_ascii=False))
