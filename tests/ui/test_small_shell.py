"""A small window at 200 %: everything of the presets, the changes, the first steps and the forms is there and whole."""

import sys
import tkinter
from collections.abc import Iterator
from typing import Any

import customtkinter as ctk
import pytest
from PIL import ImageColor, ImageGrab

from tests.ui.conftest import Window
from ui import colours, theme
from ui.option_menu import OptionMenu
from ui.preset_panel import BUTTONS, FIRST
from ui.tabs.changes import ChangesPage
from ui.tabs.settings import SettingsPage
from ui.tabs.welcome import WelcomePage


@pytest.fixture
def small(window: Window) -> Iterator[Window]:
    window.app.root.geometry("1100x740+0+0")
    window.app.appearance.set_scaling(200)
    window.turn(0.2)
    yield window
    window.app.appearance.set_scaling(100)


def inside(widget: Any, around: Any) -> bool:
    """Whether a widget lies within another, or the screen, from left to right, and has the room that it asks for."""
    left, right = widget.winfo_rootx(), widget.winfo_rootx() + widget.winfo_width()
    edges = around.winfo_rootx(), around.winfo_rootx() + around.winfo_width()
    return bool(edges[0] <= left and right <= edges[1] and widget.winfo_width() >= widget.winfo_reqwidth())


def labels(widget: Any) -> Iterator[Any]:
    for child in widget.winfo_children():
        if isinstance(child, ctk.CTkLabel) and child.winfo_viewable() and child.cget("text"):
            yield child
        yield from labels(child)


def test_every_deed_with_presets_has_a_button_or_a_line_in_the_menu(small: Window) -> None:
    small.app.presets.open()
    small.turn(0.1)
    panel = small.app.presets.panel
    assert panel is not None
    bottom = panel.winfo_rooty() + panel.winfo_height()
    shown = [key for key, button in panel.buttons.items() if button.winfo_viewable()]
    assert shown == list(FIRST)
    assert all(panel.buttons[key].winfo_rooty() + panel.buttons[key].winfo_height() <= bottom for key in shown)
    menu = panel.more_menu()
    listed = [menu.entrycget(index, "label") for index in range(int(menu.index("end") or 0) + 1)]
    assert listed == [text for key, (text, _) in BUTTONS.items() if key not in FIRST]
    assert menu.entrycget("Delete…", "state") == tkinter.DISABLED  # a shipped one
    small.ask.texts = ["copy of demo"]
    menu.invoke("Duplicate…")
    assert "copy of demo" in [entry.preset.name for entry in panel.entries]
    panel.hide()
    small.app.appearance.set_scaling(100)
    small.turn(0.1)
    small.app.presets.open()
    small.turn(0.1)
    assert [key for key, button in panel.buttons.items() if button.winfo_viewable()] == list(BUTTONS)


def test_the_changes_have_their_buttons_columns_and_hint(small: Window) -> None:
    small.app.store.replace("concepts[1].loss_weight", 0.3)
    page = small.app.shell.show("changes")
    small.turn(0.2)
    assert isinstance(page, ChangesPage)
    assert all(inside(button, page) for button in page.toolbar.buttons.values())
    assert all(inside(label, page) for label in labels(page))
    canvas: Any = page.table.canvas
    drawn = [canvas.itemcget(item, "text") for item in canvas.find_all() if canvas.type(item) == "text"]
    assert {"Setting", "In the preset", "Now", "0.3"} <= set(drawn)


def test_the_first_steps_are_whole(small: Window) -> None:
    page = small.app.shell.show("welcome")
    assert isinstance(page, WelcomePage)
    small.turn(0.2)
    cut = [label.cget("text") for label in labels(page.card) if not inside(label, page.card)]
    assert not cut
    assert all(inside(button, page.card) for _, button in page._shared)


def test_what_is_wrong_in_a_narrow_form_has_the_whole_width(small: Window) -> None:
    small.app.store.reject("training.batch_size", "must be a whole number (was 'many')")
    page = small.app.shell.show("training")
    assert isinstance(page, SettingsPage)
    small.turn(0.2)
    row = next(row for form in page.cards.forms if (row := form.row("training.batch_size")))
    assert row._message.winfo_height() < 60  # one line
    assert inside(row._message, page)


def test_a_choice_is_shown_whole_or_with_an_ellipsis(window: Window) -> None:
    variable = tkinter.StringVar(window.app.root, "short")
    menu = OptionMenu(window.app.root, ["short", "Text file beside each picture"], variable, 100)
    menu.place(x=0, y=0)
    menu.fit(1000)
    variable.set("Text file beside each picture")
    window.turn()
    assert menu._text_label.cget("text") == "Text file beside each picture"
    assert menu._text_label.winfo_reqwidth() < menu.winfo_reqwidth()
    menu.fit(150)
    window.turn()
    assert menu._text_label.cget("text").startswith("Text file bes")
    assert menu._text_label.cget("text").endswith("…")
    assert menu._text_label.winfo_reqwidth() < menu.winfo_reqwidth() <= 150
    assert (menu.get(), variable.get()) == ("Text file beside each picture",) * 2
    menu.set("short")
    assert menu._text_label.cget("text") == "short"


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the pixels of an X11 display")
@pytest.mark.parametrize("percent", [80, 100, 125, 150, 175, 200])
def test_a_field_has_its_lower_edge_at_every_scaling(window: Window, percent: int) -> None:
    window.app.root.geometry("1100x740+0+0")
    window.app.appearance.set_scaling(percent)
    field = ctk.CTkEntry(window.app.root, height=theme.FIELD_HEIGHT)
    field.place(x=0, y=0)
    field.lift()
    window.turn(0.1)
    middle, top, bottom = field.winfo_rootx() + field.winfo_width() // 2, field.winfo_rooty(), field.winfo_height()
    seen = ImageGrab.grab((middle, top, middle + 1, top + bottom), xdisplay="")
    window.app.appearance.set_scaling(100)
    line = ImageColor.getrgb(theme.now(colours.LINE))
    edges = [row for row in range(bottom) if seen.getpixel((0, row)) == line]
    assert edges
    assert edges[0] < 3
    assert edges[-1] > bottom - 4


def test_every_field_is_of_that_height(window: Window) -> None:
    def fields(widget: Any) -> Iterator[Any]:
        for child in widget.winfo_children():
            if isinstance(child, ctk.CTkEntry):
                yield child
            yield from fields(child)

    window.app.bench.options.basic = False
    for key in window.app.shell.tabs:
        window.app.shell.show(key)
        window.turn()
    heights = {str(entry): entry.cget("height") for entry in fields(window.app.root)}
    assert len(heights) > 40
    assert {name: height for name, height in heights.items() if height != theme.FIELD_HEIGHT} == {}
