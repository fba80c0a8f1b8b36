"""OneTrainer's concepts.json and samples.json by themselves, and the lists of whole files."""

import json
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone.settings import UserError, replace
from onetrainer_clone.state import TrainingState
from presets.codec import encode
from presets.importers import import_preset
from presets.importers.additions import from_file, list_alone
from tests.presets.importers.onetrainer_defaults import concept, full, sample


def written(folder: Path, data: Any, name: str = "concepts.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(data))
    return path


def test_concepts_alone(tmp_path: Path) -> None:
    """As inside a config: the same items, the same words about what is dropped."""
    theirs = [concept(name="cat", path="/cats", loss_weight=0.5), concept(name="", path="C:\\pics\\dogs", seed=7)]
    theirs[1]["image"]["enable_random_rotate"] = True
    found = list_alone(written(tmp_path, theirs))
    assert found is not None
    whole = import_preset(written(tmp_path, full(concepts=theirs), "config.json"))
    assert found.path == "concepts"
    assert found.noun == "concepts"
    assert found.items == whole.state.concepts
    assert [item.name for item in found.items] == ["cat", "dogs"]
    assert found.lines == whole.lines
    assert "concepts[1].image.enable_random_rotate: not supported, ignored" in found.lines


def test_samples_alone(tmp_path: Path) -> None:
    found = list_alone(written(tmp_path, [sample(prompt="a cat", seed=7), sample(prompt="a dog", random_seed=True)]))
    assert found is not None
    assert found.path == "sampling.prompts"
    assert (found.items[0].text, found.items[0].seed) == ("a cat", 7)
    assert found.lines == ("samples[1].random_seed: not supported, ignored",)


@pytest.mark.parametrize("data", [[], [1, 2], [{"name": "cat"}], [concept(), sample()], {"path": "x"}, "words"])
def test_other_json_is_no_list_of_theirs(tmp_path: Path, data: Any) -> None:
    assert list_alone(written(tmp_path, data)) is None


def test_a_value_of_another_kind_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="another kind than OneTrainer writes"):
        list_alone(written(tmp_path, [concept(image_variations="many")]))


def test_of_a_whole_config_only_what_is_asked_for_and_said_about_it(tmp_path: Path) -> None:
    theirs = concept(name="cat", text_variations=3)
    path = written(tmp_path, full(concepts=[theirs], samples=[sample(prompt="a cat")], debug_mode=True), "config.json")
    concepts, prompts = from_file(path, "concepts"), from_file(path, "sampling.prompts")
    assert [item.name for item in concepts.items] == ["cat"]
    assert [item.text for item in prompts.items] == ["a cat"]
    assert [line.partition(":")[0] for line in concepts.lines] == ["concepts[0].text_variations"]
    assert prompts.lines == ()
    assert any(line.startswith("debug_mode") for line in import_preset(path).lines)


def test_of_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(encode(replace(TrainingState(), "concepts", [{"name": "cat", "path": "/cats"}])))
    assert [item.name for item in from_file(path, "concepts").items] == ["cat"]
    with pytest.raises(UserError, match=r"'mine.json' holds no prompts: nothing was added"):
        from_file(path, "sampling.prompts")


def test_as_a_preset_a_list_alone_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a list alone: in the window it is added"):
        import_preset(written(tmp_path, [concept(name="cat")]))
