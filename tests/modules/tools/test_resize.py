"""A LoRA's rank is changed: what it does stays nearly the same."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from modules.checkpoints.lora import Lora, read_lora, write_lora
from modules.tools import run_tool
from modules.tools.delta import change
from onetrainer_clone.families import Family
from onetrainer_clone.lora_names import ALPHA, DORA, DOWN, UP
from onetrainer_clone.safetensors_header import read_header
from onetrainer_clone.session import Stopped
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state.saving import LoraLayout
from onetrainer_clone.tools import Resize
from tests.modules.checkpoints.loras import names, random_lora
from tests.modules.tools.making import said, saved, stopped, use

SD15 = names(Family.SD15)


def demo_lora(path: Path, layout: LoraLayout = LoraLayout.KOHYA, dtype: torch.dtype = torch.float32) -> Lora:
    """A LoRA with the names of full models, so that the tool needs no model."""
    lora = random_lora(Family.SD15, convs=True, rank=6)
    write_lora(path, lora, layout, SD15, dtype, {"ss_learning_rate": "1.0", "sshs_model_hash": "old"})
    return lora


@pytest.mark.parametrize("layout", LoraLayout)
def test_the_same_or_a_larger_rank_changes_nothing_that_it_does(tmp_path: Path, layout: LoraLayout) -> None:
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    lora = demo_lora(source, layout)
    events = use(Resize, source=source, target=target, rank=6, layout=layout.value)
    found = read_lora(target, SD15)
    assert saved(events) == [str(target)]
    assert found.modules.keys() == lora.modules.keys()
    for address, layer in lora.modules.items():
        assert torch.allclose(change(found.modules[address]), change(layer), atol=1e-6)
        assert found.modules[address][DOWN].shape == layer[DOWN].shape
    assert "rank 3 to 6 -> 3 to 6; 100.0% of the squared change is kept" in said(events)


def test_a_smaller_rank_is_the_best_of_its_size_and_says_what_it_keeps(tmp_path: Path) -> None:
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    lora = demo_lora(source)
    events = use(Resize, source=source, target=target, rank=2)
    found = read_lora(target, SD15)
    kept = total = 0.0
    for address, layer in lora.modules.items():
        whole = change(layer).double().flatten(1)
        left, values, right = torch.linalg.svd(whole, full_matrices=False)
        expected = (left[:, :2] * values[:2]) @ right[:2]
        assert torch.allclose(change(found.modules[address]).double().flatten(1), expected, atol=1e-6)
        assert found.rank(address) == 2 == float(found.modules[address][ALPHA])
        kept, total = kept + float(values[:2].square().sum()), total + float(values.square().sum())
    assert f"{kept / total:.1%} of the squared change" in said(events)
    metadata = read_header(target).metadata
    assert (metadata["ss_network_dim"], metadata["ss_network_alpha"]) == ("2", "2")
    assert metadata["ss_learning_rate"] == "1.0"
    assert metadata["sshs_model_hash"] != "old"


def test_by_the_share_kept_every_layer_gets_its_own_rank(tmp_path: Path) -> None:
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    lora = demo_lora(source)
    use(Resize, source=source, target=target, measure="ENERGY", energy=0.6, rank=5, dtype="FP16")
    found = read_lora(target, SD15)
    ranks = {found.rank(address) for address in lora.modules}
    assert len(ranks) > 1
    assert max(rank for rank in ranks if rank) <= 5
    assert read_header(target).metadata["ss_network_dim"] == "Dynamic"
    assert {tensor.dtype for tensor in load_file(target).values()} == {torch.float16}


def test_dora_keeps_its_magnitude(tmp_path: Path) -> None:
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    lora = random_lora(Family.SD15, rank=4, dora=True)
    write_lora(source, lora, LoraLayout.KOHYA, SD15, torch.float32, {})
    use(Resize, source=source, target=target, rank=2)
    found = read_lora(target, SD15)
    assert all(torch.equal(found.modules[address][DORA], layer[DORA]) for address, layer in lora.modules.items())


def test_other_kinds_are_refused_and_a_stop_leaves_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    lora = demo_lora(source)
    with pytest.raises(Stopped):
        run_tool(Resize(source=str(source), target=str(target)), lambda event: None, stopped())
    address = next(iter(lora.modules))
    odd = Lora({address: {**lora.modules[address], "lora_mid.weight": torch.ones(1)}}, SD15)
    write_lora(source, odd, LoraLayout.KOHYA, SD15, torch.float32, {})
    with pytest.raises(UserError, match=r"only plain LoRA and DoRA can be resized.* merge it into its model, then extract"):
        use(Resize, source=source, target=target)
    with pytest.raises(Invalid, match="is one of the sources"):
        use(Resize, source=source, target=source, overwrite=True)
    assert not target.exists()
    assert UP in read_lora(source, SD15).modules[address]
