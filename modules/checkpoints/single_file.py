"""A model as one file in the original (LDM) layout, as model sites offer it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from modules.checkpoints.ldm_keys import Entry, Form, table, vae
from modules.checkpoints.weights import Weights, each, open_weights
from modules.models.sd15 import StableDiffusion15
from modules.precision import DTYPES
from onetrainer_clone import clip_vocabulary, single_file
from onetrainer_clone.families import Kind, kind_of
from onetrainer_clone.model_files import read_json
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Invalid, Problem, UserError
from onetrainer_clone.state.model import ModelSettings

Config = Mapping[str, Any]
_MAKE: dict[str, Callable[[dict[str, Any]], nn.Module]] = {
    "unet": UNet2DConditionModel.from_config,
    "vae": AutoencoderKL.from_config,
    "text_encoder": lambda config: CLIPTextModel(CLIPTextConfig.from_dict(config)),
}
# What files hold that no part of the model has a place for: averaged weights, the schedule, counters, markers.
_UNUSED = (
    *("model_ema.", "betas", "alphas_", "sqrt_", "log_one_minus_", "posterior_", "logvar", "lvlb_weights"),
    *("denoiser.", "v_pred", "ztsnr", "edm_vpred.", "first_stage_model.loss.", "first_stage_model.model_ema."),
)
_UNUSED_ENDS = (".position_ids", ".logit_scale", "cond_stage_model.transformer.text_projection.weight")
_OLD_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}  # diffusers before 0.18


def load_single_file(
    settings: ModelSettings, other_vae: AutoencoderKL | None = None, warn: Callable[[str], None] = lambda message: None
) -> StableDiffusion15:
    """A Stable Diffusion 1.5 model, on the CPU, in the dtypes of the settings.

    Beyond the model itself it takes 128 MiB and the largest tensor. Raises UserError where the file is no such model,
    `Invalid` where it needs another VAE. warn: hears of weights in the file that nothing here knows.
    """
    path = resolve(settings.source)
    weights = open_weights(path)
    kind = kind_of(weights.shapes, weights.metadata)
    if message := single_file.kind_problem(path, kind, weights.shapes):
        raise UserError(message)
    folder = single_file.configs(path, kind.family)
    configs = {part: _config(folder / part / "config.json") for part in _MAKE}
    entries = table(kind.family, configs)
    if other_vae is None and single_file.vae_prefix(weights.shapes) is None:
        raise Invalid([Problem("model.vae", f"'{settings.source}' holds no VAE: choose one here")])
    if strangers := _strangers(weights, entries):
        warn(f"'{path}' holds {_listed(strangers)}, which nothing here knows: left out")
    return StableDiffusion15(
        source=settings.source,
        unet=_part("unet", configs["unet"], entries["unet"], weights, DTYPES[settings.unet_dtype]),
        vae=other_vae or _part("vae", configs["vae"], entries["vae"], weights, DTYPES[settings.vae_dtype]),
        text_encoder=_part(
            "text_encoder",
            configs["text_encoder"],
            entries["text_encoder"],
            weights,
            DTYPES[settings.text_encoder_dtype],
        ),
        tokenizer=_tokenizer(folder),
        scheduler_config=_scheduler(folder, kind),
        clip_skip=settings.clip_skip,
    )


def load_vae_file(path: Path, dtype: torch.dtype) -> AutoencoderKL:
    """The VAE of a file: a VAE alone, by its original names or by diffusers', or a whole model's."""
    weights = open_weights(path)
    prefix = single_file.vae_prefix(weights.shapes)
    if prefix is None:
        raise UserError(f"'{path}' holds no VAE: it is {kind_of(weights.shapes).family.value}")
    config = _config(single_file.configs(path) / "vae" / "config.json")
    entries = [Entry(prefix + entry.original, entry.names, entry.form) for entry in vae(config)]
    if f"{prefix}encoder.down_blocks.0.resnets.0.conv1.weight" in weights.shapes:
        entries = [_by_diffusers_name(entry, prefix, weights) for entry in entries]
    return _part("vae", config, entries, weights, dtype)


def _by_diffusers_name(entry: Entry, prefix: str, weights: Weights) -> Entry:
    [name] = entry.names
    stored = prefix + name
    for new, old in _OLD_ATTENTION.items():
        if stored not in weights.shapes and ".attentions.0." in stored:
            stored = stored.replace(f".{new}.", f".{old}.")
    return Entry(stored, entry.names, Form.CONV if entry.form is Form.CONV else Form.SAME)


def _part(name: str, config: Config, entries: Sequence[Entry], weights: Weights, dtype: torch.dtype) -> Any:
    """A module with the weights of a file; built without any, so that nothing is held twice."""
    with init_empty_weights():
        module = _MAKE[name](dict(config))
    wanted = module.state_dict()
    stored = {_stored(entry.original, weights): entry for entry in entries}
    if missing := [original for original in stored if original not in weights.shapes]:
        raise UserError(f"'{weights.path}' lacks {_listed(missing)} of the {len(stored)} weights of its {name}")
    found = {}
    for original, tensor in each(weights, stored):
        for full, view in stored[original].read(tensor).items():
            live = full if full in wanted else full.removeprefix("text_model.")
            if view.shape != wanted[live].shape:
                sizes = f"{list(view.shape)} where {list(wanted[live].shape)} is needed"
                raise UserError(f"'{weights.path}' does not fit its configuration: {original} is {sizes}")
            found[live] = view.to(dtype, copy=True, memory_format=torch.contiguous_format)
    module.load_state_dict(found, assign=True)
    return module.eval()


def _stored(original: str, weights: Weights) -> str:
    """The name in the file: some of 2022 have no `text_model.` level."""
    short = original.replace(".transformer.text_model.", ".transformer.")
    return short if original not in weights.shapes and short in weights.shapes else original


def _strangers(weights: Weights, entries: Mapping[str, Sequence[Entry]]) -> list[str]:
    known = {_stored(entry.original, weights) for part in entries.values() for entry in part}
    rest = (name for name in weights.shapes if name not in known)
    return [name for name in rest if not name.startswith(_UNUSED) and not name.endswith(_UNUSED_ENDS)]


def _listed(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _config(path: Path) -> dict[str, Any]:
    config = read_json(path)
    if config is None:
        raise UserError(f"'{path}' is missing or is no JSON: it describes a part of the model file beside it")
    return dict(config)


def _tokenizer(folder: Path) -> CLIPTokenizer:
    if any((folder / "tokenizer" / name).is_file() for name in ("vocab.json", "tokenizer.json")):
        return CLIPTokenizer.from_pretrained(folder, subfolder="tokenizer", local_files_only=True)
    merges = list(clip_vocabulary.merges())
    return CLIPTokenizer(vocab=dict(clip_vocabulary.vocabulary()), merges=merges, model_max_length=77)


def _scheduler(folder: Path, kind: Kind) -> dict[str, Any]:
    """The schedule's config; the file's own word on what it predicts comes before the folder's."""
    said = {"prediction_type": "v_prediction"} if kind.v_prediction else {}
    return _config(folder / "scheduler" / "scheduler_config.json") | said | (
        {"rescale_betas_zero_snr": True} if kind.zero_terminal_snr else {}
    )  # fmt: skip
