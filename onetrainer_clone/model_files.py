"""What a model on disk is, read from its small JSON files alone: so that a wrong choice is known before torch loads.

A diffusers folder names its parts in model_index.json: {"unet": ["diffusers", "UNet2DConditionModel"], ...}. The
families are told apart by the size of the text embedding (the UNet's cross_attention_dim) and a second text encoder.
A single file is told by the names in its header (`single_file.py`).
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onetrainer_clone import single_file, structure
from onetrainer_clone.families import BASES, INPAINTING, NATIVE_PIXELS, PREFIXES, Family
from onetrainer_clone.json_file import read_json
from onetrainer_clone.paths import resolve

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
    if os.path.isfile(folder):
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
    if missing := [part for part in required if not os.path.isdir(folder / part)]:
        return f"'{source}' is incomplete: the folders {', '.join(missing)} are missing"
    for part in (part for part in required if not part.startswith(("tokenizer", "scheduler"))):
        if not any((folder / part).glob("*.safetensors")) and not any((folder / part).glob("*.bin")):
            return f"'{source}' has no weights in its folder {part}: download the model again"
    return ""


def broken(source: str) -> str:
    """What is wrong with the weights of a model that is no problem otherwise; empty where nothing is, as far as is known."""
    path, found = resolve(source), family(source)
    if found not in BASES:
        return ""
    return structure.file_problem(path) if os.path.isfile(path) else structure.folder_problem(path, BASES[found])


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
    """What a model is; None where that is not known: on the hub, or in a file that cannot be read."""
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


def ends_in_noise(source: str) -> bool:
    """Whether a model says that its noise schedule ends in noise alone (zero terminal SNR)."""
    path = resolve(source)
    kind = single_file.kind(path) if os.path.isfile(path) else None
    scheduler = read_json(configs(source) / "scheduler" / "scheduler_config.json") or {}
    return bool((kind is not None and kind.zero_terminal_snr) or scheduler.get("rescale_betas_zero_snr"))


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


def vae_misfit(vae: str, source: str) -> str:
    """Why a model cannot work with another VAE; empty where it can, or where that is not known."""
    unet = read_json(configs(source) / "unet" / "config.json") or {}
    return structure.fits_vae(unet.get("out_channels"), _latent_channels(vae))


def vae_stranger(vae: str, source: str) -> str:
    """What about another VAE's latents the model does not know; empty where nothing, or where that is not known.

    A VAE that is one file says nothing of it: there the model's own values hold.
    """
    theirs, own = (read_json(vae_folder(one) / "config.json") or {} for one in (vae, source))
    scales = theirs.get("scaling_factor"), own.get("scaling_factor")
    if os.path.isfile(resolve(vae)) or None in scales:
        return ""
    if scales[0] != scales[1]:
        return f"scales its latents by {scales[0]:g}, and the model knows {scales[1]:g}"
    factors = vae_factor(vae), vae_factor(source)
    return f"has {factors[0]} pixels per latent, and the model knows {factors[1]}" if factors[0] != factors[1] else ""


def _latent_channels(vae: str) -> int | None:
    if is_hub_id(vae):
        return None
    if os.path.isfile(resolve(vae)):
        return single_file.latent_channels(resolve(vae))
    found = (read_json(vae_folder(vae) / "config.json") or {}).get("latent_channels")
    return found if isinstance(found, int) else None


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
    return folder / "vae" if os.path.isdir(folder / "vae") else folder


def text_widths(source: str) -> dict[str, int]:
    """The width of a token's vector in each text encoder; empty where that is not known."""
    found = family(source) if source else None
    if found not in BASES:
        return {}
    parts = [part for part in PREFIXES[found] if part.startswith("text_encoder")]
    configured = {part: read_json(configs(source) / part / "config.json") or {} for part in parts}
    widths = {part: config.get("hidden_size") for part, config in configured.items()}
    return {part: width for part, width in widths.items() if isinstance(width, int)} if all(widths.values()) else {}


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
