"""What a model on disk is, read from its small JSON files alone: so that a wrong choice is known before torch loads.

A diffusers folder names its parts in model_index.json: {"unet": ["diffusers", "UNet2DConditionModel"], ...}. The
families are told apart by the size of the text embedding (the UNet's cross_attention_dim) and a second text encoder.
"""

import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from onetrainer_clone.paths import resolve

REQUIRED = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")


def is_hub_id(source: str) -> bool:
    """'owner/name' that is not a folder here: a model on the Hugging Face hub."""
    return bool(re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", source)) and not os.path.exists(resolve(source))


def problem(source: str) -> str:
    """Why a source cannot be trained as Stable Diffusion 1.5, in words; empty where it can, or is not known yet."""
    folder = resolve(source)
    if is_hub_id(source):
        return ""
    if not os.path.exists(folder):
        return f"there is no folder '{source}': was it moved or renamed?"
    if folder.is_file():
        return f"'{source}' is a file: single-file models cannot be loaded yet, choose a diffusers model folder"
    index = read_json(folder / "model_index.json")
    if index is None:
        return f"'{source}' is not a diffusers model folder: it has no readable model_index.json"
    if "text_encoder_2" in index or "XL" in str(index.get("_class_name")):
        return f"'{source}' is an SDXL model; only Stable Diffusion 1.5 can be trained yet: choose an SD 1.5 model"
    if "transformer" in index:
        return f"'{source}' is a {index.get('_class_name')} model; only Stable Diffusion 1.5 can be trained yet"
    if missing := [part for part in REQUIRED if not (folder / part).is_dir()]:
        return f"'{source}' is incomplete: the folders {', '.join(missing)} are missing"
    unet = read_json(folder / "unet" / "config.json") or {}
    vae = read_json(folder / "vae" / "config.json") or {}
    channels, latents = unet.get("in_channels"), vae.get("latent_channels")
    if channels == 9:
        return f"'{source}' is an inpainting model (9 input channels), which cannot be trained yet"
    if None not in (channels, latents) and channels != latents:
        return f"'{source}' is an editing or depth model ({channels} input channels), which cannot be trained yet"
    if unet.get("cross_attention_dim") in (1024, 2048):
        family = {1024: "a Stable Diffusion 2", 2048: "an SDXL"}[unet["cross_attention_dim"]]
        return f"'{source}' is {family} model; only Stable Diffusion 1.5 can be trained yet"
    for part in ("unet", "vae", "text_encoder"):
        if not any((folder / part).glob("*.safetensors")) and not any((folder / part).glob("*.bin")):
            return f"'{source}' has no weights in its folder {part}: download the model again"
    return ""


def vae_problem(source: str) -> str:
    """Why a source cannot serve as the VAE; empty where it can."""
    if is_hub_id(source):
        return ""
    config = read_json(vae_folder(source) / "config.json")
    if config is None or config.get("_class_name") != "AutoencoderKL":
        return f"'{source}' is not a VAE folder: it has no config.json of an AutoencoderKL"
    return ""


def vae_folder(source: str) -> Path:
    """The folder that holds the VAE: a model's folder holds it in 'vae'."""
    folder = resolve(source)
    return folder / "vae" if (folder / "vae").is_dir() else folder


def text_layers(source: str) -> int | None:
    """How many layers the text encoder has; None where that is not known."""
    config = read_json(resolve(source) / "text_encoder" / "config.json") or {}
    return config.get("num_hidden_layers")


def vae_factor(source: str) -> int | None:
    """Pixels per latent along a side; None where that is not known."""
    config = read_json(vae_folder(source) / "config.json") or {}
    blocks = config.get("block_out_channels")
    return 2 ** (len(blocks) - 1) if blocks else None


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON object from a file; None where there is none. Remembered until the file changes."""
    try:
        status = path.stat()
        return _read_json(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _read_json(path: Path, _changed_ns: int, _size: int) -> dict[str, Any] | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
