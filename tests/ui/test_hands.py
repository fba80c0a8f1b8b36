"""As a person's hands: the keyboard and the mouse of the display, through xdotool. Nothing in the window is called."""

import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.conftest import Window
from tests.ui.fake_trainer import FakeTrainer
from ui.search_box import ROW
from ui.tabs.run import RunPage
from ui.tabs.settings import SettingsPage

pytestmark = pytest.mark.skipif(shutil.which("xdotool") is None, reason="needs xdotool, which drives X11")


def hands(*arguments: object) -> None:
    subprocess.run(["xdotool", *map(str, arguments)], check=True, timeout=20)


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


def test_start_the_demo_and_see_it_end(seen: Window, trainer: FakeTrainer) -> None:
    click(seen, seen.app.shell.tabs["run"])
    seen.until(lambda: seen.app.shell.current == "run")
    page = seen.app.shell.pages["run"]
    assert isinstance(page, RunPage)
    click(seen, page.buttons["start"])
    seen.until(lambda: seen.app.runner.record.ended is not None, 30)
    assert len(trainer.runs) == 1
    assert page.status.words.cget("text") == "Done"
