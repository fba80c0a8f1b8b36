"""What a layer of a LoRA file adds to the weight that it belongs to, for every kind of layer.

Sources of the formulas: kohya sd-scripts `networks/lora.py` (LoRA), LyCORIS `lycoris/modules/` (CP decomposition, LoHa,
LoKr, full difference), DoRA (Liu et al. 2024) with ComfyUI's `comfy/weight_adapter/base.py` for its axis and strength.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from onetrainer_clone.lora_names import ALPHA, DORA, DOWN, UP
from onetrainer_clone.paths import listed
from onetrainer_clone.settings import UserError

_MID = "lora_mid.weight"
_KINDS = (
    ({DOWN, UP}, {_MID, ALPHA, DORA}),
    ({"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"}, {"hada_t1", "hada_t2", ALPHA, DORA}),
    ({"diff"}, {ALPHA}),
)
_LOKR = {"lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2", ALPHA, DORA}


def applied(weight: Tensor, layer: Mapping[str, Tensor], strength: float) -> Tensor:
    """The weight, float32, with a layer of a LoRA at a strength. Raises UserError where they do not fit together."""
    added = change(layer)
    if added.numel() != weight.numel():
        raise UserError(f"it changes a weight of {added.numel()} numbers, and the model's is {list(weight.shape)}")
    added = added.view_as(weight)
    if DORA not in layer:
        plain: Tensor = weight + strength * added
        return plain
    directed = weight + added
    magnitude = layer[DORA].float()
    axis = 0 if magnitude.numel() == weight.shape[0] else 1  # older LyCORIS files: one magnitude per input
    over = [other for other in range(weight.ndim) if other != axis]
    shape = [-1 if place == axis else 1 for place in range(weight.ndim)]
    directed = directed * (magnitude.reshape(shape) / directed.square().sum(over, keepdim=True).sqrt())
    found: Tensor = weight + strength * (directed - weight)
    return found


def change(layer: Mapping[str, Tensor]) -> Tensor:
    """What is added at strength 1 and without DoRA's magnitude, float32. Raises UserError for kinds that are not known."""
    found = {suffix: tensor.float() for suffix, tensor in layer.items()}
    names = set(found)
    for needed, allowed in _KINDS:
        if needed <= names <= needed | allowed:
            return _MAKERS[min(needed)](found)
    if names <= _LOKR and names & {"lokr_w1", "lokr_w1_a"} and names & {"lokr_w2", "lokr_w2_a"}:
        return _lokr(found)
    raise UserError(f"nothing here can merge a layer of {listed(sorted(names))}")


def _factor(found: Mapping[str, Tensor], rank: int) -> float:
    return float(found[ALPHA]) / rank if ALPHA in found else 1.0


def _lora(found: Mapping[str, Tensor]) -> Tensor:
    up, down = found[UP], found[DOWN]
    factor = _factor(found, down.shape[0])
    if _MID in found:
        return factor * torch.einsum("on,nmhw,mi->oihw", up.flatten(1), found[_MID], down.flatten(1))
    return factor * (up.flatten(1) @ down.flatten(1)).view(up.shape[0], *down.shape[1:])


def _loha(found: Mapping[str, Tensor]) -> Tensor:
    halves = []
    for half in ("1", "2"):
        a, b, core = found[f"hada_w{half}_a"], found[f"hada_w{half}_b"], found.get(f"hada_t{half}")
        halves.append(a @ b if core is None else _tucker(core, a, b))
    product: Tensor = _factor(found, found["hada_w1_b"].shape[0]) * halves[0] * halves[1]
    return product


def _lokr(found: Mapping[str, Tensor]) -> Tensor:
    ranks = [found[name].shape[0] for name in ("lokr_w1_b", "lokr_w2_b") if name in found]
    first = found["lokr_w1"] if "lokr_w1" in found else found["lokr_w1_a"] @ found["lokr_w1_b"]
    if "lokr_w2" in found:
        second = found["lokr_w2"]
    elif "lokr_t2" in found:
        second = _tucker(found["lokr_t2"], found["lokr_w2_a"], found["lokr_w2_b"])
    else:
        second = found["lokr_w2_a"] @ found["lokr_w2_b"]
    first = first.reshape(*first.shape, *[1] * (second.ndim - 2))
    return (_factor(found, ranks[0]) if ranks else 1.0) * torch.kron(first, second.contiguous())


def _tucker(core: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """core [r, r, h, w], a [r, out], b [r, in] -> [out, in, h, w]."""
    return torch.einsum("ijhw,jn,im->mnhw", core, b, a)


_MAKERS: dict[str, Callable[[Mapping[str, Tensor]], Tensor]] = {
    min({DOWN, UP}): _lora,
    "hada_w1_a": _loha,
    "diff": lambda found: found["diff"],
}
