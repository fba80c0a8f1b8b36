"""A state as a preset file and back; and everything that a file can be that is no preset."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onetrainer_clone.settings import Declaration, Invalid, Settings, declarations, load, replace
from onetrainer_clone.state import TrainingState, check
from presets.codec import decode, encode, read_file, read_object
from presets.migrations import VERSION, migrate
from tests.onetrainer_clone.making import make_state


def values(declaration: Declaration) -> st.SearchStrategy[Any]:
    """Any value that a setting takes."""
    found: st.SearchStrategy[Any]
    limits = declaration.limits
    if inner := declaration.group:
        return groups(inner)
    if item := declaration.item:
        return st.lists(groups(item), max_size=2).map(tuple)
    if declaration.choices:
        found = st.sampled_from(declaration.choices)
    elif declaration.type is bool:
        found = st.booleans()
    elif declaration.type is int:
        top = limits.le if limits.le is not None else None if limits.lt is None else limits.lt - 1
        found = st.integers(0 if limits.ge is None else int(limits.ge), None if top is None else int(top))
    elif declaration.type is float:
        low, high = limits.ge if limits.ge is not None else limits.gt, limits.le if limits.le is not None else limits.lt
        open_below, open_above = limits.gt is not None, limits.lt is not None
        found = st.floats(
            low, high, exclude_min=open_below, exclude_max=open_above, allow_nan=False, allow_infinity=False
        )
    elif declaration.kind == "colour":
        found = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
    else:
        assert declaration.type is str, f"no strategy for {declaration.name}: {declaration.type}"
        found = st.text(st.characters(), max_size=8)  # lone surrogates too: Linux names may be no text
    return st.none() | found if declaration.optional else found


def groups(settings_class: type[Settings]) -> st.SearchStrategy[Any]:
    """A group in which any settings differ from the defaults."""
    fields = {name: values(declaration) for name, declaration in declarations(settings_class).items()}
    return st.fixed_dictionaries({}, optional=fields).map(lambda given: settings_class(**given))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.deferred(lambda: groups(TrainingState)))
def test_any_state_comes_back_from_its_file(tmp_path_factory: pytest.TempPathFactory, state: TrainingState) -> None:
    plain = state.model_copy(update={"preset": "", "resume": ""})  # of a run and of a file's name, not of a preset
    assert decode(encode(state)) == plain
    assert decode(encode(state).encode("utf-8", "surrogatepass")) == plain


def test_a_file_holds_only_what_differs() -> None:
    assert json.loads(encode(TrainingState())) == {"format": VERSION}
    changed = replace(TrainingState(preset="mine"), "training.epochs", 7)
    assert json.loads(encode(changed, "Seven.")) == {
        "format": VERSION, "description": "Seven.", "training": {"epochs": 7},
    }  # fmt: skip


def test_a_value_that_equals_a_default_again_is_not_kept() -> None:
    state = replace(replace(TrainingState(), "training.epochs", 7), "training.epochs", 100)
    assert json.loads(encode(state)) == {"format": VERSION}


def test_a_file_is_for_people_too() -> None:
    text = encode(make_state([{"name": "Kätzchen 猫"}]))
    assert "Kätzchen 猫" in text
    assert text.endswith("}\n")
    assert len(text.splitlines()) > 5


def test_a_state_takes_the_name_of_its_file_and_nothing_of_a_run(tmp_path: Path) -> None:
    path = tmp_path / "my.preset.json"
    path.write_text('{"format": 1, "preset": "other", "resume": "/tmp"}')
    state = read_file(path)
    assert (state.preset, state.resume) == ("my.preset", "")
    assert read_file(path, "given").preset == "given"


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n\n  "])
def test_a_byte_order_mark_and_blank_lines_do_no_harm(start: bytes) -> None:
    content = start + b'{"format": 1, "training": {"epochs": 7}}'
    assert decode(content).training.epochs == decode(content.decode()).training.epochs == 7


# What is no preset


def problems(content: str | bytes) -> list[str]:
    with pytest.raises(Invalid) as caught:
        decode(content)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "this is not a preset: it is not JSON (line 1, column 1)"),
        (b'{"format": 1,}', "this is not a preset: it is not JSON (line 1, column 14)"),
        (b"<html>", "this is not a preset: it is not JSON (line 1, column 1)"),
        (b"[1]", "this is not a preset: a preset is a JSON object {...}"),
        (b"null", "this is not a preset: a preset is a JSON object {...}"),
        (b"\xff\xfe{\0}\0", "this is not a preset: the file is not UTF-8 text"),
        (b"\x89PNG\r\n\x1a\n", "this is not a preset: the file is not UTF-8 text"),
        (b"[" * 200_000, "this is not a preset: it is nested too deeply"),
        (b'{"a":' * 200_000, "this is not a preset: it is nested too deeply"),
        (b'{"format": ' + b"1" * 10_000 + b"}", "this is not a preset: it is not JSON"),
        (b"{}", "format: must be 1 (is missing): is this a preset of this program?"),
        (b'{"format": "1"}', "format: must be 1 (was \"1\"): is this a preset of this program?"),
        (b'{"format": true}', "format: must be 1 (was true): is this a preset of this program?"),
        (b'{"format": 0}', "format: must be 1 (was 0): is this a preset of this program?"),
        (b'{"format": 99}', "format: is 99, written by a newer version of this program, which reads up to 1: update it"),
    ],
)  # fmt: skip
def test_what_is_no_preset_is_said_in_words(content: bytes, message: str) -> None:
    assert problems(content) == [message]


@pytest.mark.parametrize("depth", [50, 500, 900, 5_000, 50_000])
@pytest.mark.parametrize("key", ["concepts", "training", "strange"])
def test_nesting_where_it_does_not_belong_is_a_problem_and_no_crash(depth: int, key: str) -> None:
    assert problems(f'{{"format": 1, "{key}": {"[" * depth}{"]" * depth}}}')


def test_every_problem_is_told_at_once_with_its_path() -> None:
    content = {
        "format": 1,
        "concepts": [{}, {"loss_weight": -1}],
        "training": {"batch_size": 0, "resolutoin": 512},
        "colour": "red",
        "noise": {"offset": "much"},
    }
    assert problems(json.dumps(content)) == [
        "concepts[1].loss_weight: must be at least 0 (was -1)",
        "training.batch_size: must be at least 1 (was 0)",
        "training.resolutoin: there is no such setting; did you mean 'resolution'?",
        "noise.offset: must be a number (was 'much')",
        "colour: there is no such setting",
    ]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    (problem,) = problems(f'{{"format": 1, "noise": {{"offset": {number}}}}}')
    assert problem.startswith("noise.offset: must be a finite number")


@pytest.mark.parametrize("path", ["noise.offset", "training.epochs", "training.threads"])
def test_yes_is_no_number(path: str) -> None:
    group, name = path.split(".")
    assert problems(f'{{"format": 1, "{group}": {{"{name}": true}}}}') == [f"{path}: must be a number (was true)"]


def test_problems_of_a_file_name_it_and_reading_leaves_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_bytes(b'\xef\xbb\xbf{"format":1,"training":{"epochs":0}}')
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    with pytest.raises(Invalid, match=r"old\.json: training\.epochs: must be at least 1"):
        read_file(path)
    path.with_name("good.json").write_bytes(b'{"format":   1}')
    read_file(path.with_name("good.json"))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert path.with_name("good.json").read_bytes() == b'{"format":   1}'
    assert sorted(file.name for file in tmp_path.iterdir()) == ["good.json", "old.json"]


@pytest.mark.parametrize("name", ["nowhere.json", "folder.json"])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(Invalid, match="cannot be read"):
        read_file(tmp_path / name)


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_content_is_a_preset_or_a_sentence(content: str | bytes) -> None:
    try:
        assert isinstance(decode(content), TrainingState)
    except Invalid as error:
        assert error.problems  # noqa: PT017 - either is fine, anything else is not


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def any_json(settings_class: type[Settings]) -> st.SearchStrategy[Any]:
    """An object with the right names and any values, some of them right."""
    fields = {}
    for name, declaration in declarations(settings_class).items():
        inner = declaration.group or declaration.item
        right = any_json(inner) if inner else values(declaration)
        fields[name] = (st.lists(right, max_size=2) if declaration.item else right) | junk
    return st.fixed_dictionaries({}, optional=fields)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.deferred(lambda: any_json(TrainingState)), junk)
def test_any_values_are_a_state_or_problems_with_their_places(found: dict[str, Any], strange: Any) -> None:
    text = json.dumps({"format": VERSION, **found, **({"strange": strange} if strange else {})})
    try:
        state = decode(text)
    except Invalid as error:
        assert all(problem.message for problem in error.problems)  # noqa: PT017 - either is fine
        assert all(problem.path for problem in error.problems)  # noqa: PT017
    else:
        check(state)
        assert decode(encode(state)) == state


def test_a_pipe_and_a_gigantic_file_are_no_presets(tmp_path: Path) -> None:
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(2**40)  # takes no room on the disk
    with pytest.raises(Invalid, match="that is no preset"):
        read_file(tmp_path / "large.json")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.json")
        with pytest.raises(Invalid, match="not a regular file"):
            read_file(tmp_path / "pipe.json")


def test_read_object_gives_plain_data() -> None:
    assert read_object(b'{"a": [1]}') == {"a": [1]}


def test_migrations_make_old_files_current_one_step_at_a_time() -> None:
    def to_2(data: dict[str, Any]) -> dict[str, Any]:
        training = {key: value for key, value in data["training"].items() if key != "rounds"}
        return {**data, "training": {**training, "epochs": data["training"]["rounds"]}}

    def to_3(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "training": {**data["training"], "epochs": data["training"]["epochs"] * 2}}

    steps = (to_2, to_3)
    old: dict[str, Any] = {"format": 1, "training": {"rounds": 5}}
    assert migrate(old, steps) == {"training": {"epochs": 10}}
    assert load(TrainingState, migrate(old, steps)).training.epochs == 10
    assert migrate({"format": 2, "training": {"epochs": 5}}, steps) == {"training": {"epochs": 10}}
    assert migrate({"format": 3, "training": {"epochs": 5}}, steps) == {"training": {"epochs": 5}}
    assert old == {"format": 1, "training": {"rounds": 5}}
    with pytest.raises(Invalid, match="reads up to 3"):
        migrate({"format": 4}, steps)


def test_the_format_counts_the_migrations() -> None:
    assert migrate({"format": VERSION}) == {}
    with pytest.raises(Invalid):
        migrate({"format": VERSION + 1})
