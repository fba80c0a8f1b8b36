"""LoRA and embedding files for other programs, and in other types."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from modules.checkpoints.embedding_file import read_embedding, save_embedding
from modules.checkpoints.lora import read_lora, write_lora
from modules.tools.delta import change
from onetrainer_clone.events import Warned
from onetrainer_clone.families import Family
from onetrainer_clone.safetensors_header import read_header
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state.saving import EmbeddingLayout, LoraLayout
from onetrainer_clone.tools import Convert
from tests.modules.checkpoints.loras import names, random_lora
from tests.modules.tools.making import saved, use, write_model


@pytest.mark.parametrize("there", LoraLayout)
@pytest.mark.parametrize("form", ["ORIGINAL", "DIFFUSERS"])
def test_a_lora_in_another_layout_does_the_same(tmp_path: Path, there: LoraLayout, form: str) -> None:
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    lora = random_lora(Family.SD15, convs=True)
    write_lora(source, lora, there, names(Family.SD15), torch.float32, {"ss_seed": "7"})
    assert saved(use(Convert, source=source, target=target, form=form)) == [str(target)]
    keys = set(load_file(target))
    assert all(key.startswith("lora_") == (form == "ORIGINAL") for key in keys)
    found = read_lora(target, names(Family.SD15))
    assert found.modules.keys() == lora.modules.keys()
    assert all(torch.allclose(change(found.modules[a]), change(layer), atol=1e-7) for a, layer in lora.modules.items())
    assert read_header(target).metadata["ss_seed"] == "7"
    assert {tensor.dtype for tensor in load_file(target).values()} == {torch.float32}


@pytest.mark.parametrize("form", ["ORIGINAL", "DIFFUSERS"])
def test_words_in_a_loras_file_stay_where_the_layout_holds_them(tmp_path: Path, form: str) -> None:
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    lora = replace(random_lora(Family.SD15), words={"sks": {"text_encoder": torch.ones(2, 768)}})
    write_lora(source, lora, LoraLayout.KOHYA, names(Family.SD15), torch.float32, {})
    events = use(Convert, source=source, target=target, form=form)
    said = [event.message for event in events if isinstance(event, Warned)]
    left_out = ["Left out, as diffusers' layout has no place for them: the new words 'sks'"]
    assert said == (left_out if form == "DIFFUSERS" else [])
    assert set(read_lora(target, names(Family.SD15)).words) == (set() if form == "DIFFUSERS" else {"sks"})


def test_a_lora_in_another_type(tmp_path: Path) -> None:
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    write_lora(source, random_lora(Family.SD15), LoraLayout.KOHYA, names(Family.SD15), torch.float32, {})
    use(Convert, source=source, target=target, dtype="BF16")
    assert {tensor.dtype for tensor in load_file(target).values()} == {torch.bfloat16}
    with pytest.raises(UserError, match=r"a LoRA has no 'A1111 .pt' file"):
        use(Convert, source=source, target=tmp_path / "b.pt", form="PT")


@pytest.mark.parametrize("there", EmbeddingLayout)
@pytest.mark.parametrize(
    ("form", "suffix"), [("ORIGINAL", ".safetensors"), ("DIFFUSERS", ".safetensors"), ("PT", ".pt")]
)
def test_an_embedding_in_every_layout(tmp_path: Path, there: EmbeddingLayout, form: str, suffix: str) -> None:
    vectors = {"text_encoder": torch.randn(2, 768)}
    source = tmp_path / ("a.pt" if there is EmbeddingLayout.PT else "a.safetensors")
    save_embedding(source, vectors, there, {})
    target = tmp_path / f"b{suffix}"
    use(Convert, source=source, target=target, form=form, token="<cat>")
    assert torch.equal(read_embedding(target)["text_encoder"], vectors["text_encoder"])
    if form == "DIFFUSERS":
        assert set(load_file(target)) == {"<cat>"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"source": ""}, "source: choose a file"),
        ({"source": "gone.safetensors"}, "there is no file 'gone.safetensors'"),
        ({"target": ""}, "target: say what"),
        ({"target": "{}/a.safetensors"}, "is one of the sources"),
        ({"target": "{}/./a.safetensors"}, "is one of the sources"),
        ({"target": "{}/there.safetensors"}, "is there already"),
        ({"target": "{}/b.bin"}, "must end in .safetensors"),
        ({"target": "{}/b.safetensors", "form": "PT"}, "must end in .pt"),
        ({"source": "demo:model", "target": "{}/folder"}, "(--form DIFFUSERS)"),
        ({"target": "{}/a.safetensors/b.safetensors"}, "a.safetensors' is a file"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_read(tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    for name in ("a", "there"):
        write_lora(
            tmp_path / f"{name}.safetensors",
            random_lora(Family.SD15),
            LoraLayout.KOHYA,
            names(Family.SD15),
            torch.float32,
            {},
        )
    asked = {"source": f"{tmp_path}/a.safetensors", "target": f"{tmp_path}/new.safetensors", **settings}
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(Invalid) as error:
        use(Convert, **{name: value.replace("{}", str(tmp_path)) for name, value in asked.items()})
    assert words in str(error.value)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_there_is_replaced_only_if_that_is_wanted(tmp_path: Path) -> None:
    source, target = tmp_path / "a.pt", tmp_path / "b.safetensors"
    save_embedding(source, {"text_encoder": torch.ones(1, 768)}, EmbeddingLayout.PT, {})
    target.write_bytes(b"old")
    use(Convert, source=source, target=target, overwrite=True)
    assert read_embedding(target)["text_encoder"].sum() == 768


@pytest.mark.parametrize("family", [Family.SD15, Family.SDXL])
def test_a_model_goes_to_a_folder_and_back_bit_for_bit(tmp_path: Path, family: Family) -> None:
    source = write_model(tmp_path / "a.safetensors", family)
    use(Convert, source=source, target=tmp_path / "b", form="DIFFUSERS")
    assert (tmp_path / "b" / "model_index.json").is_file()
    use(Convert, source=tmp_path / "b", target=tmp_path / "c.safetensors")
    before, after = load_file(source), load_file(tmp_path / "c.safetensors")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    use(Convert, source=source, target=tmp_path / "half.safetensors", dtype="FP16")
    half = load_file(tmp_path / "half.safetensors")
    assert all(torch.equal(half[name], before[name].to(half[name].dtype)) for name in before)
    assert {tensor.dtype for name, tensor in half.items() if "position_ids" not in name} == {torch.float16}
    with pytest.raises(Invalid, match="must be a folder"):
        use(Convert, source=source, target=tmp_path / "d.safetensors", form="DIFFUSERS")
    with pytest.raises(Invalid, match="is one of the sources"):
        use(Convert, source=tmp_path / "b", target=tmp_path / "b" / "unet" / "x.safetensors", overwrite=True)
