"""LoRA's relatives on the demo model: they begin as nothing, mean in a file what they are live, and can be learned."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model
from safetensors.torch import load_file
from torch import Tensor, nn

from modules.checkpoints.live_names import names_of
from modules.checkpoints.lora import from_tensors, write_lora
from modules.checkpoints.lora_file import save_lora
from modules.methods import Trained
from modules.methods.dora import add_magnitude
from modules.methods.lora import lora
from modules.models.base import Conditions, Model
from modules.models.sd15 import StableDiffusion15
from onetrainer_clone.adapted import adapted, weights
from onetrainer_clone.families import Family
from onetrainer_clone.layer_names import layers_of
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.saving import LoraLayout
from tests.modules.checkpoints.tiny import tiny_model
from tests.modules.methods.readers import merge
from tests.modules.methods.test_lora import disturb, outputs, state_with
from tests.modules.small import apart, demo_model, run, same, small_state, stepped

VARIANTS = ("LORA", "DORA", "LOHA", "LOKR")
CASES: list[tuple[str, dict[str, Any]]] = [
    ("LORA", {"adapter__rank_stabilized": True, "adapter__conv_rank": 3}),
    ("LORA", {"adapter__rules": "attn2: rank 2, alpha 3\nmid_block.*: rank 7\nre:resnets.*conv1: alpha 1"}),
    ("DORA", {}),
    ("DORA", {"adapter__rank_stabilized": True, "adapter__filter": "!attn1", "training__text_encoder": False}),
    ("LOHA", {"adapter__conv_rank": 2, "adapter__conv_alpha": 1.5}),
    ("LOKR", {}),
    ("LOKR", {"adapter__lokr_factor": 4, "adapter__lokr_decompose_both": True, "adapter__rank": 1}),
    ("LOKR", {"adapter__rank": 64}),
]  # fmt: skip


def made(variant: str, dtype: str = "FP32", **changes: Any) -> tuple[StableDiffusion15, TrainingState, Trained]:
    state = state_with(**{"adapter__variant": variant, "adapter__layers": "ALL", **changes})
    model = demo_model(unet_dtype=dtype, text_encoder_dtype=dtype)
    return model, state, lora(model, state)


def saved(model: StableDiffusion15, state: TrainingState, trained: Trained, path: Path) -> Path:
    names = names_of(model.parts)
    save_lora(path, from_tensors(trained.tensors(), [names], {}), names, state, [], 1)
    return path


@pytest.mark.parametrize("dtype", ["FP32", "BF16", "FP16"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_new_one_changes_nothing_bit_for_bit_and_is_fp32(variant: str, dtype: str) -> None:
    with torch.no_grad():
        before = outputs(demo_model(unet_dtype=dtype, text_encoder_dtype=dtype))
        model, _, trained = made(variant, dtype)
        after = outputs(model)
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert {parameter.dtype for parameter in trained.parameters} == {torch.float32}
    assert trained.weight_change() == 0


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_base_is_the_model_as_it_was_and_comes_back(variant: str) -> None:
    with torch.no_grad():
        before = outputs(demo_model())
        model, _, trained = made(variant)
        disturb(trained)
        learned = outputs(model)
        with trained.base():
            base = outputs(model)
        after = outputs(model)
    assert all(torch.equal(a, b) for a, b in zip(base, before, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(after, learned, strict=True))
    assert all((a - b).abs().max() > 0.01 for a, b in zip(learned, before, strict=True))
    assert all(parameter.requires_grad for parameter in trained.parameters)


@pytest.mark.parametrize("variant", VARIANTS)
def test_only_its_weights_get_gradients_and_all_of_them(variant: str) -> None:
    model, _, trained = made(variant)
    disturb(trained)
    outputs(model)[1].square().mean().backward()
    named = [p for part in (*model.parts.values(), model.vae) for p in part.parameters()]
    assert {id(p) for p in named if p.requires_grad} == {id(p) for p in trained.parameters}
    assert all(p.grad is not None and float(p.grad.abs().max()) > 0 for p in trained.parameters)


@pytest.mark.parametrize(("variant", "changes"), CASES)
def test_readers_merge_the_file_to_what_was_live_and_the_count_is_the_tables(
    variant: str, changes: dict[str, Any], tmp_path: Path
) -> None:
    model, state, trained = made(variant, saving__dtype="FP32", **changes)
    disturb(trained)
    path = saved(model, state, trained, tmp_path / "lora.safetensors")
    by_reader = demo_model()
    wanted = adapted(state.adapter, layers_of({part: names_of(model.parts).configs[part] for part in trained.parts}))
    assert merge(by_reader, path) == len(wanted)
    with torch.no_grad():
        live, expected, before = outputs(model), outputs(by_reader), outputs(demo_model())
    for a, b in zip(live, expected, strict=True):
        assert (a - b).abs().max() <= 1e-5
    assert (live[1] - before[1]).abs().max() > 0.01
    assert sum(parameter.numel() for parameter in trained.parameters) == sum(weights(state.adapter, w) for w in wanted)


@pytest.mark.parametrize(("variant", "changes"), CASES)
def test_the_weight_change_is_that_of_the_merged_weights(variant: str, changes: dict[str, Any], tmp_path: Path) -> None:
    model, state, trained = made(variant, saving__dtype="FP32", **changes)
    disturb(trained)
    before, after = demo_model(), demo_model()
    merge(after, saved(model, state, trained, tmp_path / "lora.safetensors"))
    change, base = [], []
    for part in before.parts:
        for old, new in zip(before.parts[part].parameters(), after.parts[part].parameters(), strict=True):
            if not torch.equal(old, new):
                change.append(float((new - old).double().norm()))
                base.append(float(old.double().norm()))
    assert trained.weight_change() == pytest.approx(math.hypot(*change) / math.hypot(*base), rel=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_seed_gives_the_same_weights_and_draws_no_numbers_of_others(variant: str) -> None:
    torch.manual_seed(4)
    before = torch.get_rng_state()
    first, second, third = (made(variant, training__seed=seed)[2] for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    pairs = list(zip(first.parameters, second.parameters, strict=True))
    assert all(torch.equal(a, b) for a, b in pairs)
    assert sum(not torch.equal(a, b) for a, b in zip(first.parameters, third.parameters, strict=True)) >= len(pairs) // 3


@pytest.mark.parametrize("convolution", [False, True])
def test_dora_is_pefts_with_inputs_and_outputs_exchanged(convolution: bool) -> None:
    """peft has a magnitude for every output; a layer with the transposed weight has them for every input of ours."""
    chance = torch.Generator().manual_seed(3)
    weight = torch.randn(6, 5, 1, 1, generator=chance) if convolution else torch.randn(6, 5, generator=chance)

    def layer(weights: Tensor, dora: bool) -> Any:
        outputs, inputs = weights.shape[:2]
        made = nn.Conv2d(inputs, outputs, 1, bias=False) if convolution else nn.Linear(inputs, outputs, bias=False)
        made.weight.data = weights.clone()
        holder = nn.ModuleDict({"one": made})
        inject_adapter_in_model(LoraConfig(r=2, lora_alpha=3, target_modules=["one"], use_dora=dora), holder)
        return holder["one"]

    ours, theirs = layer(weight, dora=False), layer(weight.transpose(0, 1).contiguous(), dora=True)
    add_magnitude(ours)
    down, up = torch.randn(2, 5, generator=chance), torch.randn(6, 2, generator=chance)
    ours.lora_A["default"].weight.data.copy_(down.view_as(ours.lora_A["default"].weight))
    ours.lora_B["default"].weight.data.copy_(up.view_as(ours.lora_B["default"].weight))
    theirs.lora_A["default"].weight.data.copy_(up.T.reshape_as(theirs.lora_A["default"].weight))
    theirs.lora_B["default"].weight.data.copy_(down.T.reshape_as(theirs.lora_B["default"].weight))
    magnitude = torch.rand(5, generator=chance) + 1
    for one in (ours, theirs):
        held = one.lora_magnitude_vector["default"].weight
        held.data.copy_(magnitude.view_as(held))
    shape = (1, 1) if convolution else ()
    with torch.no_grad():
        matrix = torch.stack([ours(row.view(1, -1, *shape)).flatten() for row in torch.eye(5)], dim=1)
        expected = torch.stack([theirs(row.view(1, -1, *shape)).flatten() for row in torch.eye(6)], dim=0)
    torch.testing.assert_close(matrix, expected)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_short_run_learns_repeats_bit_for_bit_and_with_checkpointing(variant: str, tmp_path: Path, cache: Path) -> None:
    changes = {
        "adapter.variant": variant, "adapter.layers": "ALL", "adapter.dropout": 0.1, "training.steps": 3,
        "saving.cache": str(cache), "training.ema.enabled": True,
    }  # fmt: skip
    first, events = run(small_state(tmp_path / "a", **changes))
    second, _ = run(small_state(tmp_path / "b", **changes))
    checked, _ = run(small_state(tmp_path / "c", **{**changes, "training.gradient_checkpointing": True}))
    assert same(first, second)
    assert apart(first, checked) < 1e-5
    measured = [event.weight_change for event in stepped(events) if event.weight_change is not None]
    assert measured[0] > 0
    fewer, _ = run(small_state(tmp_path / "d", **{**changes, "training.steps": 1}))
    assert apart(first, fewer) > 1e-5


@pytest.mark.parametrize(("layers", "unet"), [("TRANSFORMER", 302), ("ALL", 368)])
def test_sdxl_is_adapted_in_all_parts_that_are_trained(layers: str, unet: int) -> None:
    model = tiny_model(Family.SDXL)  # with 28 transformer blocks in place of 70, 4 and 6 text layers
    trained = lora(model, state_with(model__type="SDXL", adapter__layers=layers, adapter__rank=1))
    expected = {"unet": unet, "text_encoder": 24, "text_encoder_2": 36}
    assert {part: len(found) // 2 for part, found in trained.parts.items()} == {p: expected[p] for p in trained.parts}


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_sdxl_file_has_sgm_names_and_readers_merge_it_to_what_was_live(variant: str, tmp_path: Path) -> None:
    model, by_reader = tiny_model(Family.SDXL), tiny_model(Family.SDXL)
    trained = lora(model, state_with(model__type="SDXL", adapter__variant=variant, adapter__layers="ALL", adapter__rank=1))
    disturb(trained, 0.02)
    path = tmp_path / "lora.safetensors"
    names = names_of(model.parts)
    write_lora(path, from_tensors(trained.tensors(), [names], {}), LoraLayout.KOHYA, names, torch.float32, {})
    keys = {key.partition(".")[0] for key in load_file(path)}
    assert "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q" in keys
    assert "lora_unet_output_blocks_2_2_conv" in keys
    assert any(key.startswith("lora_te1_text_model_encoder_layers_") for key in keys)
    assert not any("down_blocks" in key for key in keys)
    assert merge(by_reader, path) == len(keys)
    with torch.no_grad():
        live, expected, before = (_sdxl_outputs(one) for one in (model, by_reader, tiny_model(Family.SDXL)))
    for found, wanted, base in zip(live, expected, before, strict=True):
        assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max().clamp(min=1)
        assert (found - base).abs().max() > 1e-4


def _sdxl_outputs(model: Model) -> list[Tensor]:
    text = model.encode_text(model.tokenize(["a red circle"]))
    noisy = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(2))
    sizes = torch.tensor([[64, 64, 0, 0, 64, 64]])
    return [text.states, model.predict(noisy, torch.tensor([500]), Conditions(text, sizes))]
