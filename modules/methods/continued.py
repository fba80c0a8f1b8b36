"""Going on with a LoRA from a file: its layers, ranks and alphas hold, and its weights are where the training starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from modules.checkpoints.lora import Lora, read_lora
from modules.checkpoints.lora_names import ALPHA, DORA, DOWN, Address, LoraNames
from modules.checkpoints.parts import listed
from modules.methods.adapters import as_in_files, parameters
from onetrainer_clone.adapted import Adapted, lokr_shapes
from onetrainer_clone.adapter_kinds import Variant
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state import TrainingState

_RANKED = {DOWN: 0, "hada_w1_b": 0, "lokr_w2_b": 0, "lokr_w1_b": 0}  # the dimension that is the rank


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
    _require_fit(source, lora, state.adapter.variant, wanted)
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


def _require_fit(source: str, lora: Lora, variant: Variant, wanted: Sequence[Adapted]) -> None:
    held = {_kind(found) for found in lora.modules.values()}
    if held != {variant}:
        kinds = " and ".join(sorted(kind.label if kind else "another kind" for kind in held))
        raise Invalid([Problem("adapter.variant", f"'{source}' is a {kinds}, so it cannot go on as a {variant.label}")])
    chosen = {(one.layer.part, one.layer.path) for one in wanted}
    if per_output := [address for address, found in lora.modules.items() if DORA in found and found[DORA].shape[0] != 1]:
        message = f"'{source}' is a DoRA with a magnitude per output ({listed(['.'.join(a) for a in per_output])})"
        raise Invalid([Problem("adapter.source", f"{message}; only those with one per input can go on")])
    if lost := [f"{part}.{path}" for part, path in lora.modules if (part, path) not in chosen]:
        message = f"'{source}' also adapts {len(lost)} layers that are not trained here, which would be lost"
        raise Invalid([Problem("adapter.layers", f"{message}: {listed(lost)}. Choose more layers, or train their part")])


def _kind(found: Mapping[str, Tensor]) -> Variant | None:
    if DORA in found and DOWN in found:
        return Variant.DORA
    if any(name in found for name in ("hada_t1", "lokr_t2", "lora_mid.weight")):
        return None  # decomposed kernels, which are not trained here
    marks = {DOWN: Variant.LORA, "hada_w1_a": Variant.LOHA, "lokr_w1": Variant.LOKR, "lokr_w1_a": Variant.LOKR}
    return next((variant for mark, variant in marks.items() if mark in found), None)


def _as_in_file(state: TrainingState, one: Adapted, found: Mapping[str, Tensor] | None) -> Adapted:
    if found is None:
        return one
    rank = next((found[name].shape[at] for name, at in _RANKED.items() if name in found), None)
    if rank is not None:
        return replace(one, rank=rank, alpha=float(found[ALPHA]) if ALPHA in found else float(rank))
    if lokr_shapes(state.adapter, one.layer, one.rank).full:
        return one
    enough = max(found["lokr_w2"].shape[:2])  # a LoKr whose blocks are whole has no rank: they are from this one on
    return replace(one, rank=enough, alpha=float(enough))


@torch.no_grad()
def start_from(source: Source, layers: Mapping[Address, Any], variant: Variant) -> None:
    """Give the layers the file's weights. Raises Invalid where a shape does not fit, naming the layer."""
    for address, layer in layers.items():
        if address not in source.modules:
            continue
        held = {name: tensor for name, tensor in source.modules[address].items() if name != ALPHA}
        own = parameters(layer, variant)
        shapes = {name: tuple(as_in_files(name, parameter, layer).shape) for name, parameter in own.items()}
        if {name: tuple(tensor.shape) for name, tensor in held.items()} != shapes:
            raise Invalid([Problem("adapter.source", _misfit(address, held, shapes))])
        for name, parameter in own.items():
            parameter.copy_(held[name].view_as(parameter))


def _misfit(address: Address, held: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]) -> str:
    theirs = ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in held.items())
    ours = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
    message = f"'{'.'.join(address)}' of the file holds {theirs}, but these settings make {ours}"
    return f"{message}: it is for another model, or of another kind of blocks"
