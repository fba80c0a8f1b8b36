"""A model as one file in the original (LDM) layout, as model sites offer it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL
from transformers import CLIPTokenizer

from modules.checkpoints.assemble import assemble
from modules.checkpoints.parts import read_part, strangers
from modules.checkpoints.weights import Weights, open_weights
from modules.models.base import Model
from modules.precision import DTYPES
from onetrainer_clone import clip_vocabulary, single_file
from onetrainer_clone.clip_vocabulary import END
from onetrainer_clone.families import BASES, PREFIXES, UNET, Family, Kind, kind_of
from onetrainer_clone.json_file import read_json
from onetrainer_clone.ldm_keys import Entry, Form, table, vae
from onetrainer_clone.paths import listed, resolve
from onetrainer_clone.settings import Invalid, Problem, UserError
from onetrainer_clone.state.model import ModelSettings

_OLD_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}  # diffusers before 0.18


def load_single_file(
    settings: ModelSettings,
    of_family: Callable[[Family], AutoencoderKL | None] = lambda family: None,
    warn: Callable[[str], None] = lambda message: None,
) -> Model:
    """A model, on the CPU, in the dtypes of the settings.

    Beyond the model itself it takes 128 MiB and the largest tensor. Raises UserError where the file is no model of a known
    family, `Invalid` where it needs another VAE. of_family: is told the family before anything large is read, gives another
    VAE or raises. warn: hears of weights in the file that nothing here knows.
    """
    path = resolve(settings.source)
    weights = open_weights(path)
    kind = kind_of(weights.shapes, weights.metadata)
    if message := single_file.kind_problem(path, kind, weights.shapes):
        raise UserError(message)
    other_vae = of_family(kind.family)
    folder = single_file.configs(path, kind.family)
    configs = {part: _config(folder / part / "config.json") for part in PREFIXES[kind.family]}
    configs["unet"]["in_channels"] = weights.shapes[f"{UNET}input_blocks.0.0.weight"][1]  # inpainting models have more
    entries = table(kind.family, configs)
    if other_vae is None and single_file.vae_prefix(weights.shapes) is None:
        raise Invalid([Problem("model.vae", f"'{settings.source}' holds no VAE: choose one here")])
    if unknown := strangers(weights, entries):
        warn(f"'{path}' holds {listed(unknown)}, which nothing here knows: left out")
    parts = {
        part: other_vae
        if part == "vae" and other_vae is not None
        else read_part(part, configs[part], entries[part], weights, DTYPES[getattr(settings, f"{part}_dtype")])
        for part in entries
    }
    tokenizers = {"tokenizer": _tokenizer(folder, "tokenizer", END)}
    if "text_encoder_2" in parts:
        tokenizers["tokenizer_2"] = _tokenizer(folder, "tokenizer_2", "!")
    return assemble(kind.family, settings, parts, tokenizers, _scheduler(folder, kind))


def load_vae_file(path: Path, dtype: torch.dtype, family: Family = Family.SD15) -> AutoencoderKL:
    """The VAE of a file: a VAE alone, by its original names or by diffusers', or a whole model's.

    family: of the model that it is for, which says how a VAE alone scales its latents.
    """
    weights = open_weights(path)
    prefix = single_file.vae_prefix(weights.shapes)
    own = kind_of(weights.shapes).family
    if prefix is None:
        raise UserError(f"'{path}' holds no VAE: it is {own.value}")
    config = _config(single_file.configs(path, own if own in BASES else family) / "vae" / "config.json")
    entries = [Entry(prefix + entry.original, entry.names, entry.form) for entry in vae(config)]
    if f"{prefix}encoder.down_blocks.0.resnets.0.conv1.weight" in weights.shapes:
        entries = [_by_diffusers_name(entry, prefix, weights) for entry in entries]
    return read_part("vae", config, entries, weights, dtype)


def _by_diffusers_name(entry: Entry, prefix: str, weights: Weights) -> Entry:
    [name] = entry.names
    stored = prefix + name
    for new, old in _OLD_ATTENTION.items():
        if stored not in weights.shapes and ".attentions.0." in stored:
            stored = stored.replace(f".{new}.", f".{old}.")
    return Entry(stored, entry.names, Form.CONV if entry.form is Form.CONV else Form.SAME)


def _config(path: Path) -> dict[str, Any]:
    config = read_json(path)
    if config is None:
        raise UserError(f"'{path}' is missing or is no JSON: it describes a part of the model file beside it")
    return dict(config)


def _tokenizer(folder: Path, name: str, pad: str) -> CLIPTokenizer:
    if any((folder / name / file).is_file() for file in ("vocab.json", "tokenizer.json")):
        return CLIPTokenizer.from_pretrained(folder, subfolder=name, local_files_only=True)
    vocabulary, merges = dict(clip_vocabulary.vocabulary()), list(clip_vocabulary.merges())
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77, pad_token=pad)


def _scheduler(folder: Path, kind: Kind) -> dict[str, Any]:
    """The schedule's config; the file's own word on what it predicts comes before the folder's."""
    said = {"prediction_type": "v_prediction"} if kind.v_prediction else {}
    return _config(folder / "scheduler" / "scheduler_config.json") | said | (
        {"rescale_betas_zero_snr": True} if kind.zero_terminal_snr else {}
    )  # fmt: skip
