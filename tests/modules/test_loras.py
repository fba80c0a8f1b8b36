"""LoRA files on a model that is drawn with: what every kind does to it, and that it comes off again bit for bit."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from modules.checkpoints.live_names import names_of
from modules.checkpoints.lora import Lora, write_lora
from modules.loras import Changing, add_files
from modules.models.base import Model
from modules.tools.delta import applied
from modules.tools.merge import live
from onetrainer_clone.drawing import Drawing, LoraFile
from onetrainer_clone.grid import Column, Worn
from onetrainer_clone.lora_names import ALPHA, DORA, DOWN, UP
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.model import ModelSettings
from onetrainer_clone.state.saving import LoraLayout
from tests.modules.small import demo_model

ADDRESSES = [
    ("unet", "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"),
    ("text_encoder", "text_model.encoder.layers.0.mlp.fc1"),
]


def layer(kind: str, weight: Tensor) -> dict[str, Tensor]:
    chance = torch.Generator().manual_seed(2)
    rows, columns = weight.shape
    if kind == "loha":
        halves = {f"hada_w{i}_a": torch.randn(rows, 2, generator=chance) * 0.3 for i in (1, 2)}
        return halves | {f"hada_w{i}_b": torch.randn(2, columns, generator=chance) * 0.3 for i in (1, 2)}
    found = {DOWN: torch.randn(2, columns, generator=chance) * 0.2, UP: torch.randn(rows, 2, generator=chance) * 0.2}
    found[ALPHA] = torch.tensor(2.0)
    return found | ({DORA: weight.norm(dim=1, keepdim=True) * 1.5} if kind == "dora" else {})


def lora_file(path: Path, model: Model, kind: str) -> Lora:
    modules = {address: layer(kind, weight(model, address)) for address in ADDRESSES}
    lora = Lora(modules, names_of(model.parts))
    write_lora(path, lora, LoraLayout.KOHYA, names_of(model.parts), torch.float32, {})
    return lora


def weight(model: Model, address: tuple[str, str]) -> Tensor:
    return live(model.parts[address[0]], address).weight.data


@pytest.mark.parametrize("kind", ["lora", "dora", "loha"])
def test_every_kind_is_worn_and_taken_off_again(tmp_path: Path, kind: str) -> None:
    path, base = tmp_path / "a.safetensors", demo_model()
    lora = lora_file(path, base, kind)
    changing = Changing(Drawing(model=ModelSettings(source="demo:model")))
    for strength in (1.0, 0.5, 1.0):
        model = changing.wear(Column("", loras=(Worn(str(path), strength),)))
        for address in ADDRESSES:
            expected = applied(weight(base, address), lora.modules[address], strength)
            assert torch.equal(weight(model, address), expected)
            assert not torch.equal(expected, weight(base, address))
    model = changing.wear(Column(""))
    before, after = base.unet.state_dict(), model.unet.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(torch.equal(weight(model, address), weight(base, address)) for address in ADDRESSES)
    assert changing.loads == 1


def test_several_files_add_up_and_one_for_another_model_is_refused(tmp_path: Path) -> None:
    path, base, model = tmp_path / "a.safetensors", demo_model(), demo_model()
    lora = lora_file(path, base, "lora")
    add_files(model, [LoraFile(path=str(path)), LoraFile(path=str(path), strength=-0.25)], [])
    for address in ADDRESSES:
        expected = applied(weight(base, address), lora.modules[address], 0.75)
        assert torch.allclose(weight(model, address), expected, atol=1e-6)
    path.write_bytes(path.read_bytes().replace(b"mid_block_attentions_0", b"mid_block_attentions_9"))
    with pytest.raises(UserError, match=r"keys are not understood: 'lora_unet_mid_block_attentions_9"):
        add_files(model, [LoraFile(path=str(path))], [])
