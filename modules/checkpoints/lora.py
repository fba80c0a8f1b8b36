"""A LoRA in one form, whatever layout its file has: read, checked, written.

`Lora.modules` maps a layer's address (see `lora_names`) to its tensors by kohya's endings. Shapes of a plain LoRA of rank
r on a linear layer: lora_down.weight [r, in], lora_up.weight [out, r], alpha []; on a convolution lora_down.weight
[r, in, h, w], lora_up.weight [out, r, 1, 1]. The change of the weight is alpha / r * up @ down. dora_scale has a
magnitude per input, [1, in] or [1, in, 1, 1], or as peft's per output, [out, 1] or [out, 1, 1, 1]. Sources: kohya
sd-scripts `networks/lora.py`, diffusers' `loaders/lora_base.py`, ComfyUI's `comfy/weight_adapter/`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from modules.checkpoints.bundled_words import bundled, split_words
from modules.checkpoints.stream import Unwritable
from modules.checkpoints.weights import each, open_weights
from onetrainer_clone.families import Family
from onetrainer_clone.lora_keys import layers_in
from onetrainer_clone.lora_names import ALPHA, DORA, DOWN, MAGNITUDE, UP, Address, LoraNames, known_names
from onetrainer_clone.paths import listed, write_whole
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.saving import LoraLayout

_ADAPTER_METADATA = "lora_adapter_metadata"  # diffusers' own: the LoraConfig of every part, as JSON


@dataclass(frozen=True)
class Lora:
    modules: Mapping[Address, Mapping[str, Tensor]]
    names: LoraNames | None = None  # of the model that it is for, where it is known
    metadata: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)  # bundled: placeholder -> part -> [n, D]

    @property
    def family(self) -> Family | None:
        """Of the model that it is for."""
        return self.names.family if self.names else None

    def rank(self, address: Address) -> int | None:
        """Of a plain LoRA's layer; None for another kind."""
        down = self.modules[address].get(DOWN)
        return None if down is None else down.shape[0]


def read_lora(path: Path, names: LoraNames | None = None) -> Lora:
    """A LoRA file of any layout, its tensors on the CPU in the file's dtype, with an alpha for every layer.

    names: of the model that it is for; None to tell the model by the file. Raises UserError where the file is damaged, is
    no LoRA, or holds keys that are not understood, which are named.
    """
    weights = open_weights(path)
    tensors = {name: tensor.clone() for name, tensor in each(weights, weights.shapes)}
    return from_tensors(tensors, [names] if names else known_names(), weights.metadata, f"'{path}'")


def from_tensors(
    tensors: Mapping[str, Tensor], candidates: Sequence[LoraNames], metadata: Mapping[str, str], what: str = "the LoRA"
) -> Lora:
    """Tensors by the names of any layout -> the LoRA for the first of the models that knows them all."""
    tensors, words = split_words(tensors, what)
    names, layers = layers_in({key: tuple(tensor.shape) for key, tensor in tensors.items()}, candidates, metadata, what)
    said = _said_alphas(metadata, what)
    modules = {
        address: _complete(address, {ending: tensors[key] for ending, key in keys.items()}, said)
        for address, keys in layers.items()
    }
    return Lora(modules, names, metadata, words)


def _said_alphas(metadata: Mapping[str, str], what: str) -> dict[str, Any]:
    if _ADAPTER_METADATA not in metadata:
        return {}
    try:
        found: dict[str, Any] = dict(json.loads(metadata[_ADAPTER_METADATA]))
    except (ValueError, TypeError) as error:
        raise UserError(f"{what} is damaged: its {_ADAPTER_METADATA} is no JSON object") from error
    return found


def _complete(address: Address, found: Mapping[str, Tensor], said: Mapping[str, Any]) -> dict[str, Tensor]:
    """With alpha, and the tensors in kohya's shapes."""
    part, path = address
    complete = dict(found)
    if MAGNITUDE in complete:  # [out], of a convolution [1, out, 1, 1]
        complete[DORA] = complete.pop(MAGNITUDE).reshape(-1, *[1] * (found.get(UP, found[MAGNITUDE]).ndim - 1))
    if DOWN in found:
        rank = found[DOWN].shape[0]
        complete.setdefault(ALPHA, torch.tensor(_alpha(part, path, rank, said)))
        complete[ALPHA] = complete[ALPHA].reshape(())
    return complete


def _alpha(part: str, path: str, rank: int, said: Mapping[str, Any]) -> float:
    """Of a layer without a tensor for it: the metadata's, else the rank, so that the factor is 1."""
    if f"{part}.lora_alpha" not in said:
        return float(rank)
    short = path.removeprefix("text_model.")
    pattern = said.get(f"{part}.alpha_pattern") or {}
    named = [alpha for name, alpha in pattern.items() if f".{short}".endswith(f".{name.removeprefix('text_model.')}")]
    alpha = float(named[0] if named else said[f"{part}.lora_alpha"])
    return alpha * rank**0.5 if said.get(f"{part}.use_rslora") else alpha


def write_lora(
    path: Path, lora: Lora, layout: LoraLayout, names: LoraNames, dtype: torch.dtype, metadata: Mapping[str, str]
) -> None:
    """A LoRA as a safetensors file, whole or not at all.

    Raises UserError for weights that are not finite in this dtype, and for kinds of layers that the layout cannot hold.
    """
    kohya = layout is LoraLayout.KOHYA
    if lora.words and not kohya:
        message = f"the words bundled with the LoRA ({listed(list(lora.words))}) have no place in the diffusers layout"
        raise UserError(f"{message}: choose kohya's layout")
    tensors = dict(_kohya(lora, names, dtype) if kohya else _peft(lora, names, dtype))
    tensors |= {name: _stored(tensor, dtype) for name, tensor in bundled(lora.words).items()}
    if broken := [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]:
        kind = str(dtype).removeprefix("torch.")
        message = f"{len(broken)} tensors are not finite in {kind} (the first: {broken[0]}): nothing was written"
        raise Unwritable(f"{message}; lower the learning rate, or save as float32")
    write_whole(path, save(tensors, {**metadata, **_hashes(tensors, metadata)}))


def _kohya(lora: Lora, names: LoraNames, dtype: torch.dtype) -> Iterator[tuple[str, Tensor]]:
    for address, found in lora.modules.items():
        name = names.kohya(address)
        for suffix, tensor in _with_rounded_alpha(found, dtype).items():
            yield f"{name}.{suffix}", _stored(tensor, dtype)


def _with_rounded_alpha(found: Mapping[str, Tensor], dtype: torch.dtype) -> Mapping[str, Tensor]:
    """alpha is stored in the file's dtype: what its rounding takes away goes into a factor, so the change stays."""
    factor = next((name for name in (UP, "hada_w1_a", "lokr_w2_a", "lokr_w1_a") if name in found), None)
    if factor is None or ALPHA not in found or not (alpha := float(found[ALPHA])):
        return found
    rounded = float(found[ALPHA].to(dtype))
    return found if rounded == alpha else {**found, factor: found[factor].float() * (alpha / rounded)}


def _peft(lora: Lora, names: LoraNames, dtype: torch.dtype) -> Iterator[tuple[str, Tensor]]:
    """Without alpha, which makes diffusers refuse a file: the factor goes into lora_B."""
    for address, found in lora.modules.items():
        if strange := sorted(set(found) - {DOWN, UP, ALPHA, DORA}):
            message = f"the diffusers layout holds only plain LoRA and DoRA, and '{address[1]}' has {listed(strange)}"
            raise UserError(f"{message}: choose kohya's layout")
        if DORA in found and found[DORA].shape[0] != found[UP].shape[0]:
            message = f"the diffusers layout holds DoRA with a magnitude per output, and that of '{address[1]}' is per input"
            raise UserError(f"{message}: choose kohya's layout")
        if DORA in found and address[0] != "unet":  # transformers' load_adapter leaves the magnitude at its start
            raise UserError("diffusers reads DoRA on a text encoder wrongly: choose kohya's layout")
        factor = float(found[ALPHA]) / found[DOWN].shape[0]
        yield names.peft(address, DOWN), _stored(found[DOWN], dtype)
        yield names.peft(address, UP), _stored(found[UP].float() * factor if factor != 1 else found[UP], dtype)
        if DORA in found:
            magnitude = found[DORA].flatten() if found[DORA].ndim == 2 else found[DORA].transpose(0, 1)
            yield names.peft(address, DORA), _stored(magnitude, dtype)


def _stored(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    return tensor.detach().to("cpu", dtype).contiguous()


def family_metadata(family: Family) -> dict[str, str]:
    """What tells other programs the model that a LoRA is for."""
    xl = family in (Family.SDXL, Family.SDXL_INPAINTING)
    return {
        "ss_base_model_version": "sdxl_base_v1-0" if xl else "sd_v1",
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": f"stable-diffusion-{'xl-v1-base' if xl else 'v1'}/lora",
        "modelspec.implementation": "https://github.com/Stability-AI/generative-models" if xl else "diffusers",
    }


def _hashes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> dict[str, str]:
    """kohya's two hashes, made over the file with its ss_* metadata alone, and the model spec's.

    Source: sd-scripts `library/train_util.py` (precalculate_safetensors_hashes).
    """
    image = save(dict(tensors), {key: value for key, value in metadata.items() if key.startswith("ss_")})
    data = hashlib.sha256(memoryview(image)[8 + int.from_bytes(image[:8], "little") :]).hexdigest()
    legacy = hashlib.sha256(image[0x100000:0x110000]).hexdigest()[:8]
    return {"sshs_model_hash": data, "sshs_legacy_hash": legacy, "modelspec.hash_sha256": f"0x{data}"}
