"""Embedding files: what diffusers makes of them, and what is read from everybody's."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import CLIPTokenizer

from modules.checkpoints.embedding_file import SUFFIXES, embedding_metadata, read_embedding, save_embedding
from onetrainer_clone import clip_vocabulary
from onetrainer_clone.families import Family, family_of
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.saving import EmbeddingLayout
from tests.modules.checkpoints.loras import SCHEDULER
from tests.modules.checkpoints.tiny import tiny_parts

VECTORS = torch.randn(3, 32, generator=torch.Generator().manual_seed(1))
SD15 = {"text_encoder": VECTORS}
SDXL = {"text_encoder": torch.randn(2, 768), "text_encoder_2": torch.randn(2, 1280)}
_SAFETENSORS, _DIFFUSERS, _PT = EmbeddingLayout


@pytest.mark.parametrize("layout", EmbeddingLayout)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_every_layout_comes_back_bit_for_bit(tmp_path: Path, layout: EmbeddingLayout, dtype: torch.dtype) -> None:
    path = tmp_path / f"sks{SUFFIXES[layout]}"
    save_embedding(path, SD15, layout, {}, dtype=dtype)
    found = read_embedding(path)
    assert found.keys() == {"text_encoder"}
    assert torch.equal(found["text_encoder"], VECTORS.to(dtype))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("layout", EmbeddingLayout)
def test_diffusers_reads_every_layout(tmp_path: Path, layout: EmbeddingLayout) -> None:
    path = tmp_path / f"sks{SUFFIXES[layout]}"
    save_embedding(path, SD15, layout, {}, token="<sks>")
    parts: dict[str, Any] = tiny_parts(Family.SD15)
    tokenizer = CLIPTokenizer(vocab=dict(clip_vocabulary.vocabulary()), merges=list(clip_vocabulary.merges()))
    pipe = StableDiffusionPipeline(
        **parts,
        tokenizer=tokenizer,
        scheduler=SCHEDULER,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.load_textual_inversion(str(path), token="<sks>" if layout is _SAFETENSORS else None)
    ids = tokenizer.convert_tokens_to_ids(["<sks>", "<sks>_1", "<sks>_2"])
    assert len(set(ids)) == 3
    assert torch.equal(pipe.text_encoder.get_input_embeddings().weight[ids], VECTORS)


def test_sdxl_has_clip_l_and_clip_g(tmp_path: Path) -> None:
    path = tmp_path / "sks.safetensors"
    save_embedding(path, SDXL, _SAFETENSORS, embedding_metadata(Family.SDXL))
    stored = load_file(path)
    assert {name: tuple(tensor.shape) for name, tensor in stored.items()} == {"clip_l": (2, 768), "clip_g": (2, 1280)}
    found = read_embedding(path)
    assert found.keys() == SDXL.keys()
    assert all(torch.equal(found[part], SDXL[part]) for part in SDXL)
    for layout in (_DIFFUSERS, _PT):
        with pytest.raises(UserError, match=r"an SDXL embedding has no .* choose 'safetensors'"):
            save_embedding(tmp_path / "other", SDXL, layout, {})
    assert list(tmp_path.iterdir()) == [path]


def test_what_other_programs_write_is_read(tmp_path: Path) -> None:
    one, path = torch.randn(768), tmp_path / "it.pt"
    for content in (
        {"string_to_param": {"*": nn.Parameter(one[None])}, "string_to_token": {"*": 265}, "name": "x", "step": 5},
        {"<cat-toy>": one},
        {"<cat-toy>": one[None]},
    ):
        torch.save(content, path)
        assert torch.equal(read_embedding(path)["text_encoder"], one[None])
    for number, key in enumerate(("emb_params", "emp_params", "<cat-toy>", "string_to_param.*")):
        save_file({key: one[None]}, tmp_path / f"{number}.safetensors")
        assert torch.equal(read_embedding(tmp_path / f"{number}.safetensors")["text_encoder"], one[None])
        if "cat" not in key:
            assert family_of({key: (1, 768)}) is Family.EMBEDDING
    torch.save({"string_to_param": {"clip_l": one, "clip_g": one}}, path)
    assert set(read_embedding(path)) == {"text_encoder", "text_encoder_2"}


class Evil:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return eval, ("print('run')",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"<token>": Evil()}, "could run code"),
        ({"a": torch.ones(1, 768), "b": torch.ones(1, 768)}, "of one token: it holds 'a', 'b'"),
        ({}, "it holds nothing"),
        ([torch.ones(1, 768)], "holds a list"),
        ({"a": torch.ones(1, 2, 768)}, r"holds \[1, 2, 768\]"),
        ({"a": "text"}, "holds str"),
        ({"a": torch.ones(1, 1024)}, "Stable Diffusion 2"),
        ({"x.lora_down.weight": torch.ones(1, 8), "x.lora_up.weight": torch.ones(8, 1)}, "is a LoRA, not an embedding"),
    ],
)
def test_what_is_none_is_refused_in_words(tmp_path: Path, content: Any, message: str) -> None:
    torch.save(content, tmp_path / "it.pt")
    with pytest.raises(UserError, match=message):
        read_embedding(tmp_path / "it.pt")


def test_what_is_not_finite_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not finite in float16 \('text_encoder'\)"):
        save_embedding(tmp_path / "it.safetensors", {"text_encoder": VECTORS * 1e6}, _SAFETENSORS, {}, dtype=torch.half)
    assert not list(tmp_path.iterdir())
