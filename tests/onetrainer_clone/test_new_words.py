"""New words in a tokenizer: what a placeholder becomes, and that all other text stays as it was."""

import pytest
from tokenizers import Tokenizer

from onetrainer_clone.new_words import occurs, teach
from onetrainer_clone.state.embedding import file_name
from onetrainer_clone.state.model import ModelSettings
from onetrainer_clone.tokens import counter, too_long

START = 705  # how many tokens the demo's tokenizer knows


@pytest.fixture
def tokenizer() -> Tokenizer:
    """A copy: the one of `counter` is shared."""
    found = counter("demo:model")
    assert found is not None
    return Tokenizer.from_str(found.to_str())


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return found


def test_a_placeholder_becomes_its_own_ids_behind_the_known_ones(tokenizer: Tokenizer) -> None:
    before = ids(tokenizer, "a red circle"), tokenizer.get_vocab_size()
    found = teach(tokenizer, {"<my-cat>": 3, "sks": 1})
    assert found == {"<my-cat>": [START, START + 1, START + 2], "sks": [START + 3]}
    assert before == (ids(tokenizer, "a red circle"), START)
    assert ids(tokenizer, "<my-cat>") == found["<my-cat>"]
    assert ids(tokenizer, "a red circle <my-cat>, sks.")[:7] == [*before[0], *found["<my-cat>"], *ids(tokenizer, ",")]


@pytest.mark.parametrize("text", ["<MY-Cat>", "  <my-cat>  ", "<my-cat>"])
def test_capitals_and_spaces_do_not_count(tokenizer: Tokenizer, text: str) -> None:
    assert ids(tokenizer, text) == teach(tokenizer, {"<my-cat>": 2})["<my-cat>"] or ids(tokenizer, text) == [705, 706]


def test_inside_another_word_it_is_not_meant(tokenizer: Tokenizer) -> None:
    before = ids(tokenizer, "asks skss")
    teach(tokenizer, {"sks": 2})
    assert ids(tokenizer, "asks skss") == before
    assert ids(tokenizer, "(sks)")[1:3] == [705, 706]


def test_of_two_that_begin_alike_the_longer_is_found(tokenizer: Tokenizer) -> None:
    found = teach(tokenizer, {"*cat": 1, "*cat*": 1})
    assert ids(tokenizer, "*cat* *cat") == [*found["*cat*"], *found["*cat"]]


@pytest.mark.parametrize(
    ("text", "expected"), [("a <Cat>", True), ("a cat", False), ("<cat>s", True), ("x<cat>", True), ("", False)]
)
def test_occurs(text: str, expected: bool) -> None:
    assert occurs("<cat>", text) is expected


@pytest.mark.parametrize(("text", "expected"), [("a sks", True), ("asks", False), ("sks, a", True), ("SKS", True)])
def test_a_word_of_letters_occurs_as_a_word(text: str, expected: bool) -> None:
    assert occurs("sks", text) is expected


def test_vectors_take_places_in_the_window(tokenizer: Tokenizer) -> None:
    model = ModelSettings(source="demo:model")
    text = "sks " + " ".join(["red"] * 18)
    assert too_long(model, [text]) == [False]
    assert too_long(model, [text], {"sks": 60}) == [True]
    assert too_long(model, [text]) == [False]


@pytest.mark.parametrize(
    ("placeholder", "name"),
    [("<my-cat>", "my-cat"), ("<a:b/c>", "a_b_c"), ("<猫>", "猫"), ("<con>", "run"), ("<LPT1>", "run"), ("<?>", "run")],
)
def test_the_file_of_a_word_has_a_name_that_every_system_takes(placeholder: str, name: str) -> None:
    assert file_name(placeholder, "run") == name
