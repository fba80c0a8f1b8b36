"""Random models with the block structure of SD 1.5 and SDXL, few channels and fewer layers, and the folders for them.

Every kind of layer at every place is there; only the repetitions are fewer (SDXL has up to 10 transformer blocks in a row,
its second text encoder 32 layers). How many there really are is tested with the real configs.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

import onetrainer_clone
from modules.checkpoints.assemble import assemble
from modules.models.base import Model
from onetrainer_clone import clip_vocabulary
from onetrainer_clone.families import BASES, Family
from onetrainer_clone.ldm_keys import Entry, table
from onetrainer_clone.state.model import ModelSettings, ModelType

CONFIGS = Path(onetrainer_clone.__file__).parent / "model_configs"
FOLDERS = {Family.SD15: "sd15", Family.SDXL: "sdxl"}
PARTS = {
    Family.SD15: ("unet", "vae", "text_encoder"),
    Family.SDXL: ("unet", "vae", "text_encoder", "text_encoder_2"),
}
for inpainting, plain in BASES.items():
    FOLDERS[inpainting], PARTS[inpainting] = FOLDERS[plain], PARTS[plain]
_HEADS = {"num_attention_heads": 2}
_TEXT = {**_HEADS, "num_hidden_layers": 4, "hidden_size": 32, "intermediate_size": 48, "projection_dim": 32}
_TEXT_2 = {**_HEADS, "num_hidden_layers": 6, "hidden_size": 48, "intermediate_size": 64, "projection_dim": 48}
_UNET = {"norm_num_groups": 8, "sample_size": 8}
_VAE = {"block_out_channels": [8, 16, 24, 24], "norm_num_groups": 8, "sample_size": 32}
_SMALLER: dict[Family, dict[str, dict[str, Any]]] = {
    Family.SD15: {
        "unet": {**_UNET, "block_out_channels": [8, 16, 24, 24], "cross_attention_dim": 32, "attention_head_dim": 2},
        "vae": _VAE,
        "text_encoder": _TEXT,
    },
    Family.SDXL: {
        "unet": {
            **_UNET,
            "block_out_channels": [8, 16, 32],
            "transformer_layers_per_block": [1, 2, 3],
            "cross_attention_dim": 80,
            "attention_head_dim": [1, 2, 4],
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 6 * 8 + 48,
        },
        "vae": _VAE,
        "text_encoder": _TEXT,
        "text_encoder_2": _TEXT_2,
    },
}


def full_config(family: Family, part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CONFIGS / FOLDERS[family] / part / "config.json").read_text())
    return found


def tiny_config(family: Family, part: str) -> dict[str, Any]:
    channels = {"in_channels": 9} if part == "unet" and family is not BASES[family] else {}
    return full_config(family, part) | _SMALLER[BASES[family]][part] | channels


def make(part: str, config: dict[str, Any]) -> nn.Module:
    if part in ("unet", "vae"):
        found: nn.Module = (UNet2DConditionModel if part == "unet" else AutoencoderKL).from_config(config)
        return found
    text = CLIPTextModel if part == "text_encoder" else CLIPTextModelWithProjection
    module: nn.Module = text(CLIPTextConfig.from_dict(config))
    return module


def tiny_parts(family: Family) -> dict[str, nn.Module]:
    """Every weight is random, also those that a fresh module sets to 0 or 1."""
    torch.manual_seed(3)
    found = {part: make(part, tiny_config(family, part)).eval() for part in PARTS[family]}
    for module in found.values():
        for parameter in module.parameters():
            parameter.data = torch.randn(parameter.shape) * 0.1 + (1.0 if parameter.ndim == 1 else 0.0)
    return found


def full_parts(family: Family) -> dict[str, nn.Module]:
    """The real sizes, on the meta device."""
    with init_empty_weights():
        return {part: make(part, full_config(family, part)) for part in PARTS[family]}


def tiny_table(family: Family) -> dict[str, list[Entry]]:
    return table(family, {part: tiny_config(family, part) for part in PARTS[family]})


def tiny_folder(family: Family, folder: Path, vocabulary: bool = False) -> Path:
    """The configs and schedule of a tiny model, as a diffusers folder without weights; diffusers needs the vocabulary."""
    shutil.copytree(CONFIGS / FOLDERS[family], folder)
    for part in PARTS[family]:
        (folder / part / "config.json").write_text(json.dumps(tiny_config(family, part)))
    for tokenizer in folder.glob("tokenizer*") if vocabulary else ():
        clip_vocabulary.write(tokenizer)
    return folder


def tiny_model(family: Family, **settings: Any) -> Model:
    """A tiny model with the real tokenizers, made in memory."""
    from transformers import CLIPTokenizer

    base, folder = BASES[family], CONFIGS / FOLDERS[BASES[family]]
    tokenizers = {}
    for name, pad in (("tokenizer", clip_vocabulary.END), ("tokenizer_2", "!")):
        if (folder / name).is_dir():
            vocabulary, merges = dict(clip_vocabulary.vocabulary()), list(clip_vocabulary.merges())
            tokenizers[name] = CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77, pad_token=pad)
    scheduler = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
    wanted = ModelSettings(type=ModelType[base.name], source="tiny", **settings)
    return assemble(family, wanted, tiny_parts(family), tokenizers, scheduler)
