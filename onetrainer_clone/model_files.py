"""What a model on disk is, read from its small JSON files alone: so that a wrong choice is known before torch loads.

A diffusers folder names its parts in model_index.json: {"unet": ["diffusers", "UNet2DConditionModel"], ...}. The
families are told apart by the size of the text embedding (the UNet's cross_attention_dim) and a second text encoder.
A single file is told by the names in its header (`single_file.py`).
"""

import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from onetrainer_clone import single_file
from onetrainer_clone.families import BASES, INPAINTING, NATIVE_PIXELS, Family
from onetrainer_clone.paths import require_regular, resolve

_PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")
REQUIRED = {Family.SD15: _PARTS, Family.SDXL: (*_PARTS, "text_encoder_2", "tokenizer_2")}
TYPE_LABELS = {"SD15": "Stable Diffusion 1.5", "SDXL": "SDXL"}


def is_hub_id(source: str) -> bool:
    """'owner/name' that is not a folder here: a model on the Hugging Face hub."""
    named = bool(re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", source)) and not source.lower().endswith(single_file.SUFFIXES)
    return named and not os.path.exists(resolve(source))


def problem(source: str) -> str:
    """Why a source cannot be trained, in words; empty where it can, or is not known yet."""
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
    if "transformer" in index:
        return f"'{source}' is a {index.get('_class_name')} model: choose an SD 1.5 or SDXL model"
    found = _folder_family(folder, index)
    if found not in BASES:
        return f"'{source}' is {found.value}, which cannot be trained here: choose an SD 1.5 or SDXL model"
    required = REQUIRED[BASES[found]]
    if missing := [part for part in required if not (folder / part).is_dir()]:
        return f"'{source}' is incomplete: the folders {', '.join(missing)} are missing"
    for part in (part for part in required if not part.startswith(("tokenizer", "scheduler"))):
        if not any((folder / part).glob("*.safetensors")) and not any((folder / part).glob("*.bin")):
            return f"'{source}' has no weights in its folder {part}: download the model again"
    return ""


def type_problem(source: str, wanted: str) -> str:
    """Why a model is not of the type 'SD15' or 'SDXL'; empty where it is, or is not known yet."""
    found = family(source)
    return misfit(source, found, wanted) if found in BASES else ""


def misfit(source: str, found: Family, wanted: str) -> str:
    """As `type_problem`, once the family is known."""
    type_name = BASES[found].name
    if type_name == wanted:
        return ""
    return f"'{source}' is {found.value}: switch the model type to {TYPE_LABELS[type_name]}"


def family(source: str) -> Family | None:
    """What a model is; None where that is not known yet: on the hub, or in a .ckpt file."""
    path = resolve(source)
    if os.path.isfile(path):
        kind = single_file.kind(path)
        return kind.family if kind else None
    index = read_json(path / "model_index.json")
    return None if index is None else _folder_family(path, index)


def family_of_index(index: Mapping[str, Any], unet: Mapping[str, Any], latents: int | None) -> Family:
    """By model_index.json, the UNet's config and the VAE's latent channels."""
    texts = [part for part in ("text_encoder", "text_encoder_2") if any(index.get(part) or ())]
    width, channels = unet.get("cross_attention_dim"), unet.get("in_channels")
    called_xl = "XL" in str(index.get("_class_name"))
    found = Family.SDXL if "text_encoder_2" in texts or width == 2048 or called_xl else Family.SD15
    if texts == ["text_encoder_2"]:
        return Family.SDXL_REFINER
    if width == 1024:
        return Family.SD2
    if None in (channels, latents) or channels == latents:
        return found
    return INPAINTING[found] if channels == 2 * (latents or 0) + 1 else Family.EDITING


def _folder_family(folder: Path, index: Mapping[str, Any]) -> Family:
    vae = read_json(folder / "vae" / "config.json") or {}
    return family_of_index(index, read_json(folder / "unet" / "config.json") or {}, vae.get("latent_channels"))


def predicts_v(source: str) -> bool | None:
    """Whether a model says that it predicts the velocity; None where that is not known yet."""
    path = resolve(source)
    kind = single_file.kind(path) if os.path.isfile(path) else None
    if kind is not None and kind.v_prediction:
        return True
    if family(source) is None:
        return None
    scheduler = read_json(configs(source) / "scheduler" / "scheduler_config.json") or {}
    return scheduler.get("prediction_type") == "v_prediction"


def is_called_v(source: str) -> bool:
    """Whether a model's name says that it predicts the velocity."""
    return bool(re.search(r"v[-_ ]?pred", Path(source).name.lower()))


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


def vae_bears_fp16(source: str) -> bool:
    """Whether a VAE says that it computes in float16: its config, or its name as in 'sdxl-vae-fp16-fix'."""
    config = read_json(vae_folder(source) / "config.json") or {} if source and not is_hub_id(source) else {}
    return config.get("force_upcast") is False or "fp16" in Path(source).name.lower()


def lacks_vae(source: str) -> bool:
    """Whether a model is known to come without a VAE."""
    return os.path.isfile(resolve(source)) and single_file.lacks_vae(resolve(source))


def configs(source: str) -> Path:
    """The folder that describes a model's parts: its own, or for a single file the one that belongs to it."""
    path = resolve(source)
    if not os.path.isfile(path):
        return path
    found = family(source)
    return single_file.configs(path, found if found in BASES else Family.SD15)


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


def native_pixels(source: str) -> int | None:
    """The side of the squares that a model draws where no size is named; None where that is not known yet."""
    latents = (read_json(configs(source) / "unet" / "config.json") or {}).get("sample_size")
    factor = vae_factor(source)
    if isinstance(latents, int) and factor:
        return latents * factor
    found = family(source)
    return NATIVE_PIXELS[BASES[found]] if found in BASES else None


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
