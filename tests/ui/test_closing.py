"""Closing the window: nothing that works or is being written is cut off without a word."""

import threading
from pathlib import Path

import pytest

from onetrainer_clone import caption_changes
from tests.ui.conftest import Window
from tests.ui.test_file_tools import FakeTool, fill, lora, tabs, tool  # noqa: F401 - fixtures
from ui.tools.tabs import ToolTabs


def busy(window: Window, done: threading.Event) -> None:
    """The writer changes many captions, until `done`."""

    def work() -> None:
        window.app.writer.progress = (12_000, 50_000)
        done.wait(10)

    window.app.writer.submit("captions", work, lambda _nothing: None)


def test_what_is_being_written_is_waited_for(window: Window) -> None:
    done = threading.Event()
    busy(window, done)
    window.app.close()
    window.until(lambda: window.app.closing.note is not None)
    note = window.app.closing.note
    assert note is not None
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
