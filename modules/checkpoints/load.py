"""A model from a diffusers folder or from the hub, straight into the wanted dtypes."""

from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from safetensors import SafetensorError
from transformers import CLIPTextModel, CLIPTokenizer

from modules.models.sd15 import StableDiffusion15
from modules.precision import DTYPES
from onetrainer_clone import model_files
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state.model import ModelSettings


def load_model(settings: ModelSettings) -> StableDiffusion15:
    """The model of a state, on the CPU. Raises `Invalid` where it is no Stable Diffusion 1.5 model or is damaged."""
    if message := model_files.problem(settings.source):
        raise Invalid([Problem("model.source", message)])
    source = settings.source if model_files.is_hub_id(settings.source) else str(resolve(settings.source))
    try:
        model = StableDiffusion15(
            source=settings.source,
            unet=UNet2DConditionModel.from_pretrained(
                source, subfolder="unet", torch_dtype=DTYPES[settings.unet_dtype], low_cpu_mem_usage=True
            ),
            vae=_load_vae(settings, source),
            text_encoder=CLIPTextModel.from_pretrained(
                source, subfolder="text_encoder", dtype=DTYPES[settings.text_encoder_dtype]
            ),
            tokenizer=CLIPTokenizer.from_pretrained(source, subfolder="tokenizer"),
            scheduler_config=DDPMScheduler.load_config(source, subfolder="scheduler"),
            clip_skip=settings.clip_skip,
        )
    except (OSError, ValueError, TypeError, RuntimeError, KeyError, SafetensorError) as error:
        raise Invalid([Problem("model.source", f"'{settings.source}' could not be loaded: {error}")]) from error
    if model.unet.config.cross_attention_dim != model.text_encoder.config.hidden_size:
        message = (
            f"'{settings.source}' does not fit together: its UNet reads text of width "
            f"{model.unet.config.cross_attention_dim}, its text encoder writes {model.text_encoder.config.hidden_size}"
        )
        raise Invalid([Problem("model.source", message)])
    return model


def _load_vae(settings: ModelSettings, source: str) -> AutoencoderKL:
    dtype = DTYPES[settings.vae_dtype]
    if not settings.vae:
        return AutoencoderKL.from_pretrained(source, subfolder="vae", torch_dtype=dtype, low_cpu_mem_usage=True)
    if model_files.is_hub_id(settings.vae):
        return AutoencoderKL.from_pretrained(settings.vae, torch_dtype=dtype, low_cpu_mem_usage=True)
    folder = model_files.vae_folder(settings.vae)
    return AutoencoderKL.from_pretrained(str(folder), torch_dtype=dtype, low_cpu_mem_usage=True)
