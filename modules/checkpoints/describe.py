"""What describes a model beside its weights: the parts' configs, tokenizers, schedule, and model_index.json.

Tokenizers are written in the old form too (vocab.json, merges.txt): older programs read no other.
"""

import json
from pathlib import Path
from typing import Any

import diffusers
import torch
from torch import nn
from transformers import CLIPTokenizer

from modules.models.base import Model
from onetrainer_clone import single_file
from onetrainer_clone.families import Family
from onetrainer_clone.json_file import read_json
from onetrainer_clone.ldm_keys import Config
from onetrainer_clone.paths import write_whole
from onetrainer_clone.settings import UserError

_PIPELINES = {
    Family.SD15: "StableDiffusionPipeline",
    Family.SD15_INPAINTING: "StableDiffusionInpaintPipeline",
    Family.SDXL: "StableDiffusionXLPipeline",
    Family.SDXL_INPAINTING: "StableDiffusionXLInpaintPipeline",
}
_NONE = [None, None]
_NO_STRUCTURE = ("sample_size", "dtype", "torch_dtype", "architectures", "dropout", "attention_dropout")


def write_description(folder: Path, model: Model, dtype: torch.dtype | None) -> None:
    """All of a diffusers folder but the weights. dtype: of them; None where each part keeps its own."""
    tokenizers = {name: getattr(model, name) for name in ("tokenizer", "tokenizer_2") if hasattr(model, name)}
    for part, module in {**model.parts, "vae": model.vae}.items():
        _write_config(folder / part, part, module, dtype)
    for name, tokenizer in tokenizers.items():
        _write_tokenizer(folder / name, tokenizer)
    _write_json(folder / "scheduler" / "scheduler_config.json", model.scheduler_config)
    _write_json(folder / "model_index.json", _index(model, list(tokenizers)))


def place_beside(file: Path) -> Path | None:
    """The folder that describes a file; None where a whole model lies there, which describes it already.

    Raises UserError where something else has the name.
    """
    folder = file.with_suffix("")
    if not folder.exists():
        return folder
    if (folder / "model_index.json").is_file():
        whole = any(folder.glob("*/*.safetensors")) or any(folder.glob("*/*.bin"))
        return None if whole else folder
    if folder.is_dir() and not any(folder.iterdir()):
        return folder
    raise UserError(f"'{folder}' is there already, and is to describe '{file.name}': choose another name")


def is_unusual(model: Model) -> bool:
    """Whether a file of its weights cannot be read with the configs of its family alone."""
    shipped = single_file.family_configs(model.family)
    return any(
        _differs(read_json(shipped / part / "config.json") or {}, config_of(module))
        for part, module in {**model.parts, "vae": model.vae}.items()
    )


def _differs(shipped: Config, config: Config) -> bool:
    """By what the family says of a part's structure; inpainting models' channels stand in the weights."""
    own = {key: value for key, value in shipped.items() if not key.startswith("_") and key not in _NO_STRUCTURE}
    own.pop("in_channels", None)
    return any(key in config and _plain(config[key]) != _plain(value) for key, value in own.items())


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def config_of(module: nn.Module) -> Config:
    """A part's config, of diffusers or transformers, as a plain mapping."""
    config: Any = module.config
    found: Config = config.to_dict() if hasattr(config, "to_dict") else config
    return found


def _write_config(folder: Path, part: str, module: nn.Module, dtype: torch.dtype | None) -> None:
    config: Any = module.config
    if part.startswith("text_encoder"):
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
