"""Words from embedding files and from LoRA files in what is drawn: on the command line's way, in a grid, and off again."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from modules.checkpoints.embedding_file import save_embedding
from modules.checkpoints.live_names import names_of
from modules.checkpoints.lora import Lora, read_lora, write_lora
from modules.loras import Changing, add_files, teach
from modules.models.base import Model
from modules.sample import sample_pictures
from modules.words import Vectors, matrix
from onetrainer_clone.drawing import Drawing, EmbeddingFile, problems
from onetrainer_clone.families import Family
from onetrainer_clone.grid import Called, Column, Worn
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import UserError, load
from onetrainer_clone.state.saving import EmbeddingLayout, LoraLayout
from tests.modules.checkpoints.tiny import tiny_model
from tests.modules.small import demo_model, run, small_state
from tests.modules.test_loras import ADDRESSES, layer, weight


def vectors(model: Model, count: int = 2, seed: int = 1) -> dict[str, Tensor]:
    chance = torch.Generator().manual_seed(seed)
    return {part: torch.randn(count, matrix(model, part).shape[1], generator=chance) for part in model.text_encoders}


def embedding(path: Path, model: Model, **more: Any) -> Path:
    save_embedding(path, vectors(model, **more), EmbeddingLayout.SAFETENSORS, {})
    return path


def bundle(path: Path, model: Model, words: dict[str, Vectors]) -> Path:
    names = names_of(model.parts)
    modules = {address: layer("lora", weight(model, address)) for address in ADDRESSES}
    write_lora(path, Lora(modules, names, words=words), LoraLayout.KOHYA, names, torch.float32, {})
    return path


def text(model: Model, caption: str) -> Tensor:
    with torch.no_grad():
        return model.encode_text(model.tokenize([caption])).states


def test_a_word_is_known_by_its_files_name_or_by_another(tmp_path: Path) -> None:
    model = demo_model()
    path = embedding(tmp_path / "Blob-step0000100.safetensors", model)
    before = text(model, "a blob on white")
    for file in (EmbeddingFile(path=str(path)), EmbeddingFile(path=str(path), word="circle")):
        known = teach(model, add_files(model, [], [file]))
        assert known is not None
        found = text(model, f"a {file.words[0]} on white")
        assert not torch.equal(found, before)
        assert torch.equal(found, text(model, f"a {file.words[-1].upper()} on white"))
        known.forget()
        assert torch.equal(text(model, "a blob on white"), before)


def test_a_file_for_another_model_and_two_of_one_word_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "blob.safetensors"
    save_embedding(path, {"text_encoder": torch.ones(1, 768)}, EmbeddingLayout.SAFETENSORS, {})
    with pytest.raises(UserError, match="it is 768 wide, not 96"):
        add_files(demo_model(), [], [EmbeddingFile(path=str(path))])
    save_embedding(path, {"text_encoder": torch.ones(1, 96)}, EmbeddingLayout.SAFETENSORS, {})
    twice = [{"path": str(path)}, {"path": str(path), "word": "BLOB"}, {"path": "gone.pt"}]
    wanted = load(Drawing, {"model": {"source": "demo:model"}, "embeddings": twice})
    assert [str(problem) for problem in problems(wanted)] == [
        "--embedding: two files are called 'BLOB': give one of them another word",
        "--embedding: there is no file 'gone.pt': was it moved or renamed?",
    ]


def test_in_a_grid_every_column_wears_its_own_words(tmp_path: Path) -> None:
    model = demo_model()
    always, own = (
        embedding(tmp_path / "always.safetensors", model),
        embedding(tmp_path / "own.safetensors", model, seed=2),
    )
    lora = bundle(tmp_path / "lora.safetensors", model, {"inside": vectors(model, seed=3)})
    changing = Changing(load(Drawing, {"model": {"source": "demo:model"}, "embeddings": [{"path": str(always)}]}))
    plain = {word: text(model, word) for word in ("always", "own", "inside")}
    other = text(model, "other")
    named = changing.wear(Column("", embeddings=(Called(str(own), "other"),)))
    assert torch.equal(text(named, "own"), plain["own"]), "it has another word there"
    assert not torch.equal(text(named, "other"), other)
    for column, known in (
        (Column(), {"always"}),
        (Column("", embeddings=(Called(str(own)),)), {"always", "own"}),
        (Column("", loras=(Worn(str(lora), 0.0),)), {"always", "inside"}),
        (Column("", loras=(Worn(str(lora), 0.5),), embeddings=(Called(str(own)),)), {"always", "inside", "own"}),
        (Column(), {"always"}),
    ):
        worn = changing.wear(column)
        assert {word for word in plain if not torch.equal(text(worn, word), plain[word])} == known
    assert changing.loads == 1


def test_pictures_differ_by_the_word_and_say_so(tmp_path: Path) -> None:
    path = embedding(tmp_path / "blob.safetensors", demo_model())
    prompt = {"text": "a blob", "steps": 2, "width": 32, "height": 32}
    for name, files in (("with", [{"path": str(path)}]), ("without", [])):
        wanted = {
            "model": {"source": "demo:model"},
            "prompts": [prompt],
            "folder": str(tmp_path / name),
            "embeddings": files,
        }
        sample_pictures(load(Drawing, wanted), lambda event: None, Controls())
    with_word, without = ((tmp_path / name / "000-seed0.png").read_bytes() for name in ("with", "without"))
    assert b"blob.safetensors:blob" in with_word
    assert b"blob.safetensors" not in without


@pytest.mark.parametrize("family", [Family.SD15, Family.SDXL])
def test_words_in_a_loras_file_come_back(family: Family, tmp_path: Path) -> None:
    model = tiny_model(family)
    words = {"<cat>": vectors(model), "a.dog": vectors(model, 1)}
    names, path = names_of(model.parts), tmp_path / "lora.safetensors"
    address = ADDRESSES[1]
    lora = Lora({address: layer("lora", weight(model, address))}, names, words=words)
    write_lora(path, lora, LoraLayout.KOHYA, names, torch.float32, {})
    ends = {Family.SD15: {"string_to_param.*"}, Family.SDXL: {"clip_l", "clip_g"}}[family]
    bundled = {name for name in load_file(path) if name.startswith("bundle_emb.")}
    assert bundled == {f"bundle_emb.{word}.{end}" for word in words for end in ends}
    found = read_lora(path, names)
    assert found.modules.keys() == lora.modules.keys()
    assert found.words.keys() == words.keys()
    assert all(torch.equal(found.words[word][part], words[word][part]) for word in words for part in words[word])
    with pytest.raises(UserError, match="no place in the diffusers layout: choose kohya's"):
        write_lora(path, lora, LoraLayout.DIFFUSERS, names, torch.float32, {})


@pytest.mark.parametrize("bundles", [True, False])
def test_a_run_bundles_where_it_is_asked_to(bundles: bool, tmp_path: Path, cache: Path) -> None:
    word = {"placeholder": "sks", "initial_text": "red"}
    changes = {"training.steps": 1, "embedding.words": [word], "saving.bundle_embeddings": bundles}
    run(small_state(tmp_path, **{"saving.cache": str(cache), **changes}))
    saves = tmp_path / "workspace" / "run" / "saves"
    found = read_lora(saves / "run.safetensors").words
    assert set(found) == ({"sks"} if bundles else set())
    if bundles:
        assert torch.equal(found["sks"]["text_encoder"], load_file(saves / "sks.safetensors")["emb_params"])
