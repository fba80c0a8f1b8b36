"""The preset panel, files in and out, and what a crash leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import customtkinter as ctk
import pytest

from onetrainer_clone.settings import UserError, replace
from presets import store as preset_store
from presets.differences import differences
from tests.ui.conftest import Window, close
from ui.dialogs import TkAsk
from ui.preset_groups import entries, matching
from ui.preset_list import begins_group
from ui.preset_menu import wrong_name
from ui.preset_panel import PresetPanel
from ui.seat import Seat


def shown_name(panel: PresetPanel) -> str:
    return panel.chosen.name if panel.chosen else ""


def panel(window: Window) -> PresetPanel:
    window.app.presets.button.invoke()
    window.turn()
    found = window.app.presets.panel
    assert found is not None
    assert found.shown
    return found


def test_presets_are_grouped_by_model_and_method() -> None:
    preset_store.save("mine", preset_store.find("demo").load(), "for my cat")
    found = {entry.preset.name: entry for entry in entries()}
    assert found["demo"].group == found["mine"].group == "Stable Diffusion 1.5 · LoRA"
    assert found["mine"].description == "for my cat"
    assert [entry.preset.name for entry in matching(entries(), "lora CAT")] == ["mine"]
    groups = list(dict.fromkeys(entry.group for entry in entries()))
    first = ["Stable Diffusion 1.5 · LoRA", "Stable Diffusion 1.5 · Fine-tune", "Stable Diffusion 1.5 · Embedding"]
    assert groups[:4] == [*first, "SDXL · LoRA"], "in the order of the form, not of the alphabet"
    assert len(groups) == len({entry.place for entry in entries()}), "each group together"


def test_headings_stand_above_their_presets_and_are_not_selected(window: Window) -> None:
    for number in range(30):
        state = preset_store.find("demo").load()
        preset_store.save(f"mine {number:02}", replace(state, "method", ("LORA", "EMBEDDING")[number % 2]))
    shown = panel(window)
    window.turn(0.1)
    rows = shown.list.canvas
    headings = [entry.group for i, entry in enumerate(shown.entries) if begins_group(shown.entries, i)]
    assert headings == list(dict.fromkeys(entry.group for entry in shown.entries))
    assert rows.tops == sorted(rows.tops)
    first = shown.list.selected
    rows.event_generate("<Button-1>", x=20, y=5)  # on the first heading
    window.turn()
    assert shown.list.selected == first
    for _ in shown.entries:
        shown.list.step(1)
    window.turn(0.1)
    assert shown.list.selected == len(shown.entries) - 1
    bottom = rows.px(rows.tops[-1]) - rows.canvasy(0)
    assert bottom <= rows.winfo_height() + 2
    shown.which.set("Shipped")
    shown.variable.set("d")
    assert all(entry.preset.shipped for entry in shown.entries)
    assert shown.entries


def test_a_broken_file_is_listed_and_loading_it_says_why(window: Window) -> None:
    path = preset_store.save("broken", window.app.store.state).path
    path.write_text("{", encoding="utf-8")
    shown = panel(window)
    names = [entry.preset.name for entry in shown.entries]
    assert "broken" in names
    shown.list.select(names.index("broken"))
    with pytest.raises(UserError, match="not JSON"):
        shown.load()
    assert window.app.store.state.preset == "demo"


def test_search_and_load(window: Window) -> None:
    shown = panel(window)
    assert shown_name(shown) == "demo"
    assert "circle" in shown.about.cget("text")
    assert shown.buttons["delete"].cget("state") == "disabled"
    shown.variable.set("sd15_lora 512 8 GB")
    window.turn()
    assert [entry.preset.name for entry in shown.entries] == ["sd15_lora"]
    shown.buttons["load"].invoke()
    assert window.app.store.state.preset == "sd15_lora"
    assert not shown.winfo_manager()
    panel(window).variable.set("nothing like it")
    window.turn()
    assert shown_name(shown) == ""
    assert shown.buttons["load"].cget("state") == "disabled"
    shown.hide()


@pytest.mark.parametrize("part", ["entry", "list", "button"])
def test_escape_leaves_the_panel_wherever_the_cursor_is(window: Window, part: str) -> None:
    shown = panel(window)
    parts = {"entry": shown.entry._entry, "list": shown.list.canvas, "button": shown.buttons["save"]._canvas}
    parts[part].focus_force()
    parts[part].event_generate("<Escape>")
    assert not shown.shown
    parts[part].event_generate("<Escape>")
    assert not shown.shown


def test_duplicate_rename_describe_delete_in_the_panel(window: Window) -> None:
    shown = panel(window)
    window.ask.texts = ["copy"]
    shown.buttons["duplicate"].invoke()
    shown.list.select([entry.preset.name for entry in shown.entries].index("copy"))
    window.ask.texts = ["what for", "better name"]
    shown.buttons["describe"].invoke()
    shown.list.select([entry.preset.name for entry in shown.entries].index("copy"))
    shown.buttons["rename"].invoke()
    assert preset_store.find("better name").description == "what for"
    assert window.app.store.state.preset == "demo"
    shown.list.select([entry.preset.name for entry in shown.entries].index("better name"))
    window.ask.choices = ["delete"]
    shown.buttons["delete"].invoke()
    assert not [preset for preset in preset_store.presets() if not preset.shipped]


def test_out_to_a_file_and_back_in(window: Window, tmp_path: Path) -> None:
    window.app.store.replace("training.batch_size", 7)
    window.ask.texts = ["mine"]
    window.app.presets.save()
    target = tmp_path / "given away.json"
    window.ask.folders = [str(target), str(target), str(target)]
    window.app.presets.export()
    assert json.loads(target.read_bytes())["training"]["batch_size"] == 7
    window.app.presets.import_file()
    assert window.app.store.state.preset == "given away"
    assert preset_store.find("given away").load().training.batch_size == 7
    window.ask.texts = ["another name"]
    window.app.presets.import_file()
    assert preset_store.find("another name").path != preset_store.find("given away").path


def test_export_of_what_was_changed_asks_which_is_meant(window: Window, tmp_path: Path) -> None:
    window.ask.texts = ["mine"]
    window.app.presets.save_as()
    window.app.store.replace("training.batch_size", 9)
    saved, now, no = (tmp_path / f"{name}.json" for name in ("saved", "now", "no"))
    for choice, target in (("saved", saved), ("now", now), ("cancel", no)):
        window.ask.choices, window.ask.folders = [choice], [str(target)]
        window.app.presets.export()
    assert json.loads(saved.read_bytes())["training"]["batch_size"] == 4
    assert json.loads(now.read_bytes())["training"]["batch_size"] == 9
    assert not no.exists()
    assert window.app.store.unsaved
    window.ask.folders = [str(no)]
    window.app.presets.export(preset_store.find("demo"))  # another one is what its file holds
    assert no.read_bytes() == preset_store.find("demo").path.read_bytes()


def test_import_asks_about_what_is_unsaved(window: Window, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"format": 1}', encoding="utf-8")
    window.app.store.replace("training.batch_size", 7)
    window.ask.folders, window.ask.choices = [str(path)], ["cancel"]
    window.app.presets.import_file()
    assert window.app.store.state.training.batch_size == 7
    assert not [preset for preset in preset_store.presets() if not preset.shipped]


def test_renaming_keeps_what_is_unsaved_and_the_way_back(window: Window) -> None:
    window.ask.texts = ["mine", "yours"]
    window.app.presets.save_as()
    window.app.store.replace("training.batch_size", 7)
    window.app.presets.rename()
    assert window.app.store.state.preset == "yours"
    assert window.app.store.unsaved
    window.app.topbar.step_back()
    assert window.app.store.state.training.batch_size == 4


CRASHING = """
import sys, time
from ui.seat import Seat
from presets.store import find
from onetrainer_clone.settings import replace
state, seat = find("demo").load(), Seat()
for number in range(1, 100000):
    seat.keep_state(replace(state, "training.batch_size", number % 4000 + 1))
    print(number % 4000 + 1, flush=True)
"""


def test_the_state_survives_being_killed_while_it_is_written() -> None:
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", CRASHING], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            last = [int(process.stdout.readline()) for _ in range(20)][-1]
            time.sleep(0.01)
            os.kill(process.pid, signal.SIGKILL)
            last = ([last, *(int(line) for line in process.stdout.read().split() if line.isdigit())])[-1]
        kept = Seat().last_state()
        assert kept is not None
        state, saved = kept
        assert state.training.batch_size >= min(last, 3999)
        assert saved.training.batch_size == 4


def test_settings_of_another_trainer_come_in_and_what_has_no_place_is_said(window: Window, tmp_path: Path) -> None:
    path = tmp_path / "their cat.json"
    path.write_text(
        json.dumps({"__version": 6, "training_method": "LORA", "model_type": "STABLE_DIFFUSION_15", "lora_rank": 24,
                    "batch_size": 3, "epochs": 7, "a_setting_of_tomorrow": 1}),
        encoding="utf-8",
    )  # fmt: skip
    window.ask.folders = [str(path)]
    window.app.presets.import_file()
    state = window.app.store.state
    assert state.preset == "their cat"
    assert (state.adapter.rank, state.training.batch_size, state.training.epochs) == (24, 3, 7)
    title, message, _ = window.ask.told[0]
    assert "OneTrainer" in title
    assert "a_setting_of_tomorrow" in message
    window.app.topbar.step_back()
    assert window.app.store.state.preset == "demo"
    bad = tmp_path / "letter.json"
    bad.write_text('{"dear": "cat"}', encoding="utf-8")
    window.ask.folders = [str(bad)]
    with pytest.raises(UserError, match="holds no settings"):
        window.app.presets.import_file()


def test_a_folder_of_another_trainer_becomes_concepts(window: Window, tmp_path: Path, pictures: Path) -> None:
    folder = tmp_path / "training"
    folder.mkdir()
    pictures.rename(folder / "10_sks cat")
    window.ask.folders = [str(folder)]
    shown = panel(window)
    shown.buttons["import_folder"].invoke()
    [concept] = window.app.store.state.concepts
    assert concept.repeats == 10
    assert preset_store.find("training").load().concepts == (concept,)


def test_several_presets_are_imported_at_once_and_a_bad_one_costs_only_itself(window: Window, tmp_path: Path) -> None:
    names = ("one", "bad", "two", "worse")
    for number, name in enumerate(names):
        text = "nonsense" if number % 2 else json.dumps({"format": 1, "training": {"batch_size": 7}})
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    window.ask.folders = ["|".join(str(tmp_path / f"{name}.json") for name in names)]
    with pytest.raises(UserError, match=r"(?s)bad.*worse"):
        window.app.presets.import_file()
    assert {"one", "two"} <= {preset.name for preset in preset_store.presets()}
    assert window.app.store.state.preset == "two"


def test_the_preset_in_use_is_deleted(window: Window, make_window: Callable[..., Window]) -> None:
    """What it held is in the window and nowhere else: that is said at once, and the same after a restart."""
    window.app.store.replace("training.batch_size", 7)
    window.ask.texts = ["mine"]
    window.app.presets.save_as()
    window.app.presets.load(preset_store.find("mine"))
    window.ask.choices = ["delete"]
    window.app.presets.delete()
    window.turn(0.2)
    button = window.app.presets.button
    assert button.cget("text") == "Preset: no preset •  ▾"
    assert window.app.topbar.changes.cget("state") == "normal"
    assert window.app.store.state.training.batch_size == 7
    differ = differences(window.app.store.saved, window.app.store.state)
    window.app.topbar.step_back()
    assert window.app.store.saved.preset != "mine", "undo does not bring back a name without a file"
    window.app.topbar.step_forth()
    close(window)
    again = make_window(preset=None)
    assert again.app.presets.button.cget("text") == "Preset: no preset •  ▾"
    assert differences(again.app.store.saved, again.app.store.state) == differ


def test_deleting_another_preset_changes_nothing_in_the_window(window: Window) -> None:
    mine = preset_store.save("mine", window.app.store.state)
    before = window.app.store.state, window.app.store.saved
    window.ask.choices = ["delete"]
    window.app.presets.delete(mine)
    assert (window.app.store.state, window.app.store.saved) == before


def test_a_name_that_will_not_do_is_asked_for_on(window: Window) -> None:
    window.ask.texts = ["a/b", "", "good"]
    window.app.presets.save_as()
    assert [message for _, message, _ in window.ask.told] == [
        "The name must be a plain name, not a path, without \\ / : * ? \" < > | (was 'a/b').",
        "The name must not be empty.",
    ]
    window.ask.texts = ["good", "better"]
    assert window.app.presets.duplicate(preset_store.find("good")) == preset_store.find("better")
    assert window.ask.told[-1][1] == "There is a preset 'good' already: choose another name."


def test_the_naming_dialog_stays_with_what_was_typed(window: Window) -> None:
    root, seen = window.app.root, []

    def parts() -> dict[str, Any]:
        found = [next(child for child in root.winfo_children() if child.winfo_class() == "Toplevel")]
        for widget in found:
            found += widget.winfo_children()
        words = [widget.cget("text") for widget in found if isinstance(widget, ctk.CTkLabel) and widget.winfo_ismapped()]
        entry = next(widget for widget in found if isinstance(widget, ctk.CTkEntry))
        return {"top": found[0], "entry": entry, "words": words}

    def refused() -> None:
        seen.append(parts()["words"])
        entry = parts()["entry"]
        assert entry.get() == "a/b"
        entry.delete(0, "end")
        entry.insert(0, "ab")
        parts()["top"].event_generate("<Return>")

    def first() -> None:
        parts()["top"].event_generate("<Return>")
        root.after(150, refused)

    root.after(300, first)
    assert TkAsk(root).text("Save the preset as", "Its name:", "a/b", wrong_name) == "ab"
    assert any(str(words).startswith("The name must be a plain name") for words in seen[0])
