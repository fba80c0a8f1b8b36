"""Declarations, values and paths: what one line of a settings class gives."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from onetrainer_clone.drawing import Drawing
from onetrainer_clone.settings import (
    Choice,
    Declaration,
    Invalid,
    Setting,
    Settings,
    changed,
    declaration_at,
    declarations,
    get,
    group,
    join,
    load,
    replace,
    setting,
    split,
    value_in_words,
    walk,
    when,
    why_not,
    without_effect,
)
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Balance, Concept
from onetrainer_clone.state.optimizer import Optimizer
from onetrainer_clone.state.sampling import Prompt
from tests.onetrainer_clone.making import make_state

FULL = make_state([{"name": "cat", "path": "cats"}], sampling={"prompts": [{"text": "a cat"}]})


class Fruit(Choice):
    APPLE = "APPLE", "Apple", "Red."
    CRAB_APPLE = "CRAB_APPLE", "Crab-apple no. 2"


class Bowl(Settings):
    size: int = setting(3, "Size", "How large.", ge=1, le=1_000_000, unit="cm")
    weight: float = setting(0.5, "Weight", "How heavy.", gt=0, lt=10)
    fruit: Fruit = setting(Fruit.APPLE, "Fruit", "What is in it.")
    lid: bool = setting(False, "Lid", "Closed or not.")
    lid_colour: str = setting("#000000", "Lid colour", "Seen from above.", pattern=r"^#[0-9a-f]{6}$", when=when("lid"))
    price: float | None = setting(None, "Price", "What it costs.", ge=0, empty="a gift")


class Table(Settings):
    bowl: Bowl = group(Bowl, "Bowl")
    bowls: tuple[Bowl, ...] = setting((), "Bowls", "More of them.")


def everything(settings: type[Settings], path: str = "") -> Iterator[tuple[str, Declaration]]:
    """Every declaration, of groups and lists too."""
    for name, declaration in declarations(settings).items():
        yield f"{path}{name}", declaration
        if inner := declaration.group or declaration.item:
            yield from everything(inner, f"{path}{name}.")


EVERY = [*everything(TrainingState), *everything(Drawing, "drawing.")]


def messages(call: Any, *arguments: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        call(*arguments)
    return [str(problem) for problem in caught.value.problems]


# What is declared


@pytest.mark.parametrize(("path", "declaration"), EVERY, ids=[path for path, _ in EVERY])
def test_every_setting_has_its_words_and_a_valid_default(path: str, declaration: Declaration) -> None:
    assert declaration.label[:1].strip(), "no label"
    assert declaration.label != declaration.name
    says_it_all = {"width", "height", "sampler"}  # 'Width' of a picture needs no more words
    assert declaration.tip or declaration.group or declaration.name in says_it_all, "no tip"
    assert not declaration.tip or declaration.tip.endswith("."), "a tip is a sentence"
    assert not (declaration.optional and not declaration.empty), "an empty value must be explained"
    for choice in declaration.choices:
        assert choice.label.strip()
    if declaration.group:
        assert declaration.default == declaration.group()


def test_every_default_passes_its_own_checks() -> None:
    for settings in (TrainingState, Drawing, Concept, Prompt):
        assert load(settings, settings().model_dump(mode="json")) == settings()


def test_every_condition_names_a_setting_and_values_that_it_can_have() -> None:
    conditions = [(found.path, one) for found in walk(FULL) for one in found.conditions]
    assert len(conditions) > 20
    for path, condition in conditions:
        declaration = declaration_at(FULL, condition.path[1:])
        owner = condition.path[1:]
        for value in condition.values:
            assert get(replace(FULL, owner, value), owner) == value, f"{path} waits for {owner} to be {value}"
        assert not declaration.choices or set(condition.values) < set(declaration.choices), (
            f"{path} always has an effect"
        )


def test_a_declaration_says_what_its_line_says() -> None:
    size, price = declarations(Bowl)["size"], declarations(Bowl)["price"]
    assert (size.label, size.tip, size.unit, size.default, size.type) == ("Size", "How large.", "cm", 3, int)
    assert (price.optional, price.type, price.empty) == (True, float, "a gift")
    assert declarations(Table)["bowl"].group is Bowl
    assert declarations(Table)["bowls"].item is Bowl
    assert declarations(Bowl)["fruit"].choices == (Fruit.APPLE, Fruit.CRAB_APPLE)


def test_limits_read_like_a_sentence() -> None:
    assert str(declarations(Bowl)["size"].limits) == "from 1 up to 1,000,000"
    assert str(declarations(Bowl)["weight"].limits) == "above 0 below 10"
    assert str(declarations(Bowl)["lid"].limits) == ""


# Values


def test_a_tree_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        FULL.training.epochs = 3  # type: ignore[misc]
    assert FULL.training.epochs == 100


def test_replace_makes_a_new_tree_and_leaves_the_old() -> None:
    new = replace(FULL, "concepts[0].loss_weight", 2)
    assert (get(new, "concepts[0].loss_weight"), get(FULL, "concepts[0].loss_weight")) == (2.0, 1.0)
    assert new.training is FULL.training


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("concepts[0].loss_weight", -1, "concepts[0].loss_weight: must be at least 0 (was -1)"),
        ("concepts[0].loss_weight", "-1", "concepts[0].loss_weight: must be at least 0 (was -1)"),
        ("training.batch_size", 0, "training.batch_size: must be at least 1 (was 0)"),
        ("training.batch_size", "many", "training.batch_size: must be a whole number (was 'many')"),
        ("training.batch_size", 1.5, "training.batch_size: must be a whole number (was 1.5)"),
        ("training.epochs", 2_000_000, "training.epochs: must be at most 1,000,000 (was 2000000)"),
        ("noise.offset", float("nan"), "noise.offset: must be a finite number (was nan)"),
        ("noise.offset", float("inf"), "noise.offset: must be a finite number (was inf)"),
        ("noise.offset", "-inf", "noise.offset: must be a finite number (was '-inf')"),
        ("training.unet", "perhaps", "training.unet: must be true or false (was 'perhaps')"),
        ("training.background", "red", "training.background: must be a colour, such as #ffffff for white (was 'red')"),
        ("model.source", 3, "model.source: must be a text (was 3)"),
        ("model.source", None, "model.source: must be a text (was empty)"),
        ("training.ema.decay", 1, "training.ema.decay: must be below 1 (was 1)"),
        ("concepts[0]", {"loss_weight": -1}, "concepts[0].loss_weight: must be at least 0 (was -1)"),
        ("concepts", [{"loss_weight": -1}], "concepts[0].loss_weight: must be at least 0 (was -1)"),
        ("concepts", 5, "concepts: must be a list (was 5)"),
        ("training", {"epochs": 0}, "training.epochs: must be at least 1 (was 0)"),
        ("training", [1], "training: must be a group of settings {...} (was a list)"),
    ],
)
def test_a_wrong_value_is_refused_with_path_rule_and_value(path: str, value: object, message: str) -> None:
    assert messages(replace, FULL, path, value) == [message]


def test_a_wrong_choice_lists_the_right_ones() -> None:
    (message,) = messages(replace, FULL, "method", "LORAX")
    assert message == "method: must be one of LORA, FINE_TUNE, EMBEDDING (was 'LORAX')"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("training.epoch", "there is no such setting; did you mean 'epochs'?"),
        ("nothing_like_it", "there is no such setting"),
        ("training.epochs.more", "there is no such setting"),
        ("concepts[3].name", "there are only 1 concepts (counted from 0)"),
        ("concepts[99999999999999999999].name", "there are only 1 concepts (counted from 0)"),
        ("training[0]", "'training' is no list, so nothing in it can be counted"),
        ("training.epochs[0]", "'training.epochs' is no list, so nothing in it can be counted"),
        ("model.source[0]", "'model.source' is no list, so nothing in it can be counted"),
        ("concepts.name", "there is no such setting"),
    ],
)
def test_a_path_that_leads_nowhere_says_so(path: str, message: str) -> None:
    for call in (get, declaration_at):
        assert messages(call, FULL, path) == [f"{path}: {message}"]
    assert messages(replace, FULL, path, 1) == [f"{path}: {message}"]


@pytest.mark.parametrize("path", ["", "[]", "."])
def test_a_path_without_a_name_is_no_setting(path: str) -> None:
    with pytest.raises(Invalid):
        declaration_at(FULL, path)


def test_the_declaration_of_an_item_is_that_of_its_list() -> None:
    assert declaration_at(FULL, "concepts[0]").item is Concept


def test_loading_tells_every_problem_at_once() -> None:
    found = messages(
        load,
        TrainingState,
        {
            "concepts": [{}, {"loss_weight": -1, "repeat": 2}],
            "training": {"batch_size": 0, "batch_sizes": 3},
            "trainin": {},
            "noise": {"offset": float("nan")},
        },
    )
    assert found == [
        "concepts[1].loss_weight: must be at least 0 (was -1)",
        "concepts[1].repeat: there is no such setting; did you mean 'repeats'?",
        "training.batch_size: must be at least 1 (was 0)",
        "training.batch_sizes: there is no such setting; did you mean 'batch_size'?",
        "noise.offset: must be a finite number (was nan)",
        "trainin: there is no such setting; did you mean 'training'?",
    ]


def test_a_long_value_is_cut_in_the_message() -> None:
    (message,) = messages(replace, FULL, "training.epochs", "x" * 10_000)
    assert len(message) < 150


def test_what_differs_from_the_defaults() -> None:
    assert changed(TrainingState()) == {}
    assert changed(replace(FULL, "training.epochs", 7))["training"] == {
        "epochs": 7, "resolution": 64, "bucket_step": "16",
    }  # fmt: skip
    assert changed(load(TrainingState, {"concepts": [{}, {"repeats": 2}]})) == {"concepts": [{}, {"repeats": 2.0}]}


# Paths

NAMES = st.from_regex(re.compile(r"[a-z_]{1,8}"), fullmatch=True)


@given(st.lists(st.one_of(NAMES, st.integers(0, 99)), max_size=6))
def test_split_undoes_join(parts: list[str | int]) -> None:
    assert split(join(parts)) == parts


def test_every_path_of_a_walk_leads_to_its_value() -> None:
    for found in walk(FULL):
        assert join(split(found.path)) == found.path
        assert get(FULL, found.path) == found.value
        assert declaration_at(FULL, found.path).name == found.declaration.name
        assert replace(FULL, found.path, found.value) == FULL


# What has an effect


def test_a_setting_without_effect_says_on_what_it_depends() -> None:
    bowl = load(Bowl, {"lid_colour": "#ffffff"})
    (note,) = without_effect(bowl)
    assert (note.path, note.severity) == ("lid_colour", "note")
    assert note.message == "has an effect only while 'Lid' is on"
    assert list(without_effect(replace(bowl, "lid", True))) == []
    assert list(without_effect(Bowl())) == []


def of(state: Settings, path: str) -> Setting:
    return next(found for found in walk(state) if found.path == path)


def test_a_group_lends_its_condition_to_everything_in_it() -> None:
    reason = why_not(FULL, of(FULL, "optimizer.prodigy.d0"))
    assert reason == "has an effect only while 'Optimizer' is Prodigy"
    prodigy = replace(FULL, "optimizer.optimizer", Optimizer.PRODIGY)
    assert why_not(prodigy, of(prodigy, "optimizer.prodigy.d0")) == ""
    assert why_not(prodigy, of(prodigy, "optimizer.adamw.beta1"))


def test_a_condition_in_a_list_looks_at_its_own_item() -> None:
    state = make_state([{"balance": "SAMPLES", "repeats": 2}, {"repeats": 2}])
    assert [note.path for note in without_effect(state)] == ["concepts[0].repeats"]
    assert why_not(state, of(state, "concepts[0].repeats")) == "has an effect only while 'Balance by' is Repeats"
    assert get(state, "concepts[0].balance") is Balance.SAMPLES


def test_values_in_words() -> None:
    assert [value_in_words(v) for v in (True, False, 1e-4, 3, Fruit.CRAB_APPLE, "x")] == [
        "on", "off", "0.0001", "3", "Crab-apple no. 2", "x",
    ]  # fmt: skip
