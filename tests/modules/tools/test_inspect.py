"""What is said about a file."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from modules.checkpoints.embedding_file import save_embedding
from modules.checkpoints.lora import write_lora
from modules.tools.delta import change
from onetrainer_clone.events import Event, Inspected, from_json, to_json
from onetrainer_clone.families import Family
from onetrainer_clone.inspection import Report, as_json, as_text, blocks, inspect_header
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state.saving import EmbeddingLayout, LoraLayout
from onetrainer_clone.tools import Inspect
from tests.modules.checkpoints.loras import names, parts, random_lora
from tests.modules.checkpoints.test_lora import real_size
from tests.modules.tools.making import use, write_model


def found(events: list[Event]) -> Report:
    [report] = [event.report for event in events if isinstance(event, Inspected)]
    return report


def test_a_lora_by_its_header_and_by_its_weights(tmp_path: Path) -> None:
    path = tmp_path / "lora.safetensors"
    lora = random_lora(Family.SD15, convs=True)
    tags = {"ss_tag_frequency": json.dumps({"cats": {"a cat": 3, "sitting": 1}}), "ss_seed": "7"}
    write_lora(path, lora, LoraLayout.KOHYA, names(Family.SD15), torch.float16, tags)
    by_header, whole = inspect_header(path), found(use(Inspect, source=path))
    assert by_header.kind == whole.kind == "a LoRA"
    assert by_header.dtypes == {"F16": 302 * 3}
    assert by_header.ranks == whole.ranks == {2: 252, 3: 50}
    assert as_json(by_header)["metadata"]["ss_tag_frequency"] == {"cats": {"a cat": 3, "sitting": 1}}
    assert by_header.broken is None
    assert whole.broken == ()
    norms = {block.name: block.norm for block in whole.blocks}
    assert {
        "unet.down_blocks.0",
        "unet.mid_block",
        "unet.up_blocks.3",
        "text_encoder.text_model.encoder.layers.3",
    } <= set(norms)
    middle = [layer for (part, path), layer in lora.modules.items() if part == "unet" and path.startswith("mid_block")]
    expected = sum(float(change(layer).detach().double().square().sum()) for layer in middle) ** 0.5
    assert norms["unet.mid_block"] == pytest.approx(expected, rel=1e-2)
    text = as_text(whole)
    assert "a LoRA" in text
    assert "ss_tag_frequency: a cat 3, sitting 1" in text
    assert "NaN or infinity: none" in text


def test_blocks_are_listed_as_they_are_counted() -> None:
    numbers = ["10", "2", "0", "1", "11"]
    shapes = {f"model.diffusion_model.input_blocks.{number}.0.weight": (2, 3) for number in numbers}
    found = list(blocks({**shapes, "first_stage_model.encoder.conv_in.weight": (1,)}))
    assert [block.name.rpartition(".")[2] for block in found] == ["encoder", "0", "1", "2", "10", "11"]
    assert found[-1].numbers == 6


@pytest.mark.parametrize(("width", "base"), [(768, "SD 1.5"), (1024, "SD 2"), (2048, "SDXL"), (96, "")])
def test_the_model_that_a_lora_is_for(tmp_path: Path, width: int, base: str) -> None:
    save_file(real_size(width), tmp_path / "lora.safetensors")
    assert inspect_header(tmp_path / "lora.safetensors").base == base


def test_nan_and_infinity_are_named(tmp_path: Path) -> None:
    tensors = {
        "a.weight": torch.ones(4),
        "b.weight": torch.tensor([1.0, float("nan")]),
        "c.x": torch.tensor(float("inf")),
    }
    save_file(tensors, tmp_path / "it.safetensors")
    assert set(found(use(Inspect, source=tmp_path / "it.safetensors")).broken or ()) == {"b.weight", "c.x"}


def test_a_model_as_file_and_as_folder(tmp_path: Path) -> None:
    path = write_model(tmp_path / "cat.safetensors", Family.SDXL)
    report = found(use(Inspect, source=path))
    assert report.kind == "an SDXL checkpoint"
    norms = {block.name: block.norm for block in report.blocks}
    weights = [p for n, p in parts(Family.SDXL)["unet"].named_parameters() if n.startswith("mid_block")]
    expected = float(torch.stack([p.detach().double().square().sum() for p in weights]).sum().sqrt())
    middle = [norm for name, norm in norms.items() if name.startswith("model.diffusion_model.middle_block")]
    assert sum(norm**2 for norm in middle if norm) ** 0.5 == pytest.approx(expected)
    folder = tmp_path / "folder"
    (folder / "unet").mkdir(parents=True)
    save_file({"mid_block.weight": torch.ones(4)}, folder / "unet" / "model.safetensors")
    assert found(use(Inspect, source=folder)).keys == ("unet.mid_block.weight",)
    (folder / "unet" / "model.safetensors").rename(tmp_path / "cat" / "unet" / "model.safetensors")
    assert found(use(Inspect, source=tmp_path / "cat")).kind == "an SDXL checkpoint as a diffusers folder"


def test_embeddings_and_pytorchs_own_files(tmp_path: Path) -> None:
    save_embedding(tmp_path / "e.pt", {"text_encoder": torch.ones(2, 768)}, EmbeddingLayout.PT, {})
    report = found(use(Inspect, source=tmp_path / "e.pt"))
    assert (report.kind, report.base, report.shapes) == ("an embedding", "SD 1.5", {"string_to_param.*": (2, 768)})
    torch.save({"state_dict": {"a": torch.ones(3)}}, tmp_path / "m.ckpt")
    assert found(use(Inspect, source=tmp_path / "m.ckpt")).keys == ("a",)


def test_the_report_crosses_a_process_and_damaged_files_are_refused(tmp_path: Path) -> None:
    save_file(real_size(768), tmp_path / "lora.safetensors")
    [event] = [event for event in use(Inspect, source=tmp_path / "lora.safetensors") if isinstance(event, Inspected)]
    again = from_json(json.loads(json.dumps(to_json(event))))
    assert isinstance(again, Inspected)
    assert again == event
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(Invalid, match=r"a\.json' is no file of weights: \.safetensors, .* can be inspected"):
        use(Inspect, source=tmp_path / "a.json")
    (tmp_path / "lora.safetensors").write_bytes(b"nothing")
    with pytest.raises(UserError, match="damaged"):
        use(Inspect, source=tmp_path / "lora.safetensors")
