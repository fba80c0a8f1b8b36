"""Parts, tokenizers and a schedule -> the model of a family, as the settings want it."""

from collections.abc import Mapping
from typing import Any

from modules.checkpoints.describe import config_of
from modules.diffusion import NoiseSchedule
from modules.models.base import Model
from modules.models.sd15 import StableDiffusion15
from modules.models.sdxl import StableDiffusionXL
from onetrainer_clone.families import BASES, Family
from onetrainer_clone.settings import Invalid, Problem, UserError
from onetrainer_clone.state.model import (
    USUAL_CLIP_SKIP,
    ZERO_SNR_NEEDS_V,
    ModelSettings,
    ModelType,
    Prediction,
    ZeroTerminalSnr,
)
from onetrainer_clone.structure import fits_text, fits_vae

_CLASSES: dict[Family, Any] = {Family.SD15: StableDiffusion15, Family.SDXL: StableDiffusionXL}


def assemble(
    family: Family,
    settings: ModelSettings,
    parts: Mapping[str, Any],
    tokenizers: Mapping[str, Any],
    scheduler_config: Mapping[str, Any],
) -> Model:
    """The model. Raises `Invalid` where the schedule is nonsense, UserError where the parts do not fit together."""
    base = BASES[family]
    model: Model = _CLASSES[base](
        source=settings.source,
        **parts,
        **tokenizers,
        scheduler_config=scheduled(scheduler_config, settings),
        clip_skip=settings.clip_skip or USUAL_CLIP_SKIP[ModelType[base.name]],
        text_windows=settings.text_windows,
    )
    _require_fit(model)
    return model


def scheduled(config: Mapping[str, Any], settings: ModelSettings) -> dict[str, Any]:
    """A scheduler's config with what the settings say against it.

    A schedule that ends in pure noise is only of use where samples begin there: at the last timestep, which the
    'trailing' spacing takes in (Lin et al. 2023).
    """
    found = dict(config)
    if settings.prediction is not Prediction.AUTO:
        found["prediction_type"] = settings.prediction.value.lower()
    if settings.zero_terminal_snr is not ZeroTerminalSnr.AUTO:
        found["rescale_betas_zero_snr"] = settings.zero_terminal_snr is ZeroTerminalSnr.ON
    if found.get("rescale_betas_zero_snr"):
        if found.get("prediction_type", "epsilon") == "epsilon":
            raise Invalid([Problem("model.zero_terminal_snr", ZERO_SNR_NEEDS_V)])
        found["timestep_spacing"] = "trailing"
    NoiseSchedule.from_config(found)  # raises ValueError for what cannot be trained
    return found


def _require_fit(model: Model) -> None:
    unet, vae = config_of(model.unet), config_of(model.vae)
    written = sum(config_of(encoder)["hidden_size"] for encoder in model.text_encoders.values())
    if message := fits_text(unet["cross_attention_dim"], written):
        raise UserError(f"'{model.source}' {message}")
    if message := fits_vae(unet["out_channels"], vae["latent_channels"]):
        raise Invalid([Problem("model.vae", message)])
