"""A LoRA from the difference of two models: layer by layer, from the mapped files."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import torch
from torch import Tensor

from modules.checkpoints.lora import Lora
from modules.checkpoints.model_weights import ModelWeights
from modules.loras import device
from modules.precision import DTYPES
from modules.tools.lora_files import write_result
from modules.tools.low_rank import Product, Wanted, approximate
from onetrainer_clone.events import Logged, Progressed
from onetrainer_clone.families import BASES
from onetrainer_clone.lora_names import ALPHA, DOWN, UP, Address, LoraNames
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import UserError
from onetrainer_clone.tools import Extract, Measure

_TRANSFORMER, _CONVOLVED = re.compile(r"\.attentions\.\d+\."), re.compile(r"\.(resnets|downsamplers|upsamplers)\.\d+\.")


def extract(tool: Extract, emit: Emit, controls: Controls) -> None:
    """Raises UserError for models that do not belong together, and where they do not differ."""
    base, tuned = ModelWeights(tool.base), ModelWeights(tool.tuned)
    if BASES[base.family] is not BASES[tuned.family]:
        raise UserError(
            f"the base model is {base.family.value}, the tuned one {tuned.family.value}: choose two of a kind"
        )
    modules: dict[Address, dict[str, Tensor]] = {}
    kept = total = 0.0
    for address, product in _products(tool, base, tuned, emit, controls):
        kept, total = kept + product.kept, total + product.total
        modules[address] = {UP: product.up, DOWN: product.down, ALPHA: torch.tensor(float(product.down.shape[0]))}
    if not modules:
        raise UserError("the two models do not differ in the layers that a LoRA can change")
    lora = Lora(modules, base.names)
    emit(Logged(f"{len(modules)} layers hold {kept / total:.1%} of the squared difference of the two models in them"))
    write_result(tool, lora, DTYPES[tool.dtype], {}, emit)


def layers(names: LoraNames, tool: Extract) -> list[Address]:
    """What is extracted: the layers that kohya's trainer would have trained."""
    found = []
    for part, path in names.originals:
        if part == "unet":
            wanted = bool(_TRANSFORMER.search(path) or (tool.convs and _CONVOLVED.search(path)))
        else:
            wanted = tool.text_encoders and ".layers." in path
        if wanted:
            found.append((part, path))
    return found


def _products(
    tool: Extract, base: ModelWeights, tuned: ModelWeights, emit: Emit, controls: Controls
) -> Iterator[tuple[Address, Product]]:
    """The approximation of every layer's difference; those that do not differ are left out."""
    addresses, done = layers(base.names, tool), 0
    for part in dict.fromkeys(part for part, _ in addresses):
        with ExitStack() as stack:
            before, after = (stack.enter_context(model.open(part)) for model in (base, tuned))
            for address in (address for address in addresses if address[0] == part):
                if controls.stopping:
                    raise Stopped
                emit(Progressed("tool", done, len(addresses)))
                done += 1
                if (found := _product(tool, address, before, after)) is not None:
                    yield address, found
    emit(Progressed("tool", done, len(addresses)))


def _product(
    tool: Extract, address: Address, before: Callable[[Address], Tensor], after: Callable[[Address], Tensor]
) -> Product | None:
    old, new = before(address), after(address)
    if old.numel() != new.numel():
        raise UserError(f"the models differ in size: '{address[1]}' is {list(old.shape)} and {list(new.shape)}")
    difference = (new.to(device(), torch.float64).view(old.shape) - old.to(device(), torch.float64)).flatten(1)
    if not torch.isfinite(difference).all():
        raise UserError(f"'{address[1]}' of the {address[0]} holds NaN or infinity in one of the models")
    if not difference.any():
        return None
    large = old.ndim == 4 and old.shape[2:] != (1, 1)
    energy = tool.energy if tool.measure is Measure.ENERGY else None
    found = approximate(difference, Wanted(tool.conv_rank if large else tool.rank, energy))
    up, down = found.up.float().cpu(), found.down.float().cpu()
    if old.ndim == 4:
        up, down = up[..., None, None], down.view(-1, *old.shape[1:])
    return Product(up, down, found.kept, found.total)
