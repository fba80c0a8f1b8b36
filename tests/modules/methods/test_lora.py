"""LoRA on the demo model: what is trained, what is not, and that it begins as nothing."""

from typing import Any

import pytest
import torch
from torch import Tensor

from modules.methods import Trained
from modules.methods.lora import lora
from modules.models.base import Conditions
from modules.models.sd15 import StableDiffusion15
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from tests.modules.small import demo_model


def state_with(**changes: Any) -> TrainingState:
    state = TrainingState()
    for path, value in {"adapter__rank": 4, "adapter__alpha": 2.0, **changes}.items():
        state = replace(state, path.replace("__", "."), value)
    return state


def outputs(model: StableDiffusion15) -> tuple[Tensor, Tensor]:
    chance = torch.Generator().manual_seed(1)
    text = model.encode_text(model.tokenize(["a red circle", "a sks circle"]))
    noisy = torch.randn(2, 4, 8, 8, generator=chance)
    return text.states, model.predict(noisy, torch.tensor([10, 700]), Conditions(text))


@torch.no_grad()
def disturb(trained: Trained, size: float = 0.05) -> None:
    """As if something had been learned."""
    chance = torch.Generator().manual_seed(9)
    for parameter in trained.parameters:
        parameter.add_(torch.randn(parameter.shape, generator=chance), alpha=size)


@pytest.mark.parametrize("dtype", ["FP32", "BF16", "FP16"])
def test_a_new_lora_changes_nothing_bit_for_bit_and_is_fp32(dtype: str) -> None:
    model = demo_model(unet_dtype=dtype, text_encoder_dtype=dtype)
    with torch.no_grad():
        before = outputs(model)
        trained = lora(model, state_with())
        after = outputs(model)
    assert torch.equal(before[0], after[0])
    assert torch.equal(before[1], after[1])
    assert {parameter.dtype for parameter in trained.parameters} == {torch.float32}
    frozen = [p for n, p in model.unet.named_parameters() if "lora_" not in n]
    assert {p.dtype for p in frozen} == {model.unet.conv_in.weight.dtype}


def test_the_base_is_the_model_as_it_was_and_comes_back_also_after_an_error(fresh_model: StableDiffusion15) -> None:
    with torch.no_grad():
        before = outputs(fresh_model)
        trained = lora(fresh_model, state_with())
        disturb(trained)
        learned = outputs(fresh_model)
        with trained.base():
            base = outputs(fresh_model)
        after = outputs(fresh_model)
        with pytest.raises(RuntimeError, match="inside"), trained.base():
            raise RuntimeError("inside")
        again = outputs(fresh_model)
    assert all(torch.equal(a, b) for a, b in zip(base, before, strict=True))
    assert not torch.equal(learned[0], before[0])
    assert not torch.equal(learned[1], before[1])
    assert all(torch.equal(a, b) for a, b in zip(after, learned, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(again, learned, strict=True))
    assert all(parameter.requires_grad for parameter in trained.parameters)


def test_only_the_loras_weights_get_gradients_and_all_of_them(fresh_model: StableDiffusion15) -> None:
    trained = lora(fresh_model, state_with())
    disturb(trained)
    outputs(fresh_model)[1].square().mean().backward()
    named = [*fresh_model.unet.named_parameters(), *fresh_model.text_encoder.named_parameters()]
    named += [*fresh_model.vae.named_parameters()]
    assert {name for name, p in named if p.requires_grad} == {name for name, _ in named if "lora_" in name}
    with_gradient = [p for _, p in named if p.grad is not None]
    assert {id(p) for p in with_gradient} == {id(p) for p in trained.parameters}
    assert all(float(p.grad.abs().max()) > 0 for p in trained.parameters if p.grad is not None)


@pytest.mark.parametrize(("part", "other"), [("unet", "text_encoder"), ("text_encoder", "unet")])
def test_a_part_without_a_rate_gets_no_lora(part: str, other: str) -> None:
    model = demo_model()
    trained = lora(model, state_with(**{f"learning_rate__{other}": 0.0}))
    assert list(trained.parts) == [part]
    assert not any("lora_" in name for name, _ in model.parts[other].named_parameters())


@pytest.mark.parametrize(("layers", "unet", "text"), [("TRANSFORMER", 12, 6), ("ATTENTION", 8, 4)])
def test_as_many_layers_as_the_table_says(layers: str, unet: int, text: int) -> None:
    model = demo_model()
    trained = lora(model, state_with(adapter__layers=layers))
    transformers = sum(path.endswith("transformer_blocks.0") for path, _ in model.unet.named_modules())
    assert len(trained.parts["unet"]) == 2 * transformers * unet
    assert len(trained.parts["text_encoder"]) == 2 * 2 * text


def test_the_same_seed_gives_the_same_weights_and_another_others() -> None:
    first, second, third = (lora(demo_model(), state_with(training__seed=seed)) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters, second.parameters, strict=True))
    down = [name for name in first.parts["unet"] if "lora_down" in name]
    assert not any(torch.equal(first.parts["unet"][name], third.parts["unet"][name]) for name in down)
    alone = lora(demo_model(), state_with(training__seed=1, learning_rate__text_encoder=0.0))
    assert all(torch.equal(alone.parts["unet"][name], first.parts["unet"][name]) for name in down)


def test_making_a_lora_draws_no_random_numbers_of_others(fresh_model: StableDiffusion15) -> None:
    torch.manual_seed(4)
    before = torch.get_rng_state()
    lora(fresh_model, state_with())
    assert torch.equal(torch.get_rng_state(), before)


def test_the_result_is_the_live_weights_with_alpha(fresh_model: StableDiffusion15) -> None:
    trained = lora(fresh_model, state_with())
    tensors = trained.tensors()
    disturb(trained)
    name, parameter = next(iter(trained.parts["unet"].items()))
    assert torch.equal(tensors[name], parameter)
    assert not tensors[name].requires_grad
    alphas = [float(tensor) for name, tensor in tensors.items() if name.endswith(".alpha")]
    assert alphas == [2.0] * (len(trained.parameters) // 2)
