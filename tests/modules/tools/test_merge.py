"""LoRA files merged into models: exact, or refused."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from modules.checkpoints.lora import Lora, read_lora, write_lora
from modules.checkpoints.model_weights import ModelWeights
from modules.tools import run_tool
from onetrainer_clone.drawing import LoraFile
from onetrainer_clone.families import Family
from onetrainer_clone.lora_names import ALPHA, DOWN, UP
from onetrainer_clone.safetensors_header import read_header
from onetrainer_clone.session import Stopped
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state.saving import LoraLayout
from onetrainer_clone.tools import Merge
from tests.modules.checkpoints.loras import merged, names, parts, random_lora, targets
from tests.modules.tools.making import said, saved, stopped, use, write_model

FAMILIES = [Family.SD15, Family.SDXL]


def lora_file(path: Path, lora: Lora, family: Family, layout: LoraLayout = LoraLayout.KOHYA) -> Path:
    write_lora(path, lora, layout, names(family), torch.float32, {})
    return path


def weights(source: Path, part: str, models: dict[str, nn.Module]) -> dict[str, torch.Tensor]:
    """What a model on disk holds at the layers that a LoRA can change."""
    found = {}
    with ModelWeights(str(source)).open(part) as get:
        for address in targets(models, True, True):
            if address[0] == part:
                found[address[1]] = get(address).clone()
    return found


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layout", ["SINGLE_FILE", "DIFFUSERS"])
def test_a_merge_is_what_was_merged_by_hand(tmp_path: Path, family: Family, layout: str) -> None:
    base = write_model(tmp_path / "base.safetensors", family)
    first, second = random_lora(family, convs=True), random_lora(family, text=False, rank=1, dora=False)
    files = [
        {"path": str(lora_file(tmp_path / "a.safetensors", first, family)), "strength": 0.7},
        {"path": str(lora_file(tmp_path / "b.safetensors", second, family, LoraLayout.DIFFUSERS)), "strength": -0.4},
    ]
    before = hashlib.sha256(base.read_bytes()).hexdigest()
    target = tmp_path / ("new.safetensors" if layout == "SINGLE_FILE" else "new")
    if layout == "SINGLE_FILE":  # its sizes are told by a folder of its name
        (tmp_path / "new").symlink_to(tmp_path / "base")
    events = use(Merge, model=base, target=target, loras=files, layout=layout)
    assert saved(events) == [str(target)]
    assert f"merged {len(first.modules)} layers" in said(events)
    expected = merged(first, family, 0.7)
    layers = targets(expected, True, True)
    for address, layer in second.modules.items():
        weight: Any = layers[address].weight
        up, down = layer[UP].double().flatten(1), layer[DOWN].double().flatten(1)
        change = -0.4 * float(layer[ALPHA]) / len(down) * up @ down
        weight.data = (weight.data.double() + change.view_as(weight)).float()
    for part in ("unet", "text_encoder"):
        found = weights(target, part, expected)
        for path, tensor in found.items():
            wanted = layers[part, path].weight
            assert torch.allclose(tensor.view_as(wanted), wanted, atol=1e-6)  # type: ignore[arg-type]
    assert hashlib.sha256(base.read_bytes()).hexdigest() == before


def test_what_no_lora_touches_stays_bit_for_bit_and_the_type_is_that_of_the_source(tmp_path: Path) -> None:
    base = write_model(tmp_path / "base.safetensors", Family.SD15)
    lora = random_lora(Family.SD15, text=False)
    file = {"path": str(lora_file(tmp_path / "a.safetensors", lora, Family.SD15))}
    use(Merge, model=base, target=tmp_path / "new.safetensors", loras=[file])
    old, new = load_file(base), load_file(tmp_path / "new.safetensors")
    changed = {name for name in old if not torch.equal(old[name], new[name])}
    assert old.keys() == new.keys()
    assert len(changed) == 192
    assert all(
        (name.startswith("model.diffusion_model.") and "_blocks" in name) or "middle" in name for name in changed
    )
    assert "a.safetensors:1" in read_header(tmp_path / "new.safetensors").metadata["modelspec.merged_from"]
    use(Merge, model=base, target=tmp_path / "half.safetensors", loras=[file], dtype="FP16")
    half = load_file(tmp_path / "half.safetensors")
    name = min(changed)
    assert half[name].dtype is torch.float16
    assert torch.equal(half[name], new[name].half())


def test_layers_that_the_model_lacks_or_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    base = write_model(tmp_path / "base.safetensors", Family.SD15)
    target = tmp_path / "new.safetensors"
    xl = {"path": str(lora_file(tmp_path / "xl.safetensors", random_lora(Family.SDXL), Family.SDXL))}
    with pytest.raises(UserError, match=r"is a LoRA for SDXL, and this model is Stable Diffusion 1.x: choose an SDXL model"):
        use(Merge, model=base, target=target, loras=[xl])
    lora = random_lora(Family.SD15)
    address = ("unet", "mid_block.attentions.0.proj_in")
    odd = {address: {**lora.modules[address], DOWN: torch.ones(2, 7, 1, 1)}}
    file = {"path": str(lora_file(tmp_path / "odd.safetensors", Lora(odd, names(Family.SD15)), Family.SD15))}
    with pytest.raises(UserError, match=r"odd.safetensors' does not fit the model at 'mid_block.attentions.0.proj_in'"):
        use(Merge, model=base, target=target, loras=[file])
    good = str(lora_file(tmp_path / "a.safetensors", lora, Family.SD15))
    with pytest.raises(Invalid, match="is one of the sources"):
        use(Merge, model=base, target=good, loras=[{"path": good}], overwrite=True)
    with pytest.raises(Invalid, match="choose at least one LoRA"):
        use(Merge, model=base, target=target)
    settings = Merge(model=str(base), target=str(target), loras=(LoraFile(path=good),))
    with pytest.raises(Stopped):
        run_tool(settings, lambda event: None, stopped())
    assert not target.exists()
    assert read_lora(Path(good), names(Family.SD15)).modules.keys() == lora.modules.keys()
    assert parts(Family.SD15)["unet"].training is False
