"""Where tooltips lie: in the window, and not over what a person goes on to."""

from typing import Any

import customtkinter as ctk
import pytest

from tests.ui.conftest import Window
from ui.tooltip import Tooltip


def shown(window: Window) -> Any:
    found = window.app.bench.tooltip._window
    assert found is not None
    window.turn(0.1)
    return found


@pytest.fixture
def tooltip(window: Window) -> Tooltip:
    return window.app.bench.tooltip


def test_the_key_of_a_tab_lies_beside_the_tabs(window: Window, tooltip: Tooltip) -> None:
    tab = window.app.shell.tabs["concepts"]
    tab._label.event_generate("<Enter>")
    window.until(lambda: tooltip._window is not None)
    assert shown(window).winfo_rootx() >= tab.winfo_rootx() + tab.winfo_width()


@pytest.mark.parametrize(("x", "y"), [(1.0, 0.5), (1.0, 1.0), (0.0, 1.0)])
@pytest.mark.parametrize("beside", [False, True])
def test_a_tooltip_stays_within_the_window(window: Window, tooltip: Tooltip, x: float, y: float, beside: bool) -> None:
    root = window.app.root
    button = ctk.CTkButton(root, text="Delete", width=60)
    button.place(relx=x, rely=y, anchor=("s" if y == 1 else "") + ("e" if x else "w"))
    window.turn(0.1)
    tooltip.show(button, "Moves the selected pictures, their captions and their masks to the trash.", beside)
    seen = shown(window)
    assert seen.winfo_rootx() >= root.winfo_rootx()
    assert seen.winfo_rootx() + seen.winfo_width() <= root.winfo_rootx() + root.winfo_width()
    assert seen.winfo_rooty() + seen.winfo_height() <= root.winfo_rooty() + root.winfo_height()


def test_what_was_pressed_is_not_explained_until_the_mouse_comes_back(window: Window, tooltip: Tooltip) -> None:
    tab = window.app.shell.tabs["concepts"]
    tab._label.event_generate("<Enter>")
    tab._label.event_generate("<ButtonPress-1>", x=2, y=2)
    tab._label.event_generate("<ButtonRelease-1>", x=2, y=2)
    beside = tab._label.winfo_rootx() - tab.winfo_rootx() + 2
    tab._label.event_generate("<Leave>", x=2, y=2, rootx=tab.winfo_rootx() + beside, rooty=tab.winfo_rooty() + 5)
    tab._canvas.event_generate("<Enter>")  # from the text to the button around it: the mouse is still there
    assert not tooltip._waiting
    tab._canvas.event_generate("<Leave>", rootx=tab.winfo_rootx() - 5, rooty=tab.winfo_rooty() + 5)
    tab._canvas.event_generate("<Enter>")
    assert tooltip._waiting
