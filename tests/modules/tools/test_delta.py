"""What each kind of layer adds to its weight, against peft's own modules and against the formula."""

from typing import Any

import pytest
import torch
from peft import LoHaConfig, LoKrConfig, LoraConfig, inject_adapter_in_model
from torch import Tensor, nn

from modules.tools.delta import applied, change
from onetrainer_clone.lora_names import ALPHA, DORA, DOWN, UP
from onetrainer_clone.settings import UserError


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape))) * 0.3


def layered(config: object, conv: bool) -> tuple[Any, Tensor]:
    """A layer with an adapter of peft whose weights are random, and the weight beneath it."""
    torch.manual_seed(0)
    base = nn.Conv2d(6, 8, 3, bias=False) if conv else nn.Linear(6, 8, bias=False)
    weight = base.weight.detach().clone()
    model = nn.ModuleDict({"layer": base})
    inject_adapter_in_model(config, model)
    for name, parameter in model.named_parameters():
        if "base_layer" not in name:
            parameter.data = torch.randn_like(parameter) * 0.3 + (1 if "magnitude" in name else 0)
    return model["layer"], weight


def difference(layer: Any, weight: Tensor) -> Tensor:
    layer.merge()
    merged: Tensor = layer.get_base_layer().weight.detach()
    return merged - weight


@pytest.mark.parametrize("conv", [False, True])
def test_lora_is_what_peft_merges(conv: bool) -> None:
    layer, weight = layered(LoraConfig(r=3, lora_alpha=5, target_modules=["layer"]), conv)
    found = {DOWN: layer.lora_A["default"].weight, UP: layer.lora_B["default"].weight, ALPHA: torch.tensor(5.0)}
    assert torch.allclose(change(found), difference(layer, weight), atol=1e-6)


@pytest.mark.parametrize("conv", [False, True])
def test_dora_is_what_peft_merges(conv: bool) -> None:
    layer, weight = layered(LoraConfig(r=3, lora_alpha=5, target_modules=["layer"], use_dora=True), conv)
    found = {DOWN: layer.lora_A["default"].weight, UP: layer.lora_B["default"].weight, ALPHA: torch.tensor(5.0)}
    found[DORA] = layer.lora_magnitude_vector["default"].weight.detach()
    expected = weight + difference(layer, weight)
    assert torch.allclose(applied(weight, found, 1.0), expected, atol=1e-5)
    assert torch.allclose(applied(weight, found, 0.25), weight + 0.25 * (expected - weight), atol=1e-5)
    assert torch.equal(applied(weight, found, 0.0), weight)


@pytest.mark.parametrize(("conv", "tucker"), [(False, False), (True, False), (True, True)])
def test_loha_is_what_peft_merges(conv: bool, tucker: bool) -> None:
    layer, weight = layered(LoHaConfig(r=3, alpha=5, target_modules=["layer"], use_effective_conv2d=tucker), conv)
    found = {
        name: getattr(layer, name)["default"].detach()
        for name in ("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2")
        if "default" in getattr(layer, name)
    }
    assert ("hada_t1" in found) == tucker
    found[ALPHA] = torch.tensor(5.0)
    assert torch.allclose(change(found).view_as(weight), difference(layer, weight), atol=1e-6)


@pytest.mark.parametrize("conv", [False, True])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("rank", [1, 30])
def test_lokr_is_what_peft_merges(conv: bool, both: bool, rank: int) -> None:
    config = LoKrConfig(r=rank, alpha=2, target_modules=["layer"], decompose_both=both, use_effective_conv2d=conv)
    layer, weight = layered(config, conv)
    found = {
        name: getattr(layer, name)["default"].detach()
        for name in ("lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2")
        if "default" in getattr(layer, name)
    }
    if {"lokr_w1_a", "lokr_w2_a"} & set(found):  # with both halves whole, files have no factor
        found[ALPHA] = torch.tensor(2.0)
        assert torch.allclose(change(found).view_as(weight), difference(layer, weight), atol=1e-6)
    else:
        assert torch.allclose(change(found).view_as(weight) * 2 / rank, difference(layer, weight), atol=1e-6)


def test_a_convolution_in_three_pieces() -> None:
    up, mid, down, at = random(5, 3, 1, 1), random(3, 3, 3, 3), random(3, 4, 1, 1), random(2, 4, 7, 7)
    three = nn.functional.conv2d(nn.functional.conv2d(nn.functional.conv2d(at, down), mid), up)
    whole = change({UP: up, "lora_mid.weight": mid, DOWN: down, ALPHA: torch.tensor(3.0)})
    assert torch.allclose(nn.functional.conv2d(at, whole), three, atol=1e-5)


def test_a_full_difference_and_a_linear_layer_for_a_1x1_convolution() -> None:
    weight = random(5, 4, 1, 1)
    assert torch.equal(applied(weight, {"diff": random(5, 4)}, 0.5), weight + 0.5 * random(5, 4)[..., None, None])


def test_older_magnitudes_are_one_per_input() -> None:
    weight, up, down = random(6, 4), random(6, 2), random(2, 4)
    found = applied(weight, {UP: up, DOWN: down, ALPHA: torch.tensor(2.0), DORA: torch.ones(1, 4)}, 1.0)
    assert torch.allclose(found.norm(dim=0), torch.ones(4))
    assert torch.allclose(found, nn.functional.normalize(weight + up @ down, dim=0), atol=1e-6)


def test_what_does_not_fit_or_is_not_known_is_refused() -> None:
    with pytest.raises(UserError, match=r"a weight of 8 numbers, and the model's is \[5, 4\]"):
        applied(random(5, 4), {UP: random(4, 1), DOWN: random(1, 2), ALPHA: torch.tensor(1.0)}, 1.0)
    for layer in ({"oft_blocks": random(2, 3, 3)}, {UP: random(4, 1)}, {"lokr_w1": random(2, 2)}, {}):
        with pytest.raises(UserError, match="nothing here can merge"):
            change(layer)
