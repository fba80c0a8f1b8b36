"""LoRA files merged into a model: a new model that does by itself what the model does with them."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from modules.checkpoints.live_names import names_of
from modules.checkpoints.lora import Lora, read_lora
from modules.models.base import Model
from modules.precision import DTYPES
from modules.tools.delta import applied
from modules.tools.models import read_model, write_model
from onetrainer_clone.events import Logged, Progressed, Warned
from onetrainer_clone.lora_names import Address
from onetrainer_clone.paths import listed, resolve
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.common import Dtype
from onetrainer_clone.tools import Merge, StoredAs


def merge(tool: Merge, emit: Emit, controls: Controls) -> None:
    """Raises UserError for LoRA files with layers that the model does not have, or in other sizes."""
    model = read_model(tool.model, tool.vae, tool.dtype, emit)
    names = names_of(model.parts)
    loras = [(file, read_lora(resolve(file.path), names)) for file in tool.loras]
    wanted = None if tool.dtype is StoredAs.KEEP else DTYPES[Dtype[tool.dtype.name]]
    merge_into(model, [(file.path, lora, file.strength) for file, lora in loras], wanted, emit, controls)
    for file, lora in loras:
        if lora.words:
            emit(Warned(f"'{file.path}' also holds new words, which a model has no place for: {listed(list(lora.words))}"))
    merged = ", ".join(f"{Path(file.path).name}:{file.strength:g}" for file in tool.loras)
    about = {"modelspec.merged_from": f"{Path(tool.model).name}, {merged}"}
    write_model(tool.target, model, tool.layout, tool.dtype, about, emit, controls)


@torch.no_grad()
def merge_into(
    model: Model, loras: Sequence[tuple[str, Lora, float]], wanted: torch.dtype | None, emit: Emit, controls: Controls
) -> None:
    """Change the model's weights; (name, LoRA, strength) one after the other, in float32, rounded once at the end.

    wanted: the dtype of changed weights; None keeps that of each.
    """
    addresses = list(dict.fromkeys(address for _, lora, _ in loras for address in lora.modules))
    for done, address in enumerate(addresses):
        if controls.stopping:
            raise Stopped
        emit(Progressed("tool", done, len(addresses)))
        layer = live(model.parts[address[0]], address)
        stored: Tensor = layer.weight.data
        weight = stored.float()
        for name, lora, strength in loras:
            if address in lora.modules:
                weight = _with(weight, lora, address, strength, name)
        layer.weight.data = weight.to(wanted or stored.dtype)
    emit(Progressed("tool", len(addresses), len(addresses)))
    for name, lora, strength in loras:
        emit(Logged(f"merged {len(lora.modules)} layers of '{name}' at strength {strength:g}"))


def _with(weight: Tensor, lora: Lora, address: Address, strength: float, name: str) -> Tensor:
    layer = {suffix: tensor.to(weight.device) for suffix, tensor in lora.modules[address].items()}
    try:
        return applied(weight, layer, strength)
    except UserError as error:
        message = f"'{name}' does not fit the model at '{address[1]}' of the {address[0]}: {error}"
        raise UserError(message) from None


def live(module: nn.Module, address: Address) -> nn.Linear | nn.Conv2d:
    """The layer of a model at an address, whether or not the module has a `text_model.` level."""
    path = address[1] if hasattr(module, "text_model") else address[1].removeprefix("text_model.")
    found = module.get_submodule(path)
    assert isinstance(found, nn.Linear | nn.Conv2d)
    return found
