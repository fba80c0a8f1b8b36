"""What a person types becomes a value: numbers as they are written in many countries, choices by name or label."""

import pytest

from onetrainer_clone.settings import Choice, Invalid, declaration_at, get, replace
from onetrainer_clone.state.concepts import Role
from onetrainer_clone.state.optimizer import Optimizer
from onetrainer_clone.typed import decimal, parse
from tests.onetrainer_clone.test_settings import EVERY, FULL


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("learning_rate.unet", "3e-4", 3e-4),
        ("learning_rate.unet", " 1,5 ", 1.5),
        ("learning_rate.unet", "1,5e-4", 1.5e-4),
        ("learning_rate.unet", "", None),
        ("learning_rate.unet", "auto", None),
        ("learning_rate.unet", "None", None),
        ("training.steps", "1e3", 1000),
        ("training.steps", "1.5e3", 1500),
        ("training.steps", "1,000", 1000),
        ("training.steps", "1.000", 1000),
        ("training.steps", "1 000 000", 1_000_000),
        ("training.steps", "1_000", 1000),
        ("training.accumulation", "2", 2),
        ("concepts[0].repeats", "1,000.5", 1000.5),
        ("concepts[0].repeats", "1.000,5", 1000.5),
        ("concepts[0].repeats", "1'000", 1000.0),
        ("concepts[0].repeats", "10 000", 10_000.0),
        ("concepts[0].repeats", "1.000", 1.0),
        ("learning_rate.unet", "0,500", 0.5),
        ("learning_rate.unet", "1,2345", 1.2345),
        ("training.unet", "off", False),
        ("training.unet", "yes", True),
        ("optimizer.optimizer", "prodigy", Optimizer.PRODIGY),
        ("optimizer.optimizer", "AdamW 8-bit", Optimizer.ADAMW_8BIT),
        ("optimizer.optimizer", "adamw-8bit", Optimizer.ADAMW_8BIT),
        ("concepts[0].role", " Regularization ", Role.REGULARIZATION),
        ("model.source", " /a b/c ", "/a b/c"),
        ("sampling.prompts[0].text", " two\nlines ", " two\nlines "),
        ("sampling.prompts[0].width", "", None),
    ],
)
def test_typed_text_becomes_a_value(path: str, text: str, value: object) -> None:
    assert get(replace(FULL, path, parse(declaration_at(FULL, path), text)), path) == value


CHOICES = [(path, choice) for path, declaration in EVERY for choice in declaration.choices]


@pytest.mark.parametrize(("path", "choice"), CHOICES, ids=[f"{path}={choice}" for path, choice in CHOICES])
def test_every_choice_can_be_typed_by_its_label_and_by_its_name(path: str, choice: Choice) -> None:
    declaration = dict(EVERY)[path]
    assert parse(declaration, choice.label) == choice.value
    assert parse(declaration, str(choice).lower()) == choice.value


@pytest.mark.parametrize("text", ["1.5", "1,5", "1e-3", "1e400", "ten", "", "0x10", "1e99999999"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"whole number|finite|at most"):
        replace(FULL, "training.steps", parse(declaration_at(FULL, "training.steps"), text))


def test_whole_numbers_that_are_written_as_they_are_shown_come_back() -> None:
    steps = declaration_at(FULL, "training.steps")
    for number in (1, 12, 999, 1000, 12_345, 100_000_000):
        assert int(parse(steps, f"{number:,}")) == number == int(parse(steps, str(number)))


@pytest.mark.parametrize(("text", "thousands", "decimals"), [("1,000", "1000", "1.000"), ("12,500", "12500", "12.500")])
def test_a_comma_that_people_read_in_two_ways_is_asked_about(text: str, thousands: str, decimals: str) -> None:
    path = "concepts[0].repeats"
    with pytest.raises(Invalid, match=rf"write {thousands} or {decimals} \(was '{text}'\)"):
        replace(FULL, path, parse(declaration_at(FULL, path), text))


@pytest.mark.parametrize(("text", "plain"), [
    ("1,000,000", "1000000"), ("1.000.000", "1000000"), ("-1,000,000.25", "-1000000.25"), ("1e-4", "1e-4"), ("many", "many"),
    ("1,00,000", "1,00,000"), ("-1,500", "-1,500"),
])  # fmt: skip
def test_signs_of_thousands_go(text: str, plain: str) -> None:
    assert decimal(text) == plain
