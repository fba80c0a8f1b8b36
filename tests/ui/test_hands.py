"""As a person's hands: the keyboard and the mouse of the display, through xdotool. Nothing in the window is called."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import customtkinter as ctk
import pytest

from tests.ui.conftest import Window
from tests.ui.fake_trainer import FakeTrainer
from tests.ui.test_pictures import browse
from tests.waiting import LIMIT
from ui.dialogs import TkAsk
from ui.queue.page import QueuePage
from ui.runs.table_rows import HEAD
from ui.runs.table_rows import ROW as ROW_OF_TABLE
from ui.search_box import ROW
from ui.tabs.run import RunPage
from ui.tabs.settings import SettingsPage

pytestmark = pytest.mark.skipif(shutil.which("xdotool") is None, reason="needs xdotool, which drives X11")


def hands(*arguments: object) -> None:
    subprocess.run(["xdotool", *map(str, arguments)], check=True, timeout=LIMIT)


def click(window: Window, widget: Any) -> None:
    """The mouse goes to the middle of a widget and clicks."""
    window.turn()
    left, top = widget.winfo_rootx() + widget.winfo_width() // 2, widget.winfo_rooty() + widget.winfo_height() // 2
    hands("mousemove", left, top, "click", 1)


def focused(window: Window) -> Any:
    return window.app.root.focus_get()


@pytest.fixture
def seen(make_window: Callable[..., Window]) -> Window:
    """A window that has the keyboard; without a window manager it has to ask for it."""
    window = make_window()
    window.app.root.geometry("1100x740+0+0")
    window.app.root.lift()
    window.app.root.focus_force()
    window.turn(0.1)
    return window


def batch_field(window: Window) -> Any:
    page = window.app.shell.pages["training"]
    assert isinstance(page, SettingsPage)
    row = next(row for form in page.cards.forms if (row := form.row("training.batch_size")))
    assert row.control is not None
    return row.control.widget


def test_type_a_number_and_take_it_back(seen: Window) -> None:
    state = seen.app.store
    click(seen, seen.app.shell.tabs["training"])
    seen.until(lambda: seen.app.shell.current == "training")
    click(seen, batch_field(seen))
    seen.until(lambda: "entry" in str(focused(seen)))
    hands("key", "ctrl+a")
    hands("type", "12")
    seen.until(lambda: state.state.training.batch_size == 12)
    hands("key", "ctrl+z")
    seen.until(lambda: state.state.training.batch_size == 4)
    hands("key", "ctrl+shift+z")
    seen.until(lambda: state.state.training.batch_size == 12)


def test_find_a_setting_with_the_keyboard_alone(seen: Window) -> None:
    hands("key", "ctrl+f")
    seen.until(lambda: "entry" in str(focused(seen)))
    hands("type", "batch size")
    seen.until(lambda: bool(seen.app.topbar.search.results.found))
    hands("key", "Return")
    seen.until(lambda: seen.app.shell.current == "training")
    seen.until(lambda: str(focused(seen)).startswith(str(batch_field(seen))))
    before = str(focused(seen))
    hands("key", "Tab")
    seen.until(lambda: str(focused(seen)) != before)


def test_click_on_what_the_search_found(seen: Window) -> None:
    hands("key", "ctrl+f")
    seen.until(lambda: "entry" in str(focused(seen)))
    hands("type", "resolution")
    results = seen.app.topbar.search.results
    seen.until(lambda: len(results.found) > 1 and results.winfo_viewable())
    seen.turn(0.1)
    place = [found.path for found in results.found].index("training.resolution")
    left, top = results.winfo_rootx() + 40, results.winfo_rooty() + results.px(ROW) * place + 10
    hands("mousemove", left, top)
    seen.until(lambda: results.chosen == place)
    hands("click", 1)
    seen.until(lambda: seen.app.shell.current == "training")
    assert not seen.ask.told


def run_page(window: Window) -> RunPage:
    """The Run tab, by a click on it."""
    click(window, window.app.shell.tabs["run"])
    window.until(lambda: window.app.shell.current == "run")
    page = window.app.shell.pages["run"]
    assert isinstance(page, RunPage)
    return page


def test_start_the_demo_and_see_it_end(seen: Window, trainer: FakeTrainer) -> None:
    page = run_page(seen)
    click(seen, page.buttons["start"])
    seen.until(lambda: seen.app.runner.record.ended is not None)
    assert len(trainer.runs) == 1
    assert page.status.words.cget("text") == "Done"


def parts(widget: Any) -> Iterator[Any]:
    for child in widget.winfo_children():
        yield child
        yield from parts(child)


def answer(window: Window, label: str) -> None:
    """The next dialog is answered by a click on the button with these words, as soon as it is there."""
    root = window.app.root

    def look() -> None:
        dialogs = [child for child in root.winfo_children() if isinstance(child, ctk.CTkToplevel)]
        found = [part for dialog in dialogs for part in parts(dialog) if isinstance(part, ctk.CTkButton)]
        button = next((part for part in found if part.cget("text") == label and part.winfo_viewable()), None)
        if button is None:
            root.after(20, look)
        else:
            click(window, button)

    root.after(20, look)


def test_pause_sample_go_on_and_stop(seen: Window, trainer: FakeTrainer) -> None:
    """With the program's own dialog: at first the person thinks better of it."""
    seen.app.bench.ask = TkAsk(seen.app.root)
    trainer.steps, trainer.step_seconds, trainer.sample_every = 100_000, 0.01, 100_000
    runner, page = seen.app.runner, run_page(seen)
    click(seen, page.buttons["start"])
    seen.until(lambda: runner.record.progress.step > 2)
    click(seen, page.buttons["pause"])
    seen.until(lambda: runner.record.progress.activity == "paused")
    held = runner.record.progress.step
    click(seen, page.buttons["sample"])
    seen.until(lambda: held in runner.record.sample_steps)
    assert runner.record.progress.step == held
    click(seen, page.buttons["pause"])
    seen.until(lambda: runner.record.progress.step > held)
    answer(seen, "Go on training")
    click(seen, page.buttons["stop"])
    seen.turn(0.2)
    assert runner.going
    assert not runner.stopping
    answer(seen, "Save and stop")
    click(seen, page.buttons["stop"])
    seen.until(lambda: not runner.going)
    assert runner.record.saved is not None
    assert page.status.words.cget("text") == "Stopped"


def test_two_runs_are_queued_put_into_another_order_and_run(seen: Window, trainer: FakeTrainer) -> None:
    queue = seen.app.desk.queue
    for name in ("one", "two"):
        seen.app.store.replace("saving.name", name)
        click(seen, run_page(seen).buttons["queue"])
        seen.until(lambda wanted=name: wanted in [entry.name for entry in queue.entries])  # type: ignore[misc]
    assert seen.app.shell.current == "queue", "what was added is shown"
    page = seen.app.shell.pages["queue"]
    assert isinstance(page, QueuePage)
    seen.turn(0.1)
    canvas = page.table.canvas
    second_row = canvas.px(HEAD) + canvas.px(ROW_OF_TABLE) * 3 // 2
    hands("mousemove", canvas.winfo_rootx() + 40, canvas.winfo_rooty() + second_row, "click", 1)
    seen.until(lambda: page.entry is not None and page.entry.name == "two")
    click(seen, page.toolbar.buttons["up"])
    seen.until(lambda: [entry.name for entry in queue.entries] == ["two", "one"])
    click(seen, page.toolbar.buttons["start"])
    seen.until(lambda: [entry.status for entry in queue.entries] == ["done", "done"])
    assert [state.run_name for state in trainer.runs] == ["two", "one"]


def test_words_of_captions_are_replaced_and_come_back(seen: Window, pictures: Path) -> None:
    """From field to field with the Tab key, with a rest in which the preview comes; Ctrl+Z changes no setting."""
    store = seen.app.store
    store.replace("training.batch_size", 7)
    browser = browse(seen, pictures)
    click(seen, browser.bar["bulk"])
    seen.until(lambda: browser.many.shown and browser.bulk.winfo_viewable())
    hands("type", "cat")
    seen.until(lambda: len(browser.bulk.edits) == 2)
    hands("key", "Tab")
    seen.turn(0.5)
    hands("type", "dog")
    seen.until(lambda: browser.bulk.by.get() == "dog" and "dog" in browser.bulk.edits[0].after)
    click(seen, browser.bulk.go)
    seen.until(lambda: (pictures / "2.txt").read_text() == "a blue dog")
    seen.until(lambda: not browser.bulk.working)
    hands("key", "Escape")
    seen.until(lambda: not browser.many.shown)
    hands("key", "ctrl+z")
    seen.until(lambda: (pictures / "2.txt").read_text() == "a blue cat")
    assert not browser.many.shown
    hands("key", "ctrl+z")
    seen.turn(0.3)
    assert store.state.training.batch_size == 7


def test_the_arrows_work_after_a_click_on_a_button(seen: Window, pictures: Path) -> None:
    browser = browse(seen, pictures)
    click(seen, browser.tools.buttons["fit"])
    hands("key", "Right")
    seen.until(lambda: browser.at == 1)
    click(seen, browser.tools.tool._buttons_dict["Train"])
    hands("key", "Right")
    seen.until(lambda: browser.at == 2)
    click(seen, browser.box.text)
    hands("key", "Left")
    seen.turn(0.2)
    assert browser.at == 2, "there it moves the cursor"
