"""Adapters on the layers of one part, through peft: in float32 whatever the base's dtype, from the seed alone."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from peft import LoHaConfig, LoKrConfig, LoraConfig, PeftConfig, inject_adapter_in_model
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import Tensor, nn

from modules.methods.dora import MAGNITUDE, add_magnitude, changed_weight, column_scale
from onetrainer_clone.adapted import Adapted
from onetrainer_clone.adapter_kinds import Variant
from onetrainer_clone.state.adapter import AdapterSettings

# What a file calls a layer's parameters, and where peft keeps them.
_LORA = {"lora_down.weight": "lora_A", "lora_up.weight": "lora_B"}
_NAMES = {
    Variant.LORA: _LORA,
    Variant.DORA: {**_LORA, "dora_scale": MAGNITUDE},
    Variant.LOHA: {name: name for name in ("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b")},
    Variant.LOKR: {name: name for name in ("lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b")},
}


def inject(module: nn.Module, wanted: Mapping[str, Adapted], settings: AdapterSettings, seed: int) -> dict[str, Any]:
    """Put adapters on exactly these modules (live path -> its adapter); returns the layers by their live paths."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(_config(wanted, settings), module)
    found: dict[str, Any] = {p: layer for p, layer in module.named_modules() if isinstance(layer, BaseTunerLayer)}
    if found.keys() != wanted.keys():
        strange = sorted(found.keys() ^ wanted.keys())
        raise RuntimeError(f"{len(found)} layers got an adapter in place of {len(wanted)}: {strange[:3]} ...")
    found = {path: found[path] for path in wanted}
    for layer in found.values():
        if settings.variant is Variant.DORA:
            add_magnitude(layer)
        for parameter in parameters(layer, settings.variant).values():
            parameter.data = parameter.data.float()
            parameter.requires_grad_(True)
    return found


def _config(wanted: Mapping[str, Adapted], settings: AdapterSettings) -> PeftConfig:
    common: dict[str, Any] = {
        "r": settings.rank,
        "target_modules": list(wanted),
        "rank_pattern": _pattern({path: one.rank for path, one in wanted.items()}, settings.rank),
        "alpha_pattern": _pattern({path: one.alpha for path, one in wanted.items()}, settings.alpha),
    }
    match settings.variant:
        case Variant.LOHA:
            return LoHaConfig(alpha=settings.alpha, rank_dropout=settings.dropout, **common)
        case Variant.LOKR:
            return LoKrConfig(
                alpha=settings.alpha,
                rank_dropout=settings.dropout,
                rank_dropout_scale=True,
                decompose_both=settings.lokr_decompose_both,
                decompose_factor=settings.lokr_factor or -1,
                **common,
            )
    return LoraConfig(lora_alpha=settings.alpha, lora_dropout=settings.dropout, bias="none", **common)


def _pattern(values: Mapping[str, float], usual: float) -> dict[str, Any]:
    """peft's table of what differs from the usual. peft tries every key on every module, so those of a value are one."""
    paths: dict[float, list[str]] = {}
    for path, value in values.items():
        if value != usual:
            paths.setdefault(value, []).append(re.escape(path))
    return {"|".join(same): value for value, same in paths.items()}


def parameters(layer: Any, variant: Variant) -> dict[str, nn.Parameter]:
    """A layer's trained parameters, by what files call them."""
    found = {}
    for name, attribute in _NAMES[variant].items():
        held = getattr(layer, attribute)
        if "default" in held:
            found[name] = held["default"] if isinstance(held["default"], nn.Parameter) else held["default"].weight
    return found


def as_in_files(name: str, tensor: Tensor, layer: Any) -> Tensor:
    """A parameter in the shape that files have: a magnitude is [1, in], of a convolution [1, in, 1, 1]."""
    if name != "dora_scale":
        return tensor
    return tensor.view(1, -1, *[1] * (layer.get_base_layer().weight.ndim - 2))


@contextmanager
def switched_off(layers: Sequence[BaseTunerLayer]) -> Iterator[None]:
    """Inside, the layers are those of the base model; what is trained stays what is trained.

    Not peft's own `enable_adapters`: it lets every adapter learn again, also one whose training is over, and going through
    all of their parameters takes as long as a tenth of a small model's step.
    """
    for layer in layers:
        layer._disable_adapters = True
    try:
        yield
    finally:
        for layer in layers:
            layer._disable_adapters = False


@torch.no_grad()
def weight_change(layers: Sequence[Any], variant: Variant, base_norm: float) -> float:
    """||dW||_F / ||W||_F over all layers."""
    squared = torch.stack([_SQUARED[variant](layer) for layer in layers]).clamp(min=0).double()
    return math.sqrt(float(squared.sum())) / max(base_norm, 1e-12)  # one wait for the device, not one per layer


def _lora_squared(layer: Any) -> Tensor:
    """Without ever making B A: its square is the sum over (B^T B) * (A A^T)."""
    down = layer.lora_A["default"].weight.flatten(1)
    up = layer.lora_B["default"].weight.flatten(1)
    squared: Tensor = layer.scaling["default"] ** 2 * ((up.T @ up) * (down @ down.T)).sum()
    return squared


def _dora_squared(layer: Any) -> Tensor:
    weight = changed_weight(layer)
    scale = column_scale(layer).view(1, -1, *[1] * (weight.ndim - 2))
    squared: Tensor = (weight * scale - layer.get_base_layer().weight.float()).square().sum()
    return squared


def _delta_squared(layer: Any) -> Tensor:
    delta: Tensor = layer.get_delta_weight("default")
    return delta.square().sum()


_SQUARED: dict[Variant, Callable[[Any], Tensor]] = {
    Variant.LORA: _lora_squared,
    Variant.DORA: _dora_squared,
    Variant.LOHA: _delta_squared,
    Variant.LOKR: _delta_squared,
}
