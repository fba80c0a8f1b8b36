"""A model from a diffusers folder, a single file or the hub, straight into the wanted dtypes."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDPMScheduler, DiffusionPipeline, UNet2DConditionModel
from safetensors import SafetensorError
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from modules.checkpoints.assemble import assemble
from modules.checkpoints.single_file import load_single_file, load_vae_file
from modules.models.base import Model
from modules.precision import DTYPES
from onetrainer_clone import model_files
from onetrainer_clone.families import BASES, PREFIXES, Family
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Invalid, Problem, UserError
from onetrainer_clone.state.model import ModelSettings

_FAILURES = (OSError, ValueError, TypeError, RuntimeError, KeyError, SafetensorError, pickle.UnpicklingError)
_CLASSES: dict[str, Any] = {
    "unet": UNet2DConditionModel,
    "vae": AutoencoderKL,
    "text_encoder": CLIPTextModel,
    "text_encoder_2": CLIPTextModelWithProjection,
}
_TOKENIZERS = {"text_encoder": "tokenizer", "text_encoder_2": "tokenizer_2"}


def load_model(
    settings: ModelSettings, warn: Callable[[str], None] = lambda message: None, *, any_type: bool = False
) -> Model:
    """The model of a state, on the CPU. Raises `Invalid` where it cannot be trained, is of another type or is damaged.

    warn: hears of what a file holds beside the model. any_type: whatever family it is, as where it is only drawn with.
    """
    if message := model_files.problem(settings.source):
        raise Invalid([Problem("model.source", message)])

    def of_family(family: Family) -> AutoencoderKL | None:
        """Asked once the family is known and before anything large is read: the other VAE, if there is one."""
        if not any_type and (message := model_files.misfit(settings.source, family, settings.type.value)):
            raise Invalid([Problem("model.type", message)])
        return _other_vae(settings, family) if settings.vae else None

    try:
        if resolve(settings.source).is_file():
            return load_single_file(settings, of_family, warn)
        return _load_folder(settings, of_family)
    except Invalid:
        raise
    except UserError as error:
        raise Invalid([Problem("model.source", str(error))]) from error
    except _FAILURES as error:
        raise Invalid([Problem("model.source", f"'{settings.source}' could not be loaded: {_why(error)}")]) from error


def _load_folder(settings: ModelSettings, of_family: Callable[[Family], AutoencoderKL | None]) -> Model:
    """From a diffusers folder or the hub."""
    on_hub = model_files.is_hub_id(settings.source)
    source = settings.source if on_hub else str(resolve(settings.source))
    family = _hub_family(source) if on_hub else model_files.family(source)
    if family not in BASES:
        what = family.value if family else "no diffusers model"
        raise UserError(f"'{settings.source}' is {what}, which cannot be trained here: choose an SD 1.5 or SDXL model")
    other_vae = of_family(family)
    parts = {
        part: other_vae if part == "vae" and other_vae is not None else _part(source, part, _dtype(settings, part))
        for part in PREFIXES[family]
    }
    tokenizers = {
        name: CLIPTokenizer.from_pretrained(source, subfolder=name)
        for part, name in _TOKENIZERS.items()
        if part in parts
    }
    return assemble(family, settings, parts, tokenizers, DDPMScheduler.load_config(source, subfolder="scheduler"))


def _dtype(settings: ModelSettings, part: str) -> torch.dtype:
    return DTYPES[getattr(settings, f"{part}_dtype")]


def _part(source: str, part: str, dtype: torch.dtype) -> Any:
    """A part of a folder; one that only has weights for float16 ('model.fp16.safetensors') is read from those."""
    files = [file.name for file in (Path(source) / part).glob("*.safetensors")]
    variant = "fp16" if files and all(".fp16." in name for name in files) else None
    named = {"dtype": dtype} if part.startswith("text_encoder") else {"torch_dtype": dtype, "low_cpu_mem_usage": True}
    return _CLASSES[part].from_pretrained(source, subfolder=part, variant=variant, **named)


def _hub_family(source: str) -> Family:
    """By the small files alone."""
    index = DiffusionPipeline.load_config(source)
    unet, vae = (_CLASSES[part].load_config(source, subfolder=part) for part in ("unet", "vae"))
    return model_files.family_of_index(index, unet, vae.get("latent_channels"))


def _other_vae(settings: ModelSettings, family: Family) -> AutoencoderKL:
    if message := model_files.vae_problem(settings.vae):
        raise Invalid([Problem("model.vae", message)])
    dtype = DTYPES[settings.vae_dtype]
    try:
        if resolve(settings.vae).is_file():
            return load_vae_file(resolve(settings.vae), dtype, family)
        on_hub = model_files.is_hub_id(settings.vae)
        folder = settings.vae if on_hub else str(model_files.vae_folder(settings.vae))
        return AutoencoderKL.from_pretrained(folder, torch_dtype=dtype, low_cpu_mem_usage=True)
    except UserError as error:
        raise Invalid([Problem("model.vae", str(error))]) from error
    except _FAILURES as error:
        raise Invalid([Problem("model.vae", f"'{settings.vae}' could not be loaded: {_why(error)}")]) from error


def _why(error: Exception) -> str:
    """torch's own words for a pickle advise to run its code."""
    if isinstance(error, pickle.UnpicklingError):
        return "one of its .bin files holds Python objects beside weights, which could run code. Ask for .safetensors files"
    return str(error)
