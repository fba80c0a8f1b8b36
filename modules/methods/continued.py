"""Going on with a LoRA from a file: its layers, ranks and alphas hold, and its weights are where the training starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from modules.checkpoints.lora import read_lora
from modules.methods.adapters import as_in_files, parameters
from onetrainer_clone.adapted import Adapted
from onetrainer_clone.adapter_kinds import Variant
from onetrainer_clone.lora_names import ALPHA, Address, LoraNames
from onetrainer_clone.lora_source import Shape, as_in_file, misfit, require_fit
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state import TrainingState


@dataclass(frozen=True)
class Source:
    """What to start from: nothing where the LoRA is a new one."""

    wanted: list[Adapted]  # with the file's ranks and alphas
    modules: Mapping[Address, Mapping[str, Tensor]]
    remarks: Sequence[str]  # what is not as the settings say, in sentences


def continued(state: TrainingState, names: LoraNames, wanted: list[Adapted]) -> Source:
    """The file to continue from, if there is one. Raises Invalid, UserError where it cannot be continued like this."""
    source = state.adapter.source
    if not source:
        return Source(wanted, {}, [])
    lora = read_lora(resolve(source), names)
    require_fit(source, {a: _shapes(held) for a, held in lora.modules.items()}, state.adapter.variant, wanted)
    found = [_as_in_file(state, one, lora.modules.get((one.layer.part, one.layer.path))) for one in wanted]
    other = [(old, new) for old, new in zip(wanted, found, strict=True) if (old.rank, old.alpha) != (new.rank, new.alpha)]
    fresh = sum((one.layer.part, one.layer.path) not in lora.modules for one in wanted)
    remarks = []
    if other:
        old, new = other[0]
        remarks.append(
            f"'{source}' goes on with its own rank and alpha on {len(other)} of {len(found)} layers: {new.rank} and "
            f"{new.alpha:g} on {new.layer.name}, not {old.rank} and {old.alpha:g} as the settings say"
        )
    if fresh:
        remarks.append(f"{fresh} of {len(found)} layers are not in '{source}': they start as new ones")
    return Source(found, lora.modules, remarks)


def _shapes(held: Mapping[str, Tensor]) -> dict[str, Shape]:
    return {name: tuple(tensor.shape) for name, tensor in held.items()}


def _as_in_file(state: TrainingState, one: Adapted, held: Mapping[str, Tensor] | None) -> Adapted:
    if held is None:
        return one
    return as_in_file(state.adapter, one, _shapes(held), float(held[ALPHA]) if ALPHA in held else None)


@torch.no_grad()
def start_from(source: Source, layers: Mapping[Address, Any], variant: Variant) -> None:
    """Give the layers the file's weights. Raises Invalid where a shape does not fit, naming the layer."""
    for address, layer in layers.items():
        if address not in source.modules:
            continue
        held = {name: tensor for name, tensor in source.modules[address].items() if name != ALPHA}
        own = parameters(layer, variant)
        needed = {name: tuple(as_in_files(name, parameter, layer).shape) for name, parameter in own.items()}
        if _shapes(held) != needed:
            raise Invalid([Problem("adapter.source", misfit(address, _shapes(held), needed))])
        for name, parameter in own.items():
            parameter.copy_(held[name].view_as(parameter))
