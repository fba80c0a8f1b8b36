"""A LoRA from the difference of two models."""

import copy
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from modules.checkpoints.lora import read_lora
from modules.tools import run_tool
from modules.tools.delta import change
from modules.tools.extract import layers
from onetrainer_clone.families import Family
from onetrainer_clone.lora_names import known_names
from onetrainer_clone.session import Stopped
from onetrainer_clone.settings import UserError
from onetrainer_clone.tools import Extract
from tests.modules.checkpoints.loras import merged, names, parts, random_lora
from tests.modules.tools.making import said, saved, stopped, use, write_model

FAMILIES = [Family.SD15, Family.SDXL]


@pytest.mark.parametrize(("index", "plain", "convs", "texts"), [(0, 192, 278, 72), (1, 722, 788, 264)])
def test_what_is_extracted_is_what_kohyas_trainer_adapts(index: int, plain: int, convs: int, texts: int) -> None:
    found = known_names()[index]
    assert len(layers(found, Extract(text_encoders=False))) == plain
    assert len(layers(found, Extract(text_encoders=False, convs=True))) == convs
    assert len(layers(found, Extract())) == plain + texts


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_lora_did_to_a_model_is_found_again(tmp_path: Path, family: Family) -> None:
    lora = random_lora(family, convs=True)
    base = write_model(tmp_path / "base.safetensors", family)
    tuned = write_model(tmp_path / "tuned.safetensors", family, merged(lora, family))
    target = tmp_path / "lora.safetensors"
    events = use(Extract, base=base, tuned=tuned, target=target, rank=3, convs=True, conv_rank=3, dtype="FP32")
    found = read_lora(target, names(family))
    assert saved(events) == [str(target)]
    assert found.modules.keys() == lora.modules.keys()
    for address, layer in lora.modules.items():
        assert torch.allclose(change(found.modules[address]), change(layer), atol=1e-6)
    assert f"{len(lora.modules)} layers hold 100.0% of the squared difference" in said(events)


def test_less_rank_keeps_less_and_a_share_decides_layer_by_layer(tmp_path: Path) -> None:
    lora = random_lora(Family.SD15, rank=4)
    base = write_model(tmp_path / "base.safetensors", Family.SD15)
    tuned = write_model(tmp_path / "tuned.safetensors", Family.SD15, merged(lora, Family.SD15))
    kept = []
    for rank in (1, 2):
        events = use(Extract, base=base, tuned=tuned, target=tmp_path / f"{rank}.safetensors", rank=rank)
        kept.append(float(said(events).split(" hold ")[1].split("%")[0]))
    assert 30 < kept[0] < kept[1] < 99
    target = tmp_path / "share.safetensors"
    use(Extract, base=base, tuned=tuned, target=target, measure="ENERGY", energy=0.7, dtype="FP32")
    found = read_lora(target, names(Family.SD15))
    for address, layer in lora.modules.items():
        left = (change(layer) - change(found.modules[address])).double().square().sum()
        assert float(left / change(layer).detach().double().square().sum()) <= 0.3 + 1e-4
    assert len({found.rank(address) for address in found.modules}) > 1


def test_layers_that_do_not_differ_are_left_out_and_a_folder_is_read_as_a_file_is(tmp_path: Path) -> None:
    lora = random_lora(Family.SD15, text=False)
    base = write_model(tmp_path / "base.safetensors", Family.SD15)
    folder = tmp_path / "base"
    for part, module in merged(lora, Family.SD15).items():
        weights = {name: tensor.contiguous() for name, tensor in module.state_dict().items()}
        save_file(weights, folder / part / "model.safetensors")
    target = tmp_path / "lora.safetensors"
    use(Extract, base=base, tuned=folder, target=target, rank=2, dtype="FP32")
    found = read_lora(target, names(Family.SD15))
    assert found.modules.keys() == lora.modules.keys()
    assert all(torch.allclose(change(found.modules[a]), change(layer), atol=1e-6) for a, layer in lora.modules.items())


def test_models_that_do_not_belong_together_are_refused_and_a_stop_leaves_nothing(tmp_path: Path) -> None:
    base = write_model(tmp_path / "base.safetensors", Family.SD15)
    other = write_model(tmp_path / "other.safetensors", Family.SD15, parts(Family.SD15))
    target = tmp_path / "lora.safetensors"
    with pytest.raises(UserError, match="do not differ"):
        use(Extract, base=base, tuned=other, target=target)
    xl = write_model(tmp_path / "xl.safetensors", Family.SDXL)
    with pytest.raises(UserError, match=r"a Stable Diffusion 1.x checkpoint, the tuned one an SDXL"):
        use(Extract, base=base, tuned=xl, target=target)
    broken = copy.deepcopy(parts(Family.SD15))
    with pytest.raises(Stopped):
        run_tool(Extract(base=str(base), tuned=str(other), target=str(target)), lambda event: None, stopped())
    broken["unet"].get_submodule("mid_block.attentions.0.proj_in").weight.data[0] = 1e38  # type: ignore[operator]
    huge = write_model(tmp_path / "huge.safetensors", Family.SD15, broken)
    with pytest.raises(UserError, match="not finite in float16"):
        use(Extract, base=base, tuned=huge, target=target)
    assert not target.exists()
