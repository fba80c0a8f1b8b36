"""Closing the window: nothing that works or is being written is cut off without a word."""

import threading
from pathlib import Path
from typing import Any

import customtkinter as ctk
import pytest

from onetrainer_clone import caption_changes
from tests.ui.conftest import Window
from tests.ui.fake_trainer import FakeTrainer
from tests.ui.test_file_tools import FakeTool, fill, lora, tabs, tool  # noqa: F401 - fixtures
from tests.waiting import LIMIT
from ui import memory
from ui.dialog import dialog_in_front
from ui.dialogs import TkAsk
from ui.tools.tabs import ToolTabs


def busy(window: Window, done: threading.Event) -> None:
    """The writer changes many captions, until `done`."""

    def work() -> None:
        window.app.writer.progress = (12_000, 50_000)
        done.wait(LIMIT)

    window.app.writer.submit("captions", work, lambda _nothing: None)


def test_what_is_being_written_is_waited_for(window: Window) -> None:
    done = threading.Event()
    busy(window, done)
    window.app.close()
    window.until(lambda: window.app.closing.note is not None)
    note = window.app.closing.note
    assert note is not None
    window.app.root.focus_force()
    window.app.root.event_generate("<F5>")
    assert not window.app.runner.going, "nothing begins any more"
    assert note.words.cget("text") == "The window closes when everything is written: 12,000 of 50,000"
    assert note.bar.get() == pytest.approx(0.24)
    window.turn(0.3)
    assert not window.app.closed
    done.set()
    window.until(lambda: window.app.closed)


def test_the_window_can_stay_open_after_all(window: Window) -> None:
    done = threading.Event()
    busy(window, done)
    window.app.close()
    window.until(lambda: window.app.closing.note is not None)
    assert window.app.closing.note is not None
    window.app.closing.note.stay.invoke()
    done.set()
    window.rest()
    window.turn(0.2)
    assert not window.app.closed
    assert window.app.closing.note is None


def test_a_change_of_many_captions_is_whole_when_the_window_has_closed(window: Window, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.txt" for number in range(3)]
    for file in files:
        file.write_text("a cat", encoding="utf-8")
    edits = [caption_changes.Edit(file, "a cat", "a dog") for file in files]

    def work() -> None:
        for place, _ in enumerate(caption_changes.apply(edits), start=1):
            window.app.writer.progress = (place, len(edits))
            threading.Event().wait(0.9)  # longer in all than a window would wait without being told to

    window.app.writer.submit("captions", work, lambda _nothing: None)
    window.app.close()
    window.until(lambda: window.app.closed)
    assert [file.read_text(encoding="utf-8") for file in files] == ["a dog"] * 3


def test_a_tool_that_works_is_asked_about(window: Window, tabs: ToolTabs, tool: FakeTool, lora: Path) -> None:  # noqa: F811
    page = tabs.file_tool("inspect")
    tool.go_on = False
    fill(page, "source", str(lora))
    page.start()
    window.until(lambda: bool(tool.asked))
    window.ask.choices = ["stay", "end"]
    window.app.close()
    window.turn(0.1)
    assert not window.app.closed
    assert page.worker.going
    window.app.close()
    window.until(lambda: window.app.closed)
    assert window.ask.asked == ["Close the window?"] * 2
    assert not page.worker.going


def dialogs(window: Window) -> list[Any]:
    """Those that are open; a tooltip may be, too, wherever the mouse happens to be."""
    return [child for child in window.app.root.winfo_children() if isinstance(child, ctk.CTkToplevel)]


def in_front(window: Window) -> bool:
    """Whether the last dialog that was opened is there to its last button, and takes all clicks."""
    return bool(found := dialogs(window)) and dialog_in_front(window.app.root) is found[-1]


def labelled(dialog: Any, text: str) -> Any:
    """The button with this text."""
    below = [dialog]
    for widget in below:
        below += widget.winfo_children()
    return next(widget for widget in below if isinstance(widget, ctk.CTkButton) and widget.cget("text") == text)


@pytest.fixture
def asking(window: Window) -> Window:
    """The window with its real dialogs."""
    window.app.bench.ask = window.app.ask = TkAsk(window.app.root)
    return window


def test_the_cross_pressed_again_asks_no_second_time(asking: Window, trainer: FakeTrainer) -> None:
    trainer.hold_at = 3
    app, seen = asking.app, []

    def again() -> None:
        app.close()
        app.root.after(300, answer)  # a second dialog would be there at once

    def answer() -> None:
        seen.extend(dialogs(asking))
        labelled(seen[0], "Discard and close").invoke()

    app.actions.start()
    asking.until(lambda: app.runner.record.progress.step > 0)
    asking.when(lambda: in_front(asking), again)
    app.close()
    assert len(seen) == 1
    asking.until(lambda: app.closed)
    assert not app.runner.going


def test_the_same_question_is_asked_once_at_a_time(asking: Window) -> None:
    """The second click of a double click comes before the dialog takes all clicks."""
    app = asking.app
    app.store.reject("training.batch_size", "must be a whole number (was 'many')")
    seen: list[Any] = []

    def look() -> None:
        seen.extend(dialogs(asking))
        labelled(seen[0], "Close").invoke()

    app.root.after_idle(app.actions.start)
    asking.when(lambda: in_front(asking), lambda: app.root.after(300, look))  # a second one would be there at once
    app.actions.start()
    asking.turn(0.3)
    assert len(seen) == 1
    assert not dialogs(asking)


def test_the_window_goes_after_the_dialog_that_is_open(asking: Window, trainer: FakeTrainer) -> None:
    """The run ends while something is asked: the question is answered first, in a window that is there."""
    trainer.hold_at = 3
    app, answers = asking.app, []
    app.actions.start()
    asking.until(lambda: app.runner.record.progress.step > 0)

    def close() -> None:
        assert not app.closed
        labelled(dialogs(asking)[0], "OK").invoke()

    asking.when(lambda: in_front(asking), lambda: app.runner.stop(save=False))
    asking.when(lambda: in_front(asking) and not app.runner.going, lambda: app.root.after(200, close))
    app.closing.waiting = True
    answers.append(app.ask.text("Save the preset as", "Its name:", "mine"))
    assert answers == ["mine"]
    asking.until(lambda: app.closed)


def test_a_dialog_below_another_takes_the_clicks_again(asking: Window) -> None:
    app, held = asking.app, []

    def above() -> None:
        asking.when(lambda: len(dialogs(asking)) == 2 and in_front(asking), dismiss)
        app.ask.tell("Above", "all of it")
        asking.turn(0.05)
        held.append(dialog_in_front(app.root))
        dismiss()

    def dismiss() -> None:
        labelled(dialogs(asking)[-1], "OK").invoke()

    asking.when(lambda: in_front(asking), above)
    app.ask.tell("Below", "all of it")
    assert len(held) == 1
    assert held[0] is not None


def test_going_on_keeps_the_window(window: Window, trainer: FakeTrainer) -> None:
    trainer.hold_at = 3
    window.app.actions.start()
    window.until(lambda: window.app.runner.record.progress.step > 0)
    window.ask.choices = ["on"]
    window.app.close()
    window.turn(0.2)
    assert window.ask.asked == ["Stop training and close the window?"]
    assert window.app.runner.going
    assert not window.app.closed


def test_an_error_after_the_end_is_in_the_log_alone(window: Window) -> None:
    window.app.close()
    window.until(lambda: window.app.closed)
    window.app.errors.report(RuntimeError("too late"))
    assert window.ask.told == []
    assert "too late" in memory.log_file().read_text(encoding="utf-8")
