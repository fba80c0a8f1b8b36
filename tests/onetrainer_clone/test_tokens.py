"""Tokens counted without torch: the same counts as the model's own tokenizer gives."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from onetrainer_clone.paths import DEMO, resolve
from onetrainer_clone.state.model import ModelSettings
from onetrainer_clone.tokens import counter, counts, room, too_long

TOKENIZER = DEMO / "model" / "tokenizer"
REFERENCE = Tokenizer.from_file(str(TOKENIZER / "tokenizer.json"))
ODD_WORDS = ["a", "sks", "circle", "İ", "ﬁ", "e\u0301", "🐈‍⬛", "猫", "\u00a0", "\t", "'s", "<|x|>"]
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text("a red cat, on THE blue (background:1.2) it's 1234 don't we'll", max_size=120),
    st.lists(
        st.sampled_from(["a", "sks", "circle", "İ", "ﬁ", "e\u0301", "🐈‍⬛", "猫", "\u00a0", "\t", "'s", "<|x|>"])
    ).map(" ".join),
)


def by_the_model(text: str) -> int:
    return len(REFERENCE.encode(text, add_special_tokens=False).ids)


@pytest.fixture(scope="module", params=[("tokenizer.json",), ("vocab.json", "merges.txt")], ids=" ".join)
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """The demo's tokenizer, read from one file or put together from two."""
    folder = tmp_path_factory.mktemp("model") / "tokenizer"
    folder.mkdir()
    for name in request.param:
        shutil.copy(TOKENIZER / name, folder)
    found = counter(str(folder.parent))
    assert found is not None
    return found


@settings(max_examples=200, deadline=None)
@given(TEXTS)
@example("")
@example("  a   cat  ")
@example("a cat\nand a dog\r\n")
@example("\x1c\x1d a \x85 b \u2028 c \u3000 d")
@example("<|endoftext|> <|startoftext|>")
@example("a" * 400)
def test_counts_are_those_of_the_model_tokenizer(tokenizer: Tokenizer, text: str) -> None:
    assert counts(tokenizer, [text]) == [by_the_model(text)]


def test_many_captions_at_once_are_counted_in_their_order() -> None:
    texts = ["a cat", "", "a red circle on a blue background", "a cat"]
    assert counts(REFERENCE, texts) == [by_the_model(text) for text in texts]


def caption_of(length: int) -> str:
    text = " ".join(["a"] * length)
    assert by_the_model(text) == length
    return text


def test_the_window_holds_two_tokens_less_than_the_encoder_has_places() -> None:
    positions = json.loads((resolve("demo:model") / "text_encoder" / "config.json").read_text())[
        "max_position_embeddings"
    ]
    room = positions - 2
    assert too_long(ModelSettings(source="demo:model"), [caption_of(room), caption_of(room + 1), ""]) == [
        False,
        True,
        False,
    ]


def test_a_model_with_vocab_and_merges_alone_is_counted_too(tmp_path: Path) -> None:
    (tmp_path / "tokenizer").mkdir()
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(TOKENIZER / name, tmp_path / "tokenizer")
    assert too_long(ModelSettings(source=str(tmp_path)), [caption_of(75), caption_of(76)]) == [False, True]


@pytest.mark.parametrize("content", ["{}", "not JSON", '{"max_position_embeddings": "many"}', "[]"])
def test_a_damaged_configuration_leaves_the_usual_window(tmp_path: Path, content: str) -> None:
    shutil.copytree(TOKENIZER, tmp_path / "tokenizer")
    (tmp_path / "text_encoder").mkdir()
    (tmp_path / "text_encoder" / "config.json").write_text(content)
    assert too_long(ModelSettings(source=str(tmp_path)), [caption_of(75), caption_of(76)]) == [False, True]


@pytest.mark.parametrize("source", ["", "owner/name", "nowhere"])
def test_without_a_tokenizer_nothing_is_said_to_be_long(source: str) -> None:
    assert counter(source) is None
    assert too_long(ModelSettings(source=source), ["a " * 500]) == [False]


def test_a_damaged_tokenizer_is_none(tmp_path: Path) -> None:
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.json").write_text("{")
    assert too_long(ModelSettings(source=str(tmp_path)), ["a " * 500]) == [False]


def test_every_window_more_holds_as_many_tokens_more() -> None:
    captions = [caption_of(number) for number in (75, 76, 150, 151)]
    for windows, expected in ((1, [False, True, True, True]), (2, [False, False, False, True])):
        model = ModelSettings(source="demo:model", text_windows=windows)
        assert room(model) == 75 * windows
        assert too_long(model, captions) == expected
