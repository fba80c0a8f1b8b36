"""Random LoRAs for tiny models, the pipelines that read them, and a merge done by hand."""

import copy
from functools import cache
from typing import Any

import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline
from diffusers.models.downsampling import Downsample2D
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from diffusers.models.upsampling import Upsample2D
from torch import Tensor, nn

from modules.checkpoints.live_names import names_of
from modules.checkpoints.lora import Lora
from onetrainer_clone.families import Family
from onetrainer_clone.lora_names import ALPHA, DORA, DOWN, UP, Address, LoraNames
from tests.modules.checkpoints.tiny import tiny_parts

SCHEDULER = DDIMScheduler(steps_offset=1, clip_sample=False)  # as pipelines ask for it
_CONVOLVED = (ResnetBlock2D, Downsample2D, Upsample2D)


@cache
def parts(family: Family) -> dict[str, nn.Module]:
    """One tiny model per family and session, to be left as it is."""
    return tiny_parts(family)


def names(family: Family) -> LoraNames:
    return names_of(parts(family))


def text_parts(family: Family) -> tuple[str, ...]:
    return ("text_encoder", "text_encoder_2") if family is Family.SDXL else ("text_encoder",)


def targets(models: dict[str, nn.Module], convs: bool, text: bool) -> dict[Address, nn.Module]:
    """The layers that kohya's trainer adapts, found by the classes above them."""
    found: dict[Address, nn.Module] = {}
    kinds: tuple[type[nn.Module], ...] = (Transformer2DModel, *(_CONVOLVED if convs else ()))
    for path, module in models["unet"].named_modules():
        if isinstance(module, kinds):
            found |= {("unet", f"{path}.{inner}"): layer for inner, layer in _layers(module)}
    for part in [part for part in models if part.startswith("text")] if text else []:
        for path, layer in _layers(models[part]):
            if ".layers." in path:
                found[part, path if path.startswith("text_model.") else f"text_model.{path}"] = layer
    return found


def _layers(module: nn.Module) -> list[tuple[str, nn.Module]]:
    return [(path, layer) for path, layer in module.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d)]


def random_lora(
    family: Family, convs: bool = False, text: bool = True, rank: int = 2, alpha: float = 3.0, dora: bool = False
) -> Lora:
    """Convolutions of 3x3 have another rank and alpha than the rest. Strong enough to be seen."""
    chance = torch.Generator().manual_seed(5)
    modules = {}
    for address, layer in targets(parts(family), convs, text).items():
        weight: Tensor = layer.weight  # type: ignore[assignment]
        large = weight.ndim == 4 and weight.shape[2] == 3
        r, a = (3, 1.5) if large else (rank, alpha)
        ones = [1, 1] if weight.ndim == 4 else []
        found = {
            DOWN: torch.randn(r, *weight.shape[1:], generator=chance) * 0.1,
            UP: torch.randn(weight.shape[0], r, *ones, generator=chance) * 0.1,
            ALPHA: torch.tensor(a),
        }
        if dora:
            norms = weight.flatten(1).norm(dim=1) * (1 + torch.rand(len(weight), generator=chance))
            found[DORA] = norms.detach().reshape(-1, *[1] * (weight.ndim - 1))
        modules[address] = found
    return Lora(modules, names(family))


def merged(lora: Lora, family: Family, strength: float = 1.0) -> dict[str, nn.Module]:
    """The tiny model with W + strength * alpha / r * up @ down in float64 in every layer of the LoRA; DoRA at strength 1."""
    models = copy.deepcopy(parts(family))
    layers = targets(models, True, True)
    for address, found in lora.modules.items():
        weight: Any = layers[address].weight
        up, down = found[UP].double().flatten(1), found[DOWN].double().flatten(1)
        changed = weight.data.double().flatten(1) + strength * float(found[ALPHA]) / len(down) * up @ down
        if DORA in found:
            changed = changed / changed.norm(dim=1, keepdim=True) * found[DORA].double().flatten()[:, None]
        weight.data = changed.view_as(weight).float()
    return models


def pipeline(family: Family) -> Any:
    """diffusers' pipeline over a copy of the tiny model."""
    models: dict[str, Any] = copy.deepcopy(parts(family))
    if family is Family.SDXL:
        return StableDiffusionXLPipeline(
            **models, tokenizer=None, tokenizer_2=None, scheduler=SCHEDULER, add_watermarker=False
        )
    return StableDiffusionPipeline(
        **models,
        tokenizer=None,
        scheduler=SCHEDULER,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


@torch.no_grad()
def outputs(models: Any) -> list[Tensor]:
    """What every part of a pipeline or a dictionary of parts answers: the UNet first."""
    get: Any = models.get if isinstance(models, dict) else lambda name: getattr(models, name, None)
    chance = torch.Generator().manual_seed(1)
    unet, second = get("unet"), get("text_encoder_2")
    noisy, times = torch.randn(2, 4, 8, 8, generator=chance), torch.tensor([20, 800])
    text = torch.randn(2, 7, unet.config.cross_attention_dim, generator=chance)
    sizes = {"text_embeds": torch.randn(2, 48, generator=chance), "time_ids": torch.ones(2, 6)}
    conditions = {"added_cond_kwargs": sizes} if second is not None else {}
    found = [unet(noisy, times, encoder_hidden_states=text, **conditions).sample]
    tokens = torch.tensor([[49406, 320, 1125, 49407], [49406, 5, 9, 49407]])
    return found + [e(tokens).last_hidden_state for e in (get("text_encoder"), second) if e is not None]
