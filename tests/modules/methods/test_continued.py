"""Going on with a LoRA from a file: its weights exactly, its rank and alpha, and refusals in words."""

from pathlib import Path
from typing import Any

import pytest
import torch

from modules.checkpoints.live_names import names_of
from modules.checkpoints.lora import from_tensors, write_lora
from modules.methods import Trained
from modules.methods.lora import lora
from modules.models.sd15 import StableDiffusion15
from onetrainer_clone.events import Logged, Saved
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.saving import LoraLayout
from tests.modules.methods.test_lora import disturb, outputs, state_with
from tests.modules.small import demo_model, run, same, small_state

VARIANTS = ("LORA", "DORA", "LOHA", "LOKR")
FIRST = {"adapter__layers": "ALL", "adapter__rank": 3, "adapter__alpha": 5.0, "adapter__rules": "attn2: rank 2, alpha 1"}


def learned(path: Path, layout: LoraLayout = LoraLayout.KOHYA, **changes: Any) -> tuple[StableDiffusion15, Trained]:
    """A model with an adapter that has learned something, and its file in float32."""
    model = demo_model()
    trained = lora(model, state_with(**{**FIRST, **changes}))
    disturb(trained)
    names = names_of(model.parts)
    write_lora(path, from_tensors(trained.tensors(), [names], {}), layout, names, torch.float32, {})
    return model, trained


@pytest.mark.parametrize(
    ("variant", "layout"), [*((v, LoraLayout.KOHYA) for v in VARIANTS), ("LORA", LoraLayout.DIFFUSERS)]
)
def test_it_goes_on_from_the_files_very_weights_ranks_and_alphas(
    variant: str, layout: LoraLayout, tmp_path: Path
) -> None:
    path = tmp_path / "first.safetensors"
    model, first = learned(path, layout, adapter__variant=variant)
    again = demo_model()
    state = state_with(adapter__variant=variant, adapter__layers="ALL", adapter__rank=8, adapter__source=str(path))
    second = lora(again, state)
    with torch.no_grad():
        pairs = zip(outputs(model), outputs(again), strict=True)
        assert all(torch.allclose(a, b, rtol=0, atol=1e-6) for a, b in pairs)
        with second.base():
            assert all(torch.equal(a, b) for a, b in zip(outputs(again), outputs(demo_model()), strict=True))
    if layout is LoraLayout.KOHYA:
        expected, found = first.tensors(), second.tensors()
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[name], found[name]) for name in expected)
    [remark] = second.remarks
    assert "goes on with its own rank and alpha" in remark
    assert f"not 8 and {8 if variant == 'LOKR' else 2} as the settings say" in remark


def test_the_settings_of_the_file_need_no_remark(tmp_path: Path) -> None:
    path = tmp_path / "first.safetensors"
    learned(path)
    assert lora(demo_model(), state_with(**FIRST, adapter__source=str(path))).remarks == []


def test_layers_that_the_file_lacks_start_as_new_ones(tmp_path: Path) -> None:
    path = tmp_path / "first.safetensors"
    learned(path, adapter__filter="attn1, text_encoder")
    model = demo_model()
    trained = lora(model, state_with(**FIRST, adapter__source=str(path)))
    assert any("are not in" in remark and "start as new ones" in remark for remark in trained.remarks)
    up = {name: p for name, p in trained.parts["unet"].items() if name.endswith("lora_up.weight")}
    assert all(bool(p.any()) == (".attn1." in name) for name, p in up.items())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"adapter__variant": "LOHA"}, "is a LoRA, so it cannot go on as a LoHa"),
        ({"adapter__layers": "ATTENTION"}, "layers that are not trained here, which would be lost"),
        ({"training__text_encoder": False}, "would be lost: 'text_encoder.text_model."),
    ],
)
def test_what_would_be_lost_is_refused(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = tmp_path / "first.safetensors"
    learned(path)
    with pytest.raises(UserError) as refused:
        lora(demo_model(), state_with(**{**FIRST, **changes, "adapter__source": str(path)}))
    assert said in str(refused.value)


def test_a_dora_with_a_magnitude_per_output_and_other_blocks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "first.safetensors"
    model, trained = learned(path, adapter__variant="DORA", adapter__layers="ATTENTION", adapter__rules="")
    names = names_of(model.parts)
    tensors = {
        name: tensor.new_ones(trained.tensors()[name.replace("dora_scale", "lora_up.weight")].shape[0], 1)
        if name.endswith("dora_scale")
        else tensor
        for name, tensor in trained.tensors().items()
    }
    write_lora(path, from_tensors(tensors, [names], {}), LoraLayout.KOHYA, names, torch.float32, {})
    state = state_with(adapter__variant="DORA", adapter__layers="ATTENTION", adapter__source=str(path))
    with pytest.raises(UserError, match="a magnitude per output"):
        lora(demo_model(), state)
    learned(path, adapter__variant="LOKR", adapter__rank=1)
    state = state_with(adapter__variant="LOKR", adapter__layers="ALL", adapter__lokr_factor=2, adapter__source=str(path))
    with pytest.raises(UserError, match="but these settings make"):
        lora(demo_model(), state)


def test_a_run_goes_on_from_the_result_of_another_and_says_what_differs(tmp_path: Path, cache: Path) -> None:
    common = {"training.steps": 1, "saving.cache": str(cache), "adapter.rank": 2}
    first, events = run(small_state(tmp_path / "a", **common))
    [path] = [event.path for event in events if isinstance(event, Saved) and event.final]
    rate = {"learning_rate.unet": 1e-12, "learning_rate.text_encoder": 1e-12, "adapter.rank": 4}
    second, events = run(small_state(tmp_path / "b", **{**common, **rate, "adapter.source": path}))
    notes = [event.message for event in events if isinstance(event, Logged) and event.note]
    assert any("goes on with its own rank and alpha" in note for note in notes)
    assert first.keys() == second.keys()
    assert all(torch.allclose(first[name], second[name], rtol=0, atol=1e-9) for name in first)
    assert not same(first, {name: torch.zeros_like(tensor) for name, tensor in first.items()})
