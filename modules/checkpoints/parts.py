"""One part of a model - UNet, VAE, text encoder - filled with the weights of a file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from accelerate import init_empty_weights
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from modules.checkpoints.forms import read_entry
from modules.checkpoints.weights import Weights, each
from onetrainer_clone.ldm_keys import Config, Entry, stored_name
from onetrainer_clone.paths import listed
from onetrainer_clone.settings import UserError

_MAKE: dict[str, Callable[[dict[str, Any]], nn.Module]] = {
    "unet": UNet2DConditionModel.from_config,
    "vae": AutoencoderKL.from_config,
    "text_encoder": lambda config: CLIPTextModel(CLIPTextConfig.from_dict(config)),
    "text_encoder_2": lambda config: CLIPTextModelWithProjection(CLIPTextConfig.from_dict(config)),
}
# What files hold that no part of the model has a place for: averaged weights, the schedule, counters, markers.
_UNUSED = (
    *("model_ema.", "betas", "alphas_", "sqrt_", "log_one_minus_", "posterior_", "logvar", "lvlb_weights"),
    *("denoiser.", "v_pred", "ztsnr", "edm_vpred.", "first_stage_model.loss.", "first_stage_model.model_ema."),
)
_UNUSED_ENDS = (".position_ids", ".logit_scale", "cond_stage_model.transformer.text_projection.weight")


def read_part(name: str, config: Config, entries: Sequence[Entry], weights: Weights, dtype: torch.dtype) -> Any:
    """A part of any family with the weights of a file; built without any, so that nothing is held twice.

    Raises UserError where weights are missing or have another size.
    """
    with init_empty_weights():
        module = _MAKE[name](dict(config))
    wanted = module.state_dict()
    stored = {stored_name(entry.original, weights.shapes): entry for entry in entries}
    if missing := [original for original in stored if original not in weights.shapes]:
        raise UserError(f"'{weights.path}' lacks {listed(missing)} of the {len(stored)} weights of its {name}")
    found = {}
    for original, tensor in each(weights, stored):
        for full, view in read_entry(stored[original], tensor).items():
            live = full if full in wanted else full.removeprefix("text_model.")
            if view.shape != wanted[live].shape:
                sizes = f"{list(view.shape)} where {list(wanted[live].shape)} is needed"
                raise UserError(f"'{weights.path}' does not fit its configuration: {original} is {sizes}")
            found[live] = view.to(dtype, copy=True, memory_format=torch.contiguous_format)
    module.load_state_dict(found, assign=True)
    return module.eval()


def strangers(weights: Weights, entries: Mapping[str, Sequence[Entry]]) -> list[str]:
    """What of a file neither the table nor the list of what is never used knows."""
    known = {stored_name(entry.original, weights.shapes) for part in entries.values() for entry in part}
    rest = (name for name in weights.shapes if name not in known)
    return [name for name in rest if not name.startswith(_UNUSED) and not name.endswith(_UNUSED_ENDS)]
