"""A model from a diffusers folder, a single file or the hub, straight into the wanted dtypes."""

from collections.abc import Callable

from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from safetensors import SafetensorError
from transformers import CLIPTextModel, CLIPTokenizer

from modules.checkpoints.single_file import load_single_file, load_vae_file
from modules.models.sd15 import StableDiffusion15
from modules.precision import DTYPES
from onetrainer_clone import model_files
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Invalid, Problem, UserError
from onetrainer_clone.state.model import ModelSettings

_FAILURES = (OSError, ValueError, TypeError, RuntimeError, KeyError, SafetensorError)


def load_model(settings: ModelSettings, warn: Callable[[str], None] = lambda message: None) -> StableDiffusion15:
    """The model of a state, on the CPU. Raises `Invalid` where it is no Stable Diffusion 1.5 model or is damaged.

    warn: hears of what a file holds beside the model.
    """
    if message := model_files.problem(settings.source):
        raise Invalid([Problem("model.source", message)])
    vae = _other_vae(settings) if settings.vae else None
    try:
        if resolve(settings.source).is_file():
            model = load_single_file(settings, vae, warn)
        else:
            model = _load_folder(settings, vae)
    except Invalid:
        raise
    except UserError as error:
        raise Invalid([Problem("model.source", str(error))]) from error
    except _FAILURES as error:
        raise Invalid([Problem("model.source", f"'{settings.source}' could not be loaded: {error}")]) from error
    if model.unet.config.cross_attention_dim != model.text_encoder.config.hidden_size:
        message = (
            f"'{settings.source}' does not fit together: its UNet reads text of width "
            f"{model.unet.config.cross_attention_dim}, its text encoder writes {model.text_encoder.config.hidden_size}"
        )
        raise Invalid([Problem("model.source", message)])
    return model


def _load_folder(settings: ModelSettings, vae: AutoencoderKL | None) -> StableDiffusion15:
    """From a diffusers folder or the hub."""
    source = settings.source if model_files.is_hub_id(settings.source) else str(resolve(settings.source))
    return StableDiffusion15(
        source=settings.source,
        unet=UNet2DConditionModel.from_pretrained(
            source, subfolder="unet", torch_dtype=DTYPES[settings.unet_dtype], low_cpu_mem_usage=True
        ),
        vae=vae
        or AutoencoderKL.from_pretrained(
            source, subfolder="vae", torch_dtype=DTYPES[settings.vae_dtype], low_cpu_mem_usage=True
        ),
        text_encoder=CLIPTextModel.from_pretrained(
            source, subfolder="text_encoder", dtype=DTYPES[settings.text_encoder_dtype]
        ),
        tokenizer=CLIPTokenizer.from_pretrained(source, subfolder="tokenizer"),
        scheduler_config=DDPMScheduler.load_config(source, subfolder="scheduler"),
        clip_skip=settings.clip_skip,
    )


def _other_vae(settings: ModelSettings) -> AutoencoderKL:
    if message := model_files.vae_problem(settings.vae):
        raise Invalid([Problem("model.vae", message)])
    dtype = DTYPES[settings.vae_dtype]
    try:
        if resolve(settings.vae).is_file():
            return load_vae_file(resolve(settings.vae), dtype)
        on_hub = model_files.is_hub_id(settings.vae)
        folder = settings.vae if on_hub else str(model_files.vae_folder(settings.vae))
        return AutoencoderKL.from_pretrained(folder, torch_dtype=dtype, low_cpu_mem_usage=True)
    except UserError as error:
        raise Invalid([Problem("model.vae", str(error))]) from error
    except _FAILURES as error:
        raise Invalid([Problem("model.vae", f"'{settings.vae}' could not be loaded: {error}")]) from error
