"""Low-rank adapters on chosen layers: the base model stays as it is."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import Tensor, nn

from modules.methods.trained import Group, Trained
from modules.models.base import Model
from onetrainer_clone.epoch import seed_of
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.optimizer import learning_rates


def lora(model: Model, state: TrainingState) -> Trained:
    """LoRA (Hu et al. 2021) through peft on the parts with a learning rate; its weights are fp32 whatever the base's."""
    layers: dict[str, BaseTunerLayer] = {}
    parts: dict[str, dict[str, nn.Parameter]] = {}
    rates = learning_rates(state)
    for part in rates:
        keys = model.lora_layers(part, state.adapter.layers)
        found = _inject(model.parts[part], list(keys), state, seed_of(state.training.seed, "lora", part))
        layers |= {keys[path]: layer for path, layer in found.items()}
        parts[part] = {
            f"{keys[path]}.{end}.weight": getattr(layer, f"lora_{half}")["default"].weight
            for path, layer in found.items()
            for end, half in (("lora_down", "A"), ("lora_up", "B"))
        }
    base_norms = {key: float(layer.get_base_layer().weight.float().norm()) for key, layer in layers.items()}

    def tensors() -> dict[str, Tensor]:
        weights = {name: parameter.detach() for part in parts.values() for name, parameter in part.items()}
        return weights | {f"{key}.alpha": torch.tensor(state.adapter.alpha) for key in layers}

    return Trained(
        parts=parts,
        groups=[Group(part, rates[part], list(named.values())) for part, named in parts.items()],
        base=lambda: _adapters_off(list(layers.values())),
        weight_change=lambda: _lora_change(layers, state.adapter.alpha / state.adapter.rank, base_norms),
        tensors=tensors,
    )


def _inject(module: nn.Module, paths: list[str], state: TrainingState, seed: int) -> dict[str, BaseTunerLayer]:
    """Adapters on exactly these modules, in fp32; the initial weights depend on the seed alone."""
    settings = state.adapter
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=paths,
        bias="none",
        init_lora_weights=True,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(config, module)
    found: dict[str, Any] = {path: module.get_submodule(path) for path in paths}
    if strangers := [path for path, layer in found.items() if not isinstance(layer, BaseTunerLayer)]:
        raise RuntimeError(f"no adapter on {strangers}")
    for name, parameter in module.named_parameters():
        if "lora_" in name:
            parameter.data = parameter.data.float()
            parameter.requires_grad_(True)
    return found


@contextmanager
def _adapters_off(layers: list[BaseTunerLayer]) -> Iterator[None]:
    learning = [parameter for layer in layers for parameter in layer.parameters() if parameter.requires_grad]
    for layer in layers:
        layer.enable_adapters(False)
    try:
        yield
    finally:
        for layer in layers:
            layer.enable_adapters(True)
            layer.requires_grad_(False)  # peft lets every adapter learn again, also one whose training is over
        for parameter in learning:
            parameter.requires_grad_(True)


@torch.no_grad()
def _lora_change(layers: Mapping[str, BaseTunerLayer], scale: float, base_norms: Mapping[str, float]) -> float:
    """||scale B A||_F / ||W||_F, without ever making B A: its square is the sum over (B^T B) * (A A^T)."""
    changed = []
    for layer in layers.values():
        down = layer.lora_A["default"].weight.flatten(1)
        up = layer.lora_B["default"].weight.flatten(1)
        changed.append(((up.T @ up) * (down @ down.T)).sum())
    total = torch.stack(changed).clamp(min=0).double().sum()  # one wait for the device, not one per layer
    return scale * float(total.sqrt()) / max(math.hypot(*base_norms.values()), 1e-12)
