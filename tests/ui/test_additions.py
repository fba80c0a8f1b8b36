"""Concepts and prompts of other files, added to those of the window."""

import json
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone.settings import UserError
from presets.store import presets
from tests.presets.importers.onetrainer_defaults import concept, sample
from tests.ui.conftest import Window
from ui.concept import entry
from ui.tabs.items import ItemsPage


def written(folder: Path, name: str, data: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps(data))
    return path


@pytest.fixture
def concepts(tmp_path: Path) -> Path:
    cat, subject = concept(name="cat", path="/cats"), concept(name="subject", path="/others", text_variations=4)
    return written(tmp_path, "concepts.json", [cat, subject])


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    return written(tmp_path, "samples.json", [sample(prompt="a cat on a mat", seed=3)])


def names(window: Window) -> list[str]:
    return [concept.name for concept in window.app.store.state.concepts]


def page(window: Window, key: str) -> ItemsPage:
    found = window.app.shell.show(key)
    assert isinstance(found, ItemsPage)
    return found


def test_concepts_are_added_with_what_was_dropped_and_taken_back_in_one_step(window: Window, concepts: Path) -> None:
    shown, before = page(window, "concepts"), window.app.store.state
    window.ask.folders = [str(concepts)]
    shown.buttons["import"].invoke()
    assert names(window) == ["subject", "class", "class varied", "cat", "subject 2"]
    assert shown.list.selection == {3, 4}
    assert window.app.store.state.sampling == before.sampling
    (title, message, _details), = window.ask.told
    assert title == "Added from OneTrainer"
    assert "concepts[1].text_variations" in message
    assert window.app.store.undo_sentence == "2 concepts of 'concepts.json' added"
    window.app.topbar.step_back()
    assert window.app.store.state.concepts == before.concepts


def test_prompts_are_added_on_their_tab_and_from_the_other_one(window: Window, samples: Path) -> None:
    shown = page(window, "sampling")
    count = len(window.app.store.state.sampling.prompts)
    window.ask.folders = [str(samples), str(samples)]
    shown.buttons["import"].invoke()
    assert window.app.store.state.sampling.prompts[count].text == "a cat on a mat"
    assert shown.list.selection == {count}
    page(window, "concepts").buttons["import"].invoke()
    assert len(window.app.store.state.sampling.prompts) == count + 2
    assert window.app.shell.current == "sampling"
    assert window.app.store.undo_sentence == "1 prompt of 'samples.json' added"


def test_the_import_of_presets_adds_lists_to_the_settings_that_are_there(
    window: Window, concepts: Path, samples: Path
) -> None:
    before = {preset.name for preset in presets()}
    window.app.store.replace("training.batch_size", 3)  # unsaved: nothing is asked, for nothing is replaced
    window.ask.folders = [f"{concepts}|{samples}"]
    window.app.presets.import_file()
    assert names(window)[3:] == ["cat", "subject 2"]
    assert window.app.store.state.sampling.prompts[-1].text == "a cat on a mat"
    assert window.app.store.state.training.batch_size == 3
    assert {preset.name for preset in presets()} == before
    assert window.app.shell.current == "sampling"


def test_a_dropped_file_is_added_and_a_dropped_folder_beside_it(window: Window, concepts: Path, pictures: Path) -> None:
    shown = page(window, "concepts")
    entry.take(shown, [concepts, pictures])
    assert names(window)[3:] == ["my cat", "cat", "subject 2"]


def test_a_file_without_concepts_says_so(window: Window, tmp_path: Path) -> None:
    shown = page(window, "concepts")
    with pytest.raises(UserError, match="holds no settings of OneTrainer"):
        shown.add_files([written(tmp_path, "other.json", {"a": 1})])
    assert len(names(window)) == 3
    assert "import" not in page(window, "embedding").buttons
