"""A LoRA of another rank that does nearly the same."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from modules.checkpoints.lora import read_lora
from modules.loras import device
from modules.tools.lora_files import stored_dtype, write_result
from modules.tools.low_rank import Product, Wanted, reduce
from onetrainer_clone.events import Logged, Progressed
from onetrainer_clone.lora_names import ALPHA, DORA, DOWN, UP, Address
from onetrainer_clone.paths import listed, resolve
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import UserError
from onetrainer_clone.tools import Measure, Resize


def resize(tool: Resize, emit: Emit, controls: Controls) -> None:
    """Raises UserError for files that are no LoRA, and for kinds of layers whose rank cannot be changed."""
    lora = read_lora(resolve(tool.source))
    wanted = Wanted(tool.rank, tool.energy if tool.measure is Measure.ENERGY else None)
    modules: dict[Address, Mapping[str, Tensor]] = {}
    kept = total = 0.0
    before, after = set(), set()
    for done, (address, layer) in enumerate(lora.modules.items()):
        if controls.stopping:
            raise Stopped
        emit(Progressed("tool", done, len(lora.modules)))
        modules[address], product = _resized(address, layer, wanted)
        kept, total = kept + product.kept, total + product.total
        before.add(layer[DOWN].shape[0])
        after.add(product.down.shape[0])
    emit(
        Logged(
            f"rank {_span(before)} -> {_span(after)}; {kept / total if total else 1:.1%} of the squared change is kept"
        )
    )
    dtype = stored_dtype(
        {tensor.dtype for layer in lora.modules.values() for tensor in layer.values()}, tool.dtype, "it"
    )
    write_result(tool, replace(lora, modules=modules), dtype, lora.metadata, emit)


def _span(ranks: set[int]) -> str:
    return f"{min(ranks)}" if len(ranks) == 1 else f"{min(ranks)} to {max(ranks)}"


def _resized(address: Address, layer: Mapping[str, Tensor], wanted: Wanted) -> tuple[dict[str, Tensor], Product]:
    """The layer with alpha equal to its new rank, so that its factor is 1."""
    if strange := sorted(set(layer) - {DOWN, UP, ALPHA, DORA}):
        message = f"only plain LoRA and DoRA can be resized, and '{address[1]}' has {listed(strange)}"
        raise UserError(f"{message}: merge it into its model, then extract a LoRA of the wanted rank from the two")
    old = layer[DOWN]
    factor = float(layer[ALPHA]) / old.shape[0]
    up, down = (layer[half].to(device(), torch.float64).flatten(1) for half in (UP, DOWN))
    product = reduce(up * factor, down, wanted)
    found = {UP: product.up.float().cpu(), DOWN: product.down.float().cpu().view(-1, *old.shape[1:])}
    found[UP] = found[UP].view(*found[UP].shape, *[1] * (old.ndim - 2))
    found[ALPHA] = torch.tensor(float(product.down.shape[0]))
    return found | ({DORA: layer[DORA]} if DORA in layer else {}), product
