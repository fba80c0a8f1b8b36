"""The tools for files: a form from each declaration, Start in the background, stop, result, and what is wrong in words."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from safetensors.numpy import save_file

from onetrainer_clone.events import Logged, Progressed, Saved
from onetrainer_clone.isolation import isolated
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import UserError, declarations
from onetrainer_clone.tools import TOOLS, Inspect, Merge, Resize, ToolSettings
from tests.ui.conftest import Window
from tests.ui.test_keys import press
from ui.tools.file_page import FileToolPage
from ui.tools.tabs import PICTURES, ToolTabs


class FakeTool:
    """Works until it is let go or stopped."""

    def __init__(self) -> None:
        self.asked: list[ToolSettings] = []
        self.go_on = True

    def __call__(self, settings: ToolSettings, emit: Emit, controls: Controls) -> None:
        self.asked.append(settings)
        emit(Progressed("tool", 1, 4))
        while not self.go_on:
            if controls.stopping:
                raise Stopped
            time.sleep(0.005)
        emit(Logged("16 layers were resized"))
        emit(Saved(0, settings.target if not isinstance(settings, Inspect) else settings.source, final=True))


@pytest.fixture
def tool() -> FakeTool:
    return FakeTool()


@pytest.fixture
def tabs(window: Window, tool: FakeTool) -> ToolTabs:
    window.app.desk.tools._run_tool = tool
    found = window.app.shell.show("tools")
    window.turn()
    assert isinstance(found, ToolTabs)
    return found


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    path = tmp_path / "cat.safetensors"
    zeros = np.zeros((4, 8), np.float32)
    save_file({"lora_unet_x.lora_down.weight": zeros, "lora_unet_x.lora_up.weight": zeros.T.copy()}, path)
    return path


def fill(page: FileToolPage, path: str, value: object) -> None:
    row = page.form.row(path)
    assert row is not None
    assert row.control is not None
    row.control.variable.set(value)


def test_every_tool_has_a_form_of_all_that_it_can_be_told(window: Window, tabs: ToolTabs) -> None:
    window.app.bench.options.basic = False
    for tool in TOOLS:
        page = tabs.file_tool(tool.name)
        window.turn()
        shown = {row.path for row in page.form.rows} | ({"loras"} if page.loras else set())
        assert shown == declarations(tool.settings).keys()
    assert not window.ask.told


def test_it_works_and_says_where_the_result_is(window: Window, tabs: ToolTabs, tool: FakeTool, lora: Path) -> None:
    page = tabs.file_tool("resize")
    tool.go_on = False
    fill(page, "source", str(lora))
    fill(page, "target", str(lora.parent / "small.safetensors"))
    fill(page, "rank", "2")
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: page.worker.progress.total == 4)
    window.turn()
    assert page.status.bar.winfo_manager()
    assert page.toolbar.buttons["start"].cget("state") == "disabled"
    window.app.actions.start()  # both need the memory
    assert window.ask.listed == [("",)]
    tool.go_on = True
    window.until(lambda: not page.worker.going)
    window.turn()
    [asked] = tool.asked
    assert isinstance(asked, Resize)
    assert asked.rank == 2
    assert "small.safetensors" in page.status.words.cget("text")
    assert "16 layers" in page.box.get("1.0", "end")
    assert page.toolbar.buttons["folder"].cget("state") == "normal"
    assert not page.status.bar.winfo_manager()


def test_a_stop_and_a_failure_are_said(window: Window, tabs: ToolTabs, tool: FakeTool, lora: Path) -> None:
    page = tabs.file_tool("inspect")
    tool.go_on = False
    fill(page, "source", str(lora))
    page.start()
    window.until(lambda: bool(tool.asked))
    page.toolbar.buttons["stop"].invoke()
    window.until(lambda: not page.worker.going)
    window.turn()
    assert page.status.words.cget("text")
    assert page.toolbar.buttons["start"].cget("state") == "normal"

    def fail(_settings: ToolSettings, _emit: Emit, _controls: Controls) -> None:
        raise UserError("the disk is full: free some space")

    page.worker._run_tool = fail
    page.start()
    window.until(lambda: not page.worker.going)
    window.turn()
    assert "The disk is full" in page.status.words.cget("text")


def test_what_is_missing_is_said_beside_the_fields_and_in_a_list(window: Window, tabs: ToolTabs, tool: FakeTool) -> None:
    page = tabs.file_tool("extract")
    window.turn()
    page.toolbar.buttons["start"].invoke()
    window.turn()
    assert window.ask.listed == [("base", "tuned", "target")]
    row = page.form.row("base")
    assert row is not None
    assert "Choose a model" in row.message_text
    fill(page, "target", "/x/y.safetensors")
    window.turn()
    assert row.message_text == ""
    fill(page, "rank", "many")
    page.start()
    assert "rank" in window.ask.listed[-1]
    assert not tool.asked


def test_undo_and_redo_are_seen_in_the_list_of_loras(window: Window, tabs: ToolTabs, lora: Path) -> None:
    """Rows that were no longer in the settings stayed, and to remove one was a fault."""
    page = tabs.file_tool("merge")
    assert page.loras is not None
    window.ask.folders = [f"{lora}|{lora}"]
    page.loras.button.invoke()
    page.loras.strengths[1].delete(0, "end")
    page.loras.strengths[1].insert(0, "0,5")

    def shown() -> list[str]:
        assert page.loras is not None
        return [entry.get() for entry in page.loras.strengths]

    assert shown() == ["1", "0,5"], "as it was typed"
    page.store.undo()
    assert shown() == ["1", "1"]
    page.store.undo()
    assert shown() == []
    page.store.redo()
    page.store.redo()
    assert shown() == ["1", "0.5"]
    page.loras.remove(0)
    assert shown() == ["0.5"]
    assert [file.strength for file in page.loras.files] == [0.5]


def test_loras_are_merged_with_their_strengths(window: Window, tabs: ToolTabs, tool: FakeTool, lora: Path) -> None:
    page = tabs.file_tool("merge")
    assert page.loras is not None
    window.ask.folders = [f"{lora}|{lora}"]
    page.loras.button.invoke()  # both in one dialog
    assert [file.path for file in page.loras.files] == [str(lora)] * 2
    page.loras.strengths[0].delete(0, "end")
    page.loras.strengths[0].insert(0, "x")
    fill(page, "model", "demo:model")
    fill(page, "target", str(lora.parent / "merged.safetensors"))
    page.start()
    assert "loras[0].strength" in window.ask.listed[-1]
    page.loras.strengths[0].delete(0, "end")
    page.loras.strengths[0].insert(0, "0,5")
    page.loras.remove(1)
    page.start()
    window.until(lambda: bool(tool.asked))
    [asked] = tool.asked
    assert isinstance(asked, Merge)
    assert [(file.path, file.strength) for file in asked.loras] == [(str(lora), 0.5)]


def test_a_real_look_at_a_file_in_a_process_of_its_own(
    window: Window, tabs: ToolTabs, lora: Path, make_window: Callable[..., Window]
) -> None:
    page = tabs.file_tool("inspect")
    page.worker._run_tool = isolated("modules.tools:run_tool")
    fill(page, "source", str(lora))
    page.start()
    window.until(lambda: not page.worker.going)
    window.turn()
    assert "lora_unet_x" in page.box.get("1.0", "end") or "a LoRA" in page.box.get("1.0", "end")
    assert page.status.words.cget("text").startswith("Done")


def test_what_was_filled_in_is_there_again_but_no_permission(
    window: Window, tabs: ToolTabs, lora: Path, make_window: Callable[..., Window]
) -> None:
    window.app.bench.options.basic = False
    page = tabs.file_tool("merge")
    window.turn()
    assert page.loras is not None
    window.ask.folders = [str(lora)]
    page.loras.button.invoke()
    page.loras.strengths[0].delete(0, "end")
    page.loras.strengths[0].insert(0, "0.5")
    fill(page, "model", "demo:model")
    fill(page, "overwrite", True)
    window.app.close()
    again = make_window().app.shell.show("tools")
    assert isinstance(again, ToolTabs)
    found = again.file_tool("merge")
    settings = found.store.settings
    assert isinstance(settings, Merge)
    assert (settings.model, settings.overwrite) == ("demo:model", False)
    assert found.loras is not None
    assert [entry.get() for entry in found.loras.strengths] == ["0.5"]
    assert found.loras.read() == settings.loras


def test_pictures_are_not_drawn_while_a_tool_works(window: Window, tabs: ToolTabs, tool: FakeTool, lora: Path) -> None:
    page = tabs.file_tool("resize")
    tool.go_on = False
    fill(page, "source", str(lora))
    fill(page, "target", str(lora.parent / "small.safetensors"))
    page.start()
    window.turn()
    other = tabs.file_tool("merge")
    assert other.toolbar.buttons["start"].cget("state") == "disabled"
    assert other.status.words.cget("text") == "Another tool is working."
    tabs.choose(PICTURES)
    window.turn()
    assert tabs.pictures.toolbar.buttons["draw"].cget("state") == "disabled"
    assert tabs.pictures.status.words.cget("text") == "A tool of the Tools tab works: wait, or stop that first."
    tabs.pictures.form.begin()
    tabs.pictures.form.take_prompts()
    tabs.drawer.draw = lambda *_: None
    with pytest.raises(UserError, match="a tool of the Tools tab works: wait"):
        tabs.pictures.draw()
    tool.go_on = True
    window.until(lambda: not page.worker.going)
    window.turn()
    assert tabs.pictures.toolbar.buttons["draw"].cget("state") == "normal"


def test_a_file_is_inspected_while_a_run_goes_on_and_the_others_say_why_not(
    window: Window, tabs: ToolTabs, tool: FakeTool, lora: Path
) -> None:
    page = tabs.file_tool("merge")
    window.turn()
    assert page.toolbar.buttons["start"].cget("state") == "normal"
    window.trainer.hold_at = 5
    window.run()
    window.until(lambda: page.toolbar.buttons["start"].cget("state") == "disabled")
    assert page.status.words.cget("text").startswith("A run is going on: wait for its end")
    assert page._start_tip().startswith("Not now: a run is going on")
    page = tabs.file_tool("inspect")
    window.turn()
    tool.go_on = False
    fill(page, "source", str(lora))
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: bool(tool.asked))
    assert window.app.desk.at_work == "a file is inspected on the Tools tab"
    window.app.runner.stop(save=False)
    window.until(lambda: not window.app.runner.going)
    window.run()  # which needs not wait for it either
    tool.go_on = True
    window.until(lambda: not page.worker.going)
    window.turn()
    assert page.status.words.cget("text").startswith("Done")
    assert not window.ask.told
    window.app.runner.stop(save=False)
    window.until(lambda: not window.app.runner.going)
    window.turn()
    assert tabs.file_tool("merge").toolbar.buttons["start"].cget("state") == "normal"


def test_the_wheel_scrolls_the_form_over_texts_and_lists_that_cannot(window: Window, tabs: ToolTabs) -> None:
    form = tabs.pictures.form
    row = form.row("prompts")
    assert row is not None
    box = cast(Any, row.control).box
    window.until(lambda: form._parent_canvas.yview()[1] < 1.0)

    def notch(widget: Any) -> tuple[float, float]:
        """How far the form and the widget have come, from the form's top."""
        form._parent_canvas.yview_moveto(0.0)
        window.turn()
        widget.event_generate("<Button-5>")
        window.turn()
        return form._parent_canvas.yview()[0], widget.yview()[0]

    for widget in (box._textbox, form.files.table.canvas):
        moved, _ = notch(widget)
        assert moved > 0.0, "an empty one hands the wheel on"
    box.insert("1.0", "\n".join(map(str, range(100))))
    form.files.add([f"/x/{number}.safetensors" for number in range(60)])
    window.turn(0.1)
    for widget in (box._textbox, form.files.table.canvas):
        moved, within = notch(widget)
        assert (moved, within > 0.0) == (0.0, True), "a full one keeps it"
        widget.yview_moveto(1.0)
        moved, _ = notch(widget)
        assert moved > 0.0, "until its end"


def test_undo_on_a_switch_or_menu_takes_back_in_the_form(window: Window, tabs: ToolTabs) -> None:
    """And never a setting of the run, which is out of view."""
    window.app.store.replace("training.batch_size", 7)
    window.app.bench.options.basic = False
    page = tabs.file_tool("resize")
    store = page.store
    undo, said = window.app.topbar.undo, window.app.topbar.said
    window.turn()
    assert undo.cget("state") == "disabled"
    row = page.form.row("overwrite")
    assert row is not None
    assert row.control is not None
    switch = row.control.widget._canvas
    press(window, switch, "<Control-z>")
    assert window.app.store.state.training.batch_size == 7
    assert said.cget("text") == "Nothing was changed in this form."
    press(window, switch, "<space>")
    assert cast(Resize, store.settings).overwrite
    assert undo.cget("state") == "normal"
    press(window, switch, "<Control-z>")
    assert not cast(Resize, store.settings).overwrite
    assert said.cget("text").startswith("Undone: ")
    press(window, switch, "<Control-Shift-Z>")
    assert cast(Resize, store.settings).overwrite
    tabs.choose(PICTURES)
    window.turn()
    assert undo.cget("state") == "disabled"
    press(window, tabs.menu._canvas, "<Control-z>")
    assert cast(Resize, store.settings).overwrite
    window.app.shell.show("training")
    press(window, window.app.root, "<Control-z>")
    assert window.app.store.state.training.batch_size == 4
