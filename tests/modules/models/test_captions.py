"""Long captions in windows, against windows made by hand; in the cache, in batches and in drawing."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from modules.data.cache import Texts
from modules.models.base import Model, Text
from modules.sampling import draw
from onetrainer_clone.families import Family
from onetrainer_clone.session import Controls
from onetrainer_clone.state.sampling import Prompt
from tests.modules.checkpoints.tiny import tiny_model

START, END, CAT, DOG = 49406, 49407, 2368, 1929
FAMILIES = [Family.SD15, Family.SDXL]


@pytest.fixture(scope="module", params=FAMILIES, ids=[family.name for family in FAMILIES])
def model(request: pytest.FixtureRequest) -> Model:
    """A model that reads up to three windows."""
    return tiny_model(request.param, text_windows=3)


def window(words: list[int], pad: int) -> list[int]:
    return [START, *words, END, *[pad] * (75 - len(words))]


def pads(model: Model) -> list[int]:
    return [END, 0][: len(model.text_encoders)]


def test_windows_are_those_made_by_hand(model: Model) -> None:
    captions = ["cat " * 80 + "dog", "", "dog", "cat " * 300]
    found = model.tokenize(captions)
    assert found.shape == (4, len(model.text_encoders), 3 * 77)
    for encoder, pad in enumerate(pads(model)):
        empty, full = window([], pad), window([CAT] * 75, pad)
        assert found[0, encoder].tolist() == full + window([CAT] * 5 + [DOG], pad) + empty
        assert found[1, encoder].tolist() == empty * 3
        assert found[2, encoder].tolist() == window([DOG], pad) + empty * 2
        assert found[3, encoder].tolist() == full * 3


@pytest.mark.parametrize(("words", "windows"), [(0, 1), (75, 1), (76, 2), (150, 2), (151, 3), (400, 3)])
def test_as_many_windows_as_the_longest_caption_needs(model: Model, words: int, windows: int) -> None:
    assert model.tokenize(["cat " * words, "dog"]).shape[-1] == 77 * windows


def equal(a: Text, b: Text) -> None:
    torch.testing.assert_close(a.states, b.states, rtol=0, atol=1e-5)
    if a.pooled is not None and b.pooled is not None:
        torch.testing.assert_close(a.pooled, b.pooled, rtol=0, atol=1e-5)


@torch.no_grad()
def test_each_window_is_read_by_itself_and_laid_side_by_side(model: Model) -> None:
    tokens = model.tokenize(["cat " * 80, "dog"])
    pieces = [model.encode_text(piece) for piece in tokens.split(77, dim=-1)]
    found = model.encode_text(tokens)
    equal(found, Text(torch.cat([piece.states for piece in pieces], dim=1), pieces[0].pooled))
    assert (found.pooled is None) == (model.family is Family.SD15)
    short = model.encode_text(model.tokenize(["dog"]))
    torch.testing.assert_close(found.states[1, :77], short.states[0], rtol=0, atol=1e-5)


@torch.no_grad()
def test_the_cache_holds_windows_and_gives_what_the_model_reads(model: Model, tmp_path: Path) -> None:
    texts = Texts(model, tmp_path)
    captions = ["cat " * 80, "dog", ""]
    texts.fill(captions, lambda event: None, Controls())
    assert len(list(tmp_path.rglob("*.safetensors"))) == 4  # 75 cats, 5 cats, a dog, the empty window

    def never(tokens: Tensor) -> Text:
        raise AssertionError("read anew")

    batches = [captions, ["dog"], ["", "cat " * 80]]
    expected = [model.encode_text(model.tokenize(batch)) for batch in batches]
    kept, texts.model.encode_text = model.encode_text, never  # type: ignore[method-assign]
    try:
        for batch, text in zip(batches, expected, strict=True):
            equal(texts.embed(model.tokenize(batch)), text)
    finally:
        texts.model.encode_text = kept  # type: ignore[method-assign]


def test_a_long_prompt_is_drawn_with_a_short_negative(model: Model) -> None:
    long = Prompt(text="cat " * 100, negative="dog", seed=1, steps=2)
    cut = long.model_copy(update={"text": "cat " * 75})
    pictures = [draw(model, prompt, 64, Controls()) for prompt in (long, cut)]
    assert pictures[0].tobytes() != pictures[1].tobytes()
