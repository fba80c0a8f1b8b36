"""What ComfyUI and A1111 make of a layer's tensors in a LoRA file, at strength 1, by their formulas.

Sources: ComfyUI `comfy/weight_adapter/{lora,loha,lokr,base}.py`, A1111 `extensions-builtin/Lora/network*.py`.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from modules.checkpoints.live_names import names_of
from modules.models.base import Model

Tensors = Mapping[str, Tensor]


def merged_weight(weight: Tensor, found: Tensors) -> Tensor:
    """The weight that a reader puts in place of the base model's, float64."""
    weight, found = weight.double(), {name: tensor.double() for name, tensor in found.items()}
    delta = _delta(found).reshape(weight.shape)
    if "dora_scale" not in found:
        return weight + delta
    changed = weight + delta
    inputs = changed.transpose(0, 1).flatten(1).norm(dim=1)  # one norm for every input
    assert found["dora_scale"].shape[0] == 1  # else ComfyUI takes it for one magnitude per output
    scaled: Tensor = changed * (found["dora_scale"] / inputs.view(1, -1, *[1] * (weight.ndim - 2)))
    return scaled


def _delta(found: Tensors) -> Tensor:
    if "lora_up.weight" in found:
        up, down = found["lora_up.weight"].flatten(1), found["lora_down.weight"].flatten(1)
        return found["alpha"] / down.shape[0] * up @ down
    if "hada_w1_a" in found:
        first, second = found["hada_w1_a"] @ found["hada_w1_b"], found["hada_w2_a"] @ found["hada_w2_b"]
        return found["alpha"] / found["hada_w1_b"].shape[0] * first * second
    w1, w2, rank = found.get("lokr_w1"), found.get("lokr_w2"), None
    if w1 is None:
        w1, rank = found["lokr_w1_a"] @ found["lokr_w1_b"], found["lokr_w1_b"].shape[0]
    if w2 is None:
        w2, rank = found["lokr_w2_a"] @ found["lokr_w2_b"], found["lokr_w2_b"].shape[0]
    scale = found["alpha"] / rank if rank is not None else 1.0
    return scale * torch.kron(w1.view(*w1.shape, *[1] * (w2.ndim - 2)), w2)


@torch.no_grad()
def merge(model: Model, path: Path) -> int:
    """Put the merged weights into a model; returns how many layers the file has."""
    names = names_of(model.parts)
    layers: dict[tuple[str, str], dict[str, Tensor]] = {}
    for key, tensor in load_file(path).items():
        found = names.parse(key)
        assert found is not None, key
        layers.setdefault(found[0], {})[found[1]] = tensor
    for (part, layer), tensors in layers.items():
        module = model.parts[part]
        live = module.get_submodule(layer if hasattr(module, "text_model") else layer.removeprefix("text_model."))
        assert isinstance(live, nn.Linear | nn.Conv2d)
        live.weight.copy_(merged_weight(live.weight, tensors))
    return len(layers)
