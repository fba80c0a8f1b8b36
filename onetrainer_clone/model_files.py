"""What a model on disk is, read from its small JSON files alone: so that a wrong choice is known before torch loads.

A diffusers folder names its parts in model_index.json: {"unet": ["diffusers", "UNet2DConditionModel"], ...}. The
families are told apart by the size of the text embedding (the UNet's cross_attention_dim) and a second text encoder.
A single file is told by the names in its header (`single_file.py`).
"""

import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from onetrainer_clone import single_file
from onetrainer_clone.paths import require_regular, resolve

REQUIRED = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")


def is_hub_id(source: str) -> bool:
    """'owner/name' that is not a folder here: a model on the Hugging Face hub."""
    named = bool(re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", source)) and not source.lower().endswith(single_file.SUFFIXES)
    return named and not os.path.exists(resolve(source))


def problem(source: str) -> str:
    """Why a source cannot be trained as Stable Diffusion 1.5, in words; empty where it can, or is not known yet."""
    folder = resolve(source)
    if is_hub_id(source):
        return ""
    if not os.path.exists(folder):
        kind = "file" if source.lower().endswith(single_file.SUFFIXES) else "folder"
        return f"there is no {kind} '{source}': was it moved or renamed?"
    if folder.is_file():
        return single_file.problem(folder)
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
    if os.path.isfile(resolve(source)):
        return single_file.vae_problem(resolve(source))
    config = read_json(vae_folder(source) / "config.json")
    if config is None or config.get("_class_name") != "AutoencoderKL":
        return f"'{source}' is not a VAE folder: it has no config.json of an AutoencoderKL"
    return ""


def lacks_vae(source: str) -> bool:
    """Whether a model is known to come without a VAE."""
    return os.path.isfile(resolve(source)) and single_file.lacks_vae(resolve(source))


def configs(source: str) -> Path:
    """The folder that describes a model's parts: its own, or for a single file the one that belongs to it."""
    path = resolve(source)
    return single_file.configs(path) if os.path.isfile(path) else path


def vae_folder(source: str) -> Path:
    """The folder that holds the VAE, or describes that of a file: a model's folder holds it in 'vae'."""
    folder = configs(source)
    return folder / "vae" if (folder / "vae").is_dir() else folder


def text_layers(source: str) -> int | None:
    """How many layers the text encoder has; None where that is not known."""
    config = read_json(configs(source) / "text_encoder" / "config.json") or {}
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
        require_regular(path)
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
