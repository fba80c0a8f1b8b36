"""The window as a whole: presets, what it remembers, its keys, its errors, what it imports."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import customtkinter as ctk
import pytest

from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from onetrainer_clone.state.model import ModelSettings
from presets import store as preset_store
from tests.ui.conftest import Window, close
from tests.ui.fake_trainer import FakeTrainer
from ui import memory, theme
from ui.dialog import Dialog, Option
from ui.dialogs import TkAsk
from ui.seat import read_state
from ui.tabs.welcome import STEPS, WelcomePage


def test_the_window_imports_no_torch_and_no_matplotlib() -> None:
    code = (
        "import sys, ui.app, ui.tabs.run, ui.tabs.concepts, ui.tabs.sampling\n"
        "print(sorted({'torch', 'diffusers', 'transformers', 'matplotlib', 'modules'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_first_start_says_what_to_do(make_window: Callable[..., Window]) -> None:
    window = make_window(None)
    assert window.app.shell.current == "welcome"
    page = window.app.shell.pages["welcome"]
    assert isinstance(page, WelcomePage)
    assert [label.cget("text") for label in page.numbers] == ["1", "2", "3", "4"]
    window.app.go("model.source")
    assert window.app.shell.current == "model"
    window.app.store.replace("model.source", "/models/cat")
    window.app.root.focus_force()
    window.app.root.event_generate("<F1>")
    assert window.app.shell.current == "welcome"
    assert [label.cget("text") for label in page.numbers] == ["1", "✓", "3", "4"]
    page._go(STEPS[0])
    window.until(lambda: window.app.presets.panel is not None and window.app.presets.panel.shown)
    window.app.presets.open()
    window.ask.choices = ["discard"]
    page.demo.invoke()
    assert window.app.shell.current == "run"
    assert window.app.store.state.preset == "demo"


def test_the_last_state_comes_back(make_window: Callable[..., Window]) -> None:
    window = make_window("demo")
    window.app.store.replace("training.batch_size", 7)
    window.app.bench.options.basic = False
    close(window)
    again = make_window(None)
    assert again.app.store.state.training.batch_size == 7
    assert again.app.store.state.preset == "demo"
    assert again.app.store.unsaved
    assert not again.app.bench.options.basic
    assert again.app.shell.current == "model"


@pytest.mark.parametrize("percent", [100, 150])
def test_size_and_scaling_come_back_at_once(make_window: Callable[..., Window], percent: int) -> None:
    memory.keep_view(memory.View("1000x700+0+0", scaling_percent=percent))
    root = make_window("demo").app.root
    assert (root.winfo_width(), root.winfo_height()) == (1000, 700)
    assert theme.scaling(root) == percent / 100


def test_the_state_is_kept_while_the_window_is_open(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash loses a second of work at most."""
    monkeypatch.setattr("ui.app.KEEP_MS", 20)
    window.app.store.replace("training.batch_size", 7)

    file = memory.folder() / "state.json"

    def kept() -> bool:
        return file.exists() and read_state(file)[0].training.batch_size == 7

    window.until(kept)


def test_a_broken_memory_is_left_aside(make_window: Callable[..., Window]) -> None:
    for name in ("state.json", "view.json"):
        memory.folder().mkdir(parents=True, exist_ok=True)
        (memory.folder() / name).write_text('{"scaling_percent": "huge"', encoding="utf-8")
    assert make_window(None).app.store.state == TrainingState()


def test_save_as_rename_delete(window: Window) -> None:
    presets = window.app.presets
    window.app.store.replace("training.batch_size", 7)
    window.ask.texts = ["mein Kätzchen"]
    assert presets.save()  # a shipped preset stays as it is: this asks for a name
    assert preset_store.find("mein Kätzchen").load().training.batch_size == 7
    assert preset_store.find("demo").load().training.batch_size == 4
    assert not window.app.store.unsaved
    window.app.store.replace("training.batch_size", 8)
    window.app.root.focus_force()
    window.app.root.event_generate("<Control-s>")
    assert preset_store.find("mein Kätzchen").load().training.batch_size == 8
    window.ask.texts = ["cat"]
    presets.rename()
    assert [preset.name for preset in preset_store.presets() if not preset.shipped] == ["cat"]
    window.ask.choices = ["no", "delete"]
    presets.delete()
    found = [presets.current is None]
    presets.delete()
    assert [*found, presets.current is None] == [False, True]
    assert window.app.store.state.training.batch_size == 8


def test_loading_asks_about_unsaved_changes(window: Window) -> None:
    window.app.store.replace("training.batch_size", 7)
    other = preset_store.find("sd15_lora")
    window.ask.choices = [None, "discard"]
    assert not window.app.presets.load(other)
    assert window.app.store.state.training.batch_size == 7
    assert window.app.presets.load(other)
    assert window.app.store.state.preset == "sd15_lora"
    assert not window.app.store.unsaved
    assert window.ask.asked == ["Unsaved changes"] * 2


def test_a_recipe_takes_the_pictures_along(window: Window) -> None:
    mine = TrainingState(
        preset="mine", concepts=(Concept(name="cat", path="/cats"),), model=ModelSettings(source="/models/cat")
    )
    window.app.store.load(mine)
    window.app.store.replace("training.batch_size", 7)
    recipe = preset_store.find("sd15_lora")
    window.ask.choices = ["cancel", "take"]
    assert not window.app.presets.load(recipe)
    assert window.app.presets.load(recipe)
    state = window.app.store.state
    assert (state.concepts, state.model.source) == (mine.concepts, "/models/cat")
    assert state.training == recipe.load().training
    assert window.app.store.unsaved
    window.app.topbar.step_back()
    assert window.app.store.state.training.batch_size == 7
    window.ask.choices = ["alone", "discard"]
    assert window.app.presets.load(recipe)
    assert window.app.store.state == recipe.load()
    assert window.ask.asked == ["Load 'sd15_lora'"] * 3 + ["Unsaved changes"]


def test_a_bad_preset_lists_every_problem_and_changes_nothing(window: Window, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"format": 1, "training": {"batch_size": 0, "epochz": 1}}', encoding="utf-8")
    before = window.app.store.state
    window.ask.folders = [str(bad)]
    with pytest.raises(Invalid) as caught:
        window.app.presets.import_file()
    window.app.errors.report(caught.value)
    _, message, _ = window.ask.told[0]
    assert "training.batch_size: must be at least 1 (was 0)" in message
    assert "epochs" in message
    assert window.app.store.state is before


def test_errors_of_handlers_become_words(window: Window) -> None:
    def mistake() -> None:
        raise UserError("the disk is full")

    def fault() -> None:
        raise KeyError("nobody's fault but ours")

    window.app.root.after(0, mistake)
    window.until(lambda: len(window.ask.told) == 1)
    assert window.ask.told[0] == ("That did not work", "The disk is full", "")
    window.app.root.after(0, fault)
    window.until(lambda: len(window.ask.told) == 2)
    title, message, trace = window.ask.told[1]
    assert "fault of ours" in title
    assert str(memory.log_file()) in message
    assert "KeyError" in trace
    assert "KeyError" in memory.log_file().read_text(encoding="utf-8")


def test_keys(window: Window, trainer: FakeTrainer) -> None:
    root = window.app.root
    root.focus_force()
    window.app.store.replace("training.batch_size", 7)
    root.event_generate("<Control-z>")
    assert window.app.store.state.training.batch_size == 4
    root.event_generate("<Control-Shift-Z>")
    assert window.app.store.state.training.batch_size == 7
    root.event_generate("<Alt-Key-2>")
    assert window.app.shell.current == "concepts"
    root.event_generate("<F5>")
    assert window.app.runner.going
    window.until(lambda: not window.app.runner.going)


def test_theme_and_scaling_with_every_tab_open(window: Window) -> None:
    for key in window.app.shell.tabs:
        window.app.shell.show(key)
    window.until(lambda: window.app.topbar.dark is not None)
    window.app.topbar.dark.toggle()
    window.turn()
    window.app.appearance.set_scaling(150)
    window.turn()
    assert window.app.appearance.view(True).scaling_percent == 150
    window.app.appearance.set_scaling(100)
    window.app.topbar.dark.toggle()
    window.turn()
    assert not window.ask.told


def test_real_dialogs(window: Window) -> None:
    """The dialogs themselves: buttons, Return and Esc."""
    root, ask = window.app.root, TkAsk(window.app.root)
    options = (Option("no", "No"), Option("yes", "Yes", "main"))

    def press(key: str) -> None:
        dialog = next(child for child in root.winfo_children() if child.winfo_class() == "Toplevel")
        dialog.focus_force()
        dialog.event_generate(key)

    root.after(200, lambda: press("<Return>"))
    assert ask.choose("Really?", "A question.", options) == "yes"
    root.after(200, lambda: press("<Escape>"))
    assert ask.choose("Really?", "A question.", options) is None
    root.after(200, lambda: press("<Return>"))
    assert ask.text("Name", "Its name:", "cat") == "cat"
    root.after(200, lambda: press("<Escape>"))
    ask.tell("Oh", "word " * 400, "a trace")
    dialog = Dialog(root, "Trace", "short")
    dialog.add_text("long")
    root.after(100, lambda: dialog.close("x"))
    assert dialog.run(options) == "x"


def test_a_fault_can_be_copied_and_its_trace_is_unfolded_once(window: Window) -> None:
    root = window.app.root
    seen: list[Any] = []

    def buttons() -> dict[str, Any]:
        found: dict[str, Any] = {}

        def collect(widget: Any) -> None:
            if isinstance(widget, ctk.CTkButton):
                found[widget.cget("text")] = widget
            for child in widget.winfo_children():
                collect(child)

        collect(next(child for child in root.winfo_children() if child.winfo_class() == "Toplevel"))
        return found

    def use() -> None:
        seen.append(list(buttons()))
        buttons()["Show the trace"].invoke()
        seen.append(list(buttons()))
        buttons()["Copy all"].invoke()
        seen.append(root.clipboard_get())
        dialog = next(child for child in root.winfo_children() if child.winfo_class() == "Toplevel")
        dialog.update_idletasks()
        seen.append((dialog.winfo_reqwidth() <= root.winfo_width(), dialog.winfo_reqheight() <= root.winfo_height()))
        buttons()["OK"].invoke()

    root.geometry("1100x740+0+0")
    window.app.appearance.set_scaling(200)
    window.turn(0.1)
    root.after(200, use)
    TkAsk(root).tell("A fault", "of ours", "line of the trace\n" * 60)
    window.app.appearance.set_scaling(100)
    first, then, copied, fits = seen
    assert set(first) == {"OK", "Copy all", "Show the trace"}
    assert set(then) == {"OK", "Copy all"}
    assert str(copied).startswith("A fault\n\nof ours\n\nline of the trace\n")
    assert fits == (True, True)
