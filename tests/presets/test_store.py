"""Where presets are kept: names, the shipped ones, and writes that are whole or not at all."""

import json
import os
from pathlib import Path

import pytest

from onetrainer_clone.paths import SHIPPED_PRESETS, user_presets
from onetrainer_clone.settings import Invalid, UserError, replace, walk
from onetrainer_clone.state import TrainingState, check, errors
from presets import store
from presets.codec import encode

STATE = replace(TrainingState(), "training.epochs", 7)
SHIPPED = sorted(path.stem for path in SHIPPED_PRESETS.glob("*.json"))


def own() -> list[str]:
    return [preset.name for preset in store.presets() if not preset.shipped]


# The person's own


@pytest.mark.parametrize("name", ["cat", "Kätzchen", "猫 🐈‍⬛", "e\u0301", "a.b.json", "100 %", "-v", "猫" * 50])
def test_any_name_can_be_saved_found_and_loaded(name: str) -> None:
    preset = store.save(name, STATE, "Seven rounds.")
    assert own() == [name]
    assert store.find(name) == preset
    assert preset.load() == STATE.model_copy(update={"preset": name})
    assert preset.description == "Seven rounds."


@pytest.mark.parametrize("name", ["", "a/b", "../up", "a\\b", "C:x", ".hidden", "nul", "a" * 200, "\udcff", "x\0"])
def test_a_name_that_is_none_is_refused_and_nothing_written(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        store.save(name, STATE)
    assert caught.value.problems[0].path == "name"
    assert not user_presets().exists()
    preset = store.save("good", STATE)
    for call in (store.rename, store.duplicate):
        with pytest.raises(Invalid):
            call(preset, name)
    assert own() == ["good"]


def test_saving_again_replaces_unless_told_otherwise() -> None:
    store.save("cat", STATE)
    store.save("cat", replace(STATE, "training.epochs", 8))
    assert store.find("cat").load().training.epochs == 8
    with pytest.raises(UserError, match="there is a preset 'cat' already"):
        store.save("cat", STATE, overwrite=False)
    assert store.find("cat").load().training.epochs == 8


def test_a_disk_that_fails_leaves_the_old_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    preset = store.save("cat", STATE)
    before = preset.path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(UserError, match="No space left on device"):
            store.save("cat", TrainingState())
        with pytest.raises(UserError, match="No space left on device"):
            store.save("dog", TrainingState())
    assert preset.path.read_bytes() == before
    assert os.listdir(user_presets()) == ["cat.json"]


def test_a_folder_that_cannot_be_made_is_said_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ONETRAINER_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="could not be saved"):
        store.save("cat", STATE)


def test_rename_duplicate_delete() -> None:
    preset = store.save("cat", STATE, "Seven.")
    renamed = store.rename(preset, "dog")
    assert (own(), renamed.load().preset) == (["dog"], "dog")
    copied = store.duplicate(renamed, "cow")
    assert own() == ["cow", "dog"]
    assert (copied.description, copied.load().training.epochs) == ("Seven.", 7)
    store.delete(renamed)
    assert own() == ["cow"]
    store.delete(renamed)


def test_a_name_that_is_taken_is_kept() -> None:
    cat, dog = store.save("cat", STATE), store.save("dog", TrainingState())
    for call in (store.rename, store.duplicate):
        with pytest.raises(UserError, match="there is a preset 'dog' already"):
            call(cat, "dog")
    assert cat.load().training.epochs == 7
    assert dog.load().training.epochs == 100
    assert store.rename(cat, "cat").path.exists(), "its own name is not taken"


def test_a_preset_that_has_gone_meanwhile_is_said_in_words() -> None:
    preset = store.save("cat", STATE)
    preset.path.unlink()
    with pytest.raises(UserError, match="could not be renamed"):
        store.rename(preset, "dog")
    with pytest.raises(UserError, match="cannot be read"):
        store.duplicate(preset, "dog")
    store.save("cat", STATE)
    store.save("dog", STATE)
    preset.path.unlink()
    with pytest.raises(UserError):
        store.rename(preset, "dog")


def test_damaged_files_are_listed_and_refused_only_when_loaded() -> None:
    store.save("good", STATE)
    for name, content in {
        "deep": b"[" * 200_000,
        "page": b"<html>",
        "list": b"[]",
        "text": b'{"description": 3}',
    }.items():
        (user_presets() / f"{name}.json").write_bytes(content)
        assert isinstance(store.find(name).description, str)
        with pytest.raises(Invalid, match=rf"{name}\.json"):
            store.find(name).load()
    assert own() == ["deep", "good", "list", "page", "text"]


def test_what_is_no_preset_file_is_not_listed() -> None:
    store.save("good", STATE)
    (user_presets() / "folder.json").mkdir()
    (user_presets() / "notes.txt").touch()
    (user_presets() / "._good.json").touch()
    (user_presets() / ".12-0.part").touch()
    assert own() == ["good"]


def test_presets_come_by_name_the_shipped_ones_first() -> None:
    for name in ("b", "A", "c"):
        store.save(name, STATE)
    assert [preset.name for preset in store.presets()] == [*SHIPPED, "A", "b", "c"]


# Finding


def test_a_preset_is_found_by_name_or_file(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.json"
    path.write_text(encode(STATE))
    found = store.find(str(path))
    assert (found.name, found.shipped, found.load().training.epochs) == ("elsewhere", False, 7)
    assert store.find("demo").shipped


def test_the_person_s_own_wins_over_a_shipped_one() -> None:
    store.save("demo", STATE)
    assert not store.find("demo").shipped
    assert store.find("demo").load().training.epochs == 7


@pytest.mark.parametrize("name", ["", "nowhere", "nowhere.json", "a" * 300, "zero\0", "."])
def test_what_is_not_there_is_answered_with_what_is(name: str) -> None:
    with pytest.raises(UserError, match="the presets are: demo, "):
        store.find(name)


# The shipped ones


@pytest.mark.parametrize("call", [lambda preset: store.rename(preset, "x"), store.delete])
def test_shipped_presets_stay(call: object) -> None:
    preset = store.find("demo")
    with pytest.raises(UserError, match="is shipped with the program and stays"):
        call(preset)  # type: ignore[operator]
    assert preset.path.exists()


def test_a_shipped_preset_can_be_duplicated() -> None:
    copied = store.duplicate(store.find("demo"), "my demo")
    assert not copied.shipped
    assert copied.load() == store.find("demo").load().model_copy(update={"preset": "my demo"})


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_preset_is_ready_but_for_what_the_person_must_choose(name: str) -> None:
    state = store.find(name).load()
    missing = {"model.source", "concepts"} if name != "demo" else set()
    assert {problem.path for problem in check(state)} <= missing
    assert {problem.path for problem in errors(check(state))} <= missing
    assert store.find(name).description.endswith(".")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_preset_holds_only_what_differs(name: str) -> None:
    path = store.find(name).path
    data = json.loads(path.read_bytes())
    data.pop("description")
    assert data == json.loads(encode(store.find(name).load()))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_value_of_a_shipped_preset_has_an_effect(name: str) -> None:
    state = store.find(name).load()
    changed = [found for found in walk(state) if found.value != found.declaration.default]
    assert len(changed) > 5
    assert not [problem for problem in check(state) if problem.severity == "note"]
