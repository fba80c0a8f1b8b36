"""Low-rank adapters on chosen layers: the base model stays as it is."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from modules.checkpoints.live_names import names_of
from modules.methods.adapters import as_in_files, inject, parameters, switched_off, weight_change
from modules.methods.continued import continued, start_from
from modules.methods.trained import Group, Trained
from modules.models.base import Model
from onetrainer_clone.adapted import Adapted, adapted
from onetrainer_clone.epoch import seed_of
from onetrainer_clone.layer_names import layers_of
from onetrainer_clone.lora_names import Address
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.method import PARTS
from onetrainer_clone.state.optimizer import learning_rates

_SECOND = "lora_up.weight"  # the half that starts at 0


def lora(model: Model, state: TrainingState) -> Trained:
    """LoRA (Hu et al. 2021) and its relatives on the parts with a learning rate.

    Raises Invalid where a part has no layer left to adapt, and where the file to continue from does not fit.
    """
    settings = state.adapter
    rates = {part: rate for part, rate in learning_rates(state).items() if part in model.parts}
    names = names_of(model.parts)
    wanted = adapted(settings, layers_of({part: names.configs[part] for part in rates}))
    for part in rates:
        if not any(one.layer.part == part for one in wanted):
            raise Invalid([Problem("adapter.filter", f"no layer of the {PARTS[part]} is left to be trained")])
    source = continued(state, names, wanted)
    wanted = source.wanted
    layers: dict[Address, Any] = {}
    for part in rates:
        seed = seed_of(state.training.seed, "lora", part)
        layers |= _inject(model.parts[part], [one for one in wanted if one.layer.part == part], state, seed)
    start_from(source, layers, settings.variant)
    named = {a: parameters(layer, settings.variant) for a, layer in layers.items()}
    parts = {
        part: {f"{part}.{path}.{name}": p for (of, path), found in named.items() if of == part for name, p in found.items()}
        for part in rates
    }
    base_norm = math.hypot(*(float(layer.get_base_layer().weight.float().norm()) for layer in layers.values()))

    def tensors() -> dict[str, Tensor]:
        found = {}
        for one in wanted:
            address = (one.layer.part, one.layer.path)
            for name, parameter in named[address].items():
                found[f"{one.layer.name}.{name}"] = as_in_files(name, parameter.detach(), layers[address])
            found[f"{one.layer.name}.alpha"] = torch.tensor(one.alpha)
        return found

    return Trained(
        parts=parts,
        groups=_groups(state, rates, wanted, named),
        base=lambda: switched_off(list(layers.values())),
        weight_change=lambda: weight_change(list(layers.values()), settings.variant, base_norm),
        tensors=tensors,
        remarks=source.remarks,
    )


def _inject(module: nn.Module, wanted: list[Adapted], state: TrainingState, seed: int) -> dict[Address, Any]:
    """The text encoders' `text_model.` level is there or not, depending on transformers' version and the class."""
    level = "" if hasattr(module, "text_model") else "text_model."
    live = {one.layer.path.removeprefix(level): one for one in wanted}
    found = inject(module, live, state.adapter, seed)
    return {(live[path].layer.part, live[path].layer.path): layer for path, layer in found.items()}


def _groups(
    state: TrainingState,
    rates: Mapping[str, float],
    wanted: list[Adapted],
    named: Mapping[Address, Mapping[str, nn.Parameter]],
) -> list[Group]:
    """By part, rule with a rate of its own, and half where LoRA+ (Hayou et al. 2024) is asked for."""
    ratio = state.adapter.lora_plus_ratio
    found: dict[tuple[str, float, bool], list[nn.Parameter]] = {}
    for one in wanted:
        part, rule = one.layer.part, one.rule
        own = rule is not None and rule.rate is not None
        name = f"{part}, {rule.pattern}" if own and rule else part
        rate = rule.rate if own and rule and rule.rate else rates[part]
        for kind, parameter in named[(part, one.layer.path)].items():
            faster = ratio != 1 and kind == _SECOND
            group = (f"{name}, second half", rate * ratio, True) if faster else (name, rate, kind != "dora_scale")
            found.setdefault(group, []).append(parameter)
    return [Group(name, rate, members, decays) for (name, rate, decays), members in found.items()]
