"""New words: what they begin as, what of the model they touch (nothing), and what other programs make of the files."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from modules.checkpoints.embedding_file import read_embedding, save_embedding
from modules.methods import NewWords, make
from modules.models.base import Model
from modules.models.sd15 import StableDiffusion15
from modules.train import train
from onetrainer_clone.families import Family
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.method import NEW_WORDS
from onetrainer_clone.state.saving import EmbeddingLayout
from tests.modules.checkpoints.tiny import tiny_model
from tests.modules.methods.test_lora import disturb, outputs, state_with
from tests.modules.small import demo_model, run, same, small_state, stepped
from tests.world.pipeline import load_pipeline

CAPTION = "a <new> circle"


def taught(*words: dict[str, Any], **changes: Any) -> TrainingState:
    method = changes.pop("method", "EMBEDDING")
    return state_with(method=method, embedding__words=[{"placeholder": "<new>", **word} for word in words], **changes)


def matrix(model: Model, part: str = "text_encoder") -> Tensor:
    encoder: Any = model.text_encoders[part]
    weight: Tensor = encoder.get_input_embeddings().weight
    return weight


def rows_of(model: StableDiffusion15, text: str) -> Tensor:
    return matrix(model)[model.tokenizer(text, add_special_tokens=False).input_ids]


@pytest.mark.parametrize(
    ("text", "count", "picked"),
    [
        ("red circle", None, [[0], [1]]),
        ("red circle", 2, [[0], [1]]),
        ("red circle", 1, [[0, 1]]),
        ("red circle", 4, [[0], [0], [1], [1]]),
        ("red blue circle", 2, [[0], [1, 2]]),
    ],
)
def test_it_begins_as_its_text(
    text: str, count: int | None, picked: list[list[int]], fresh_model: StableDiffusion15
) -> None:
    rows = rows_of(fresh_model, text)
    words = NewWords(fresh_model, taught({"initial_text": text, "vectors": count}))
    expected = torch.stack([rows[which].mean(0) for which in picked])
    assert torch.equal(words.vectors[0]["text_encoder"], expected)


def test_a_word_that_begins_as_another_is_read_like_it(fresh_model: StableDiffusion15) -> None:
    with torch.no_grad():
        before = outputs(fresh_model), fresh_model.encode_text(fresh_model.tokenize(["a red circle"])).states
        NewWords(fresh_model, taught({"initial_text": "red"}))
        after = outputs(fresh_model), fresh_model.encode_text(fresh_model.tokenize([CAPTION])).states
    assert torch.equal(before[1], after[1])
    assert all(torch.equal(a, b) for a, b in zip(before[0], after[0], strict=True))


def test_only_the_vectors_get_gradients_also_where_no_caption_holds_the_word(fresh_model: StableDiffusion15) -> None:
    trained = make(fresh_model, (state := taught({"vectors": 2})), NewWords(fresh_model, state))
    assert {part: list(named) for part, named in trained.parts.items()} == {NEW_WORDS: ["embedding.<new>.text_encoder"]}
    for captions, learns in ((["a red circle"], False), ([CAPTION, "a red circle"], True)):
        fresh_model.encode_text(fresh_model.tokenize(captions)).states.square().mean().backward()
        [vectors] = trained.parameters
        assert vectors.grad is not None
        assert bool((vectors.grad != 0).any()) is learns
    everything = [p for part in fresh_model.parts.values() for p in part.parameters()]
    assert not any(p.requires_grad for p in everything)


def test_the_base_is_the_word_as_it_began(fresh_model: StableDiffusion15) -> None:
    words = NewWords(fresh_model, taught({"initial_text": "red"}))
    tokens = fresh_model.tokenize([CAPTION])
    with torch.no_grad():
        before = fresh_model.encode_text(tokens).states
        disturb(words.trained())
        learned = fresh_model.encode_text(tokens).states
        with words.trained().base():
            base = fresh_model.encode_text(tokens).states
        assert torch.equal(fresh_model.encode_text(tokens).states, learned)
    assert torch.equal(base, before)
    assert not torch.equal(learned, before)


def test_the_norm_is_kept(fresh_model: StableDiffusion15) -> None:
    words = NewWords(fresh_model, taught({"initial_text": "red circle"}, embedding__preserve_norm=True))
    trained, norms = words.trained(), words.vectors[0]["text_encoder"].detach().norm(dim=1)
    disturb(trained, 0.5)
    with torch.no_grad():
        assert torch.allclose(trained.embeddings()["<new>"]["text_encoder"].norm(dim=1), norms)
        assert not torch.allclose(words.vectors[0]["text_encoder"].norm(dim=1), norms)
    trained.after_step()
    assert torch.allclose(words.vectors[0]["text_encoder"].detach().norm(dim=1), norms)


def test_a_word_that_is_not_trained_is_read_from_its_file_and_stays(tmp_path: Path) -> None:
    model, path = demo_model(), tmp_path / "new.safetensors"
    vectors = torch.randn(3, matrix(model).shape[1], generator=torch.Generator().manual_seed(1))
    save_embedding(path, {"text_encoder": vectors}, EmbeddingLayout.SAFETENSORS, {})
    words = NewWords(model, taught({"source": str(path), "train": False}))
    assert torch.equal(words.vectors[0]["text_encoder"], vectors)
    assert words.trained().parts == {}
    assert words.trained().embeddings() == {}


def test_files_for_another_model_are_refused(tmp_path: Path, fresh_model: StableDiffusion15) -> None:
    path = tmp_path / "new.safetensors"
    save_embedding(path, {"text_encoder": torch.ones(1, 768)}, EmbeddingLayout.SAFETENSORS, {})
    with pytest.raises(UserError, match="it is 768 wide, not 96"):
        NewWords(fresh_model, taught({"source": str(path)}))


@pytest.mark.parametrize("layout", EmbeddingLayout)
def test_diffusers_reads_the_file_as_what_was_trained(layout: EmbeddingLayout, tmp_path: Path) -> None:
    changes = {"method": "EMBEDDING", "learning_rate.embedding": 1e-2, "saving.embedding_layout": layout}
    changes |= {"embedding.words": [{"placeholder": "sks", "initial_text": "red circle", "vectors": 3}]}
    train(small_state(tmp_path, **changes), lambda event: None, Controls())
    [path] = (tmp_path / "workspace" / "run" / "saves").iterdir()
    assert path.stem == "sks"
    vectors = read_embedding(path)["text_encoder"]
    state = taught({"placeholder": "sks", "source": str(path), "train": False})
    model = demo_model()
    NewWords(model, state)
    assert not torch.equal(vectors, rows_of(demo_model(), "red circle")[[0, 0, 1]])
    pipeline = load_pipeline()
    pipeline.load_textual_inversion(str(path), token="sksnew")
    with torch.no_grad():
        theirs, _ = pipeline.encode_prompt("a sksnew on white", "cpu", 1, False)
        ours = model.encode_text(model.tokenize(["a sks on white"])).states
    assert torch.equal(ours, theirs)


def test_a_picture_is_learned_by_the_word_alone(tmp_path: Path, cache: Path) -> None:
    """The loss of a subject falls while every weight of the model stays as it was."""
    changes = {
        "method": "EMBEDDING", "learning_rate.embedding": 5e-2, "saving.cache": str(cache), "training.steps": 60,
        "embedding.words": [{"placeholder": "sks", "vectors": 4}], "concepts": [
            {"name": "subject", "path": "demo:concepts/subject", "balance": "SAMPLES", "samples": 4}
        ],
    }  # fmt: skip
    found = [event.loss for event in stepped(run(small_state(tmp_path, **changes))[1])]
    still = small_state(tmp_path / "still", **{**changes, "learning_rate.embedding": 1e-9})
    untaught = [event.loss for event in stepped(run(still)[1])]
    assert sum(found[-20:]) < 0.85 * sum(untaught[-20:])  # the same noise and pictures at every step


def test_beside_a_lora_both_learn_and_have_files(tmp_path: Path, cache: Path) -> None:
    changes = {"saving.cache": str(cache), "embedding.words": [{"placeholder": "sks", "initial_text": "red"}]}
    lora, events = run(small_state(tmp_path, **changes))
    names = sorted(path.name for path in (tmp_path / "workspace" / "run" / "saves").iterdir())
    assert names == ["run.safetensors", "sks.safetensors"]
    assert set(stepped(events)[-1].learning_rate) == {"unet", "text_encoder", "embedding"}
    other, _ = run(small_state(tmp_path / "alone", **{**changes, "embedding.words": []}))
    assert not same(lora, other)


@pytest.mark.parametrize("dtype", ["FP32", "BF16"])
def test_sdxl_learns_in_both_encoders(dtype: str) -> None:
    model = tiny_model(Family.SDXL, text_encoder_dtype=dtype, text_encoder_2_dtype=dtype)
    with torch.no_grad():
        before = model.encode_text(model.tokenize(["a red circle"]))
    state = taught({"initial_text": "red"}, model__type="SDXL")
    words = NewWords(model, state)
    with torch.no_grad():
        after = model.encode_text(model.tokenize([CAPTION]))
    assert torch.equal(before.states, after.states)
    assert before.pooled is not None
    assert after.pooled is not None
    assert torch.equal(before.pooled, after.pooled)
    text = model.encode_text(model.tokenize([CAPTION]))
    assert text.pooled is not None
    (text.states.square().sum() + text.pooled.square().sum()).backward()
    assert list(words.vectors[0]) == ["text_encoder", "text_encoder_2"]
    assert all(p.grad is not None and bool(p.grad.any()) for p in words.vectors[0].values())
    assert not any(p.requires_grad for part in model.parts.values() for p in part.parameters())


def test_a_saved_model_knows_nothing_of_the_words(fresh_model: StableDiffusion15) -> None:
    plain = fresh_model.tokenizer
    trained = NewWords(fresh_model, taught({})).trained()
    assert fresh_model.tokenizer is not plain
    with trained.as_files():
        assert fresh_model.tokenizer is plain
    assert fresh_model.tokenizer is not plain
    assert len(plain) < len(fresh_model.tokenizer)
