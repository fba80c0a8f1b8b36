"""The window where customtkinter takes the system for Windows: as far as that can be had on another one."""

import ctypes
import sys
import tkinter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import customtkinter as ctk
import pytest

from tests.ui.conftest import Window
from ui.dialog import Dialog, Option, dialog_in_front
from ui.top_level import TopLevel


class Dwm:
    """The call that gives a title bar its colour."""

    def __init__(self) -> None:
        self.dark: list[bool] = []
        self.known = {20}  # the attributes that this Windows knows

    def DwmSetWindowAttribute(self, _window: int, attribute: int, value: Any, _size: int) -> int:
        if attribute in self.known:
            self.dark.append(bool(value._obj.value))
        return 0 if attribute in self.known else 1


@pytest.fixture
def dwm(display: str, monkeypatch: pytest.MonkeyPatch) -> Dwm:
    found = Dwm()
    user32 = SimpleNamespace(GetParent=lambda window: window)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(dwmapi=found, user32=user32), raising=False)
    monkeypatch.setattr(ctk.ScalingTracker, "deactivate_automatic_dpi_awareness", True)
    monkeypatch.setattr(sys, "platform", "win32")
    return found


def test_nothing_that_waits_is_done_while_a_dialog_is_built(dwm: Dwm, make_window: Callable[..., Window]) -> None:
    root = make_window().app.root
    early: list[str] = []
    root.after_idle(lambda: early.append("idle"))
    root.after(0, lambda: early.append("timer"))
    dialog = Dialog(root, "Really?", "A question.")
    assert early == []
    root.after(1, lambda: answered_when_it_is_in_front(root, dialog))
    assert dialog.run((Option("no", "No"), Option("yes", "Yes", "main"))) == "yes"
    assert "timer" in early


def answered_when_it_is_in_front(root: Any, dialog: Dialog) -> None:
    if dialog_in_front(root) is dialog.window:
        dialog.close("yes")
    else:
        root.after(1, lambda: answered_when_it_is_in_front(root, dialog))


@pytest.mark.parametrize("attribute", [20, 19])
def test_the_title_bar_of_a_window_has_the_theme_s_colour(
    attribute: int, dwm: Dwm, make_window: Callable[..., Window]
) -> None:
    window = make_window()
    window.app.appearance.set_dark(True)
    dwm.known = {attribute}
    dwm.dark.clear()
    beside = TopLevel(window.app.root)
    window.until(lambda: True in dwm.dark)
    window.app.appearance.set_dark(False)
    window.until(lambda: False in dwm.dark)
    assert beside.winfo_viewable()
    beside.destroy()


def test_what_comes_over_the_window_is_seen_in_its_place_only(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows shows a window at once, wherever it is: it would jump."""
    states: list[str] = []
    place = tkinter.Wm.wm_geometry

    def placed(self: Any, geometry: str | None = None) -> Any:
        states.append(self.wm_state())
        return place(self, geometry)

    monkeypatch.setattr(tkinter.Wm, "wm_geometry", placed)
    monkeypatch.setattr(tkinter.Wm, "geometry", placed)
    root = window.app.root
    window.app.bench.tooltip.show(window.app.shell.bar, "words")
    dialog = Dialog(root, "Really?", "A question.")
    root.after(1, lambda: answered_when_it_is_in_front(root, dialog))
    assert dialog.run((Option("yes", "Yes"),)) == "yes"
    assert states == ["withdrawn", "withdrawn"]
