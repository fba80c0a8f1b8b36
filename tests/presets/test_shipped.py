"""The presets that come with the program: each can be used once a model and concepts are chosen."""

from pathlib import Path

import pytest

from onetrainer_clone.paths import SHIPPED_PRESETS
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState, check, errors
from presets import store
from tests.onetrainer_clone.making import make_model, make_pictures

SHIPPED = [preset for preset in store.presets() if preset.shipped]
RECIPES = [preset for preset in SHIPPED if preset.name != "demo"]


@pytest.mark.parametrize("preset", SHIPPED, ids=lambda preset: preset.name)
def test_each_says_what_it_is_for(preset: store.Preset) -> None:
    assert preset.description.endswith(".")


@pytest.mark.parametrize("preset", RECIPES, ids=lambda preset: preset.name)
def test_each_lacks_only_the_model_and_the_concepts(preset: store.Preset, tmp_path: Path) -> None:
    state = preset.load()
    assert {problem.path for problem in errors(check(state))} == {"model.source", "concepts"}
    state = replace(state, "concepts", [{"name": "cat", "path": str(make_pictures(tmp_path / "cat", "1.png"))}])
    if state.model.type == "SD15":
        state = replace(state, "model.source", str(make_model(tmp_path / "model")))
        assert errors(check(state)) == []
    assert [problem for problem in check(state) if problem.severity == "note"] == []


def test_there_is_one_for_every_method_and_family() -> None:
    states = {preset.name: preset.load() for preset in RECIPES}
    kinds = {(state.model.type.value, state.method.value) for state in states.values()}
    assert kinds == {(family, method) for family in ("SD15", "SDXL") for method in ("LORA", "FINE_TUNE", "EMBEDDING")}
    assert {name.partition("_")[0] for name in states if "inpainting" in name} == {"sd15", "sdxl"}
    for name, state in states.items():
        assert name.startswith(state.model.type.value.lower())
        assert state.training.resolution >= 512
        assert state != TrainingState()
    assert all(path.suffix in (".json", ".py") for path in SHIPPED_PRESETS.iterdir() if path.is_file())
