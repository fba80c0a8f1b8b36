"""DoRA (Liu et al. 2024) as other programs read it: a magnitude for every input of a layer.

The weight is (W + dW) * m / ||W + dW||, the norm taken over everything that an input contributes to. A1111's
`network.py`, Forge and ComfyUI's `weight_adapter/base.py` compute that from a `dora_scale` of [1, in]; for one magnitude
per output, which is what peft trains, ComfyUI divides by ||W|| in place of ||W + dW||, and A1111 broadcasts it wrongly.
Scaling the columns of a weight is scaling its inputs, so this is a plain LoRA behind a scaled input.
"""

from typing import Any

import torch
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

MAGNITUDE = "lora_magnitude_vector"


class Magnitude(nn.Module):
    """One number for every input, [in]; at the start the norm of its column, so that nothing changes."""

    def __init__(self, norms: Tensor):
        super().__init__()
        self.weight = nn.Parameter(norms)


def add_magnitude(layer: Any) -> None:
    """Make a DoRA of a plain LoRA."""
    getattr(layer, MAGNITUDE)["default"] = Magnitude(column_norms(layer))
    layer.register_forward_pre_hook(_scaled)


def _scaled(layer: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
    if layer.disable_adapters:
        return None
    inputs, *rest = arguments
    scale = column_scale(layer).to(inputs.dtype)
    if inputs.ndim == 4 and isinstance(layer.get_base_layer(), nn.Conv2d):
        scale = scale.view(1, -1, 1, 1)
    return (inputs * scale, *rest)


def column_scale(layer: Any) -> Tensor:
    """What every input is multiplied with, [in]. The norm is taken for a constant, as in section 4.3 of the paper."""
    norms = column_norms(layer)
    scale: Tensor = getattr(layer, MAGNITUDE)["default"].weight / norms.clamp(min=torch.finfo(norms.dtype).tiny)
    return scale


@torch.no_grad()
def column_norms(layer: Any) -> Tensor:
    """||W + dW|| over everything but the inputs, [in], float32."""
    norms: Tensor = changed_weight(layer).transpose(0, 1).flatten(1).norm(dim=1)
    return norms


@torch.no_grad()
def changed_weight(layer: LoraLayer) -> Tensor:
    """W + dW of a LoRA, in float32 whatever autocast says."""
    weight = layer.get_base_layer().weight
    with torch.autocast(weight.device.type, enabled=False):
        down, up = (getattr(layer, half)["default"].weight.float().flatten(1) for half in ("lora_A", "lora_B"))
        changed: Tensor = torch.addmm(weight.float().flatten(1), up, down, alpha=layer.scaling["default"])
    return changed.view_as(weight)

