"""Looks: another scaling while the window is open, and buttons."""

from collections.abc import Iterator
from typing import Any

import customtkinter as ctk
import pytest
from PIL import ImageColor

from tests.ui.conftest import Window
from tests.ui.test_forms import type_into
from ui import colours, theme


def test_what_was_hidden_stays_hidden(window: Window) -> None:
    """customtkinter lays everything out anew then, also what was put away."""
    path = "training.batch_size"
    assert type_into(window, path, "many").message_text
    row = type_into(window, path, "4")
    assert not row.message_text
    for percent in (150, 100):
        window.app.appearance.set_scaling(percent)
        window.turn(0.1)
        assert row._message.winfo_manager() == ""


def hexed(colour: str) -> str:
    """customtkinter's own theme has some of Tk's names: 'gray10'."""
    grey = f"{round(int(colour[4:]) * 2.55):02x}" if colour[:4] == "gray" else ""
    return f"#{grey * 3}" if grey else "#{:02x}{:02x}{:02x}".format(*ImageColor.getrgb(colour)[:3])


def texts_and_papers(widget: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Each colour that a text of this kind of widget has, and what it lies on then."""
    papers = {key: value for key, value in widget.items() if key in PAPER_KEYS and value != "transparent"}
    for key, ink in widget.items():
        if "text_color" in key:
            hovered = "disabled" not in key and "placeholder" not in key
            yield from ((ink, paper) for name, paper in papers.items() if hovered or "hover" not in name)


PAPER_KEYS = (
    "fg_color", "hover_color", "button_hover_color", "selected_color", "selected_hover_color", "unselected_color",
    "unselected_hover_color",
)  # fmt: skip


@pytest.mark.parametrize("kind", [
    "CTkButton", "CTkEntry", "CTkTextbox", "CTkOptionMenu", "CTkSegmentedButton", "DropdownMenu",
])  # fmt: skip
def test_every_text_of_a_widget_can_be_read(kind: str) -> None:
    theme.apply()
    widget = dict(ctk.ThemeManager.theme[kind])
    if kind == "CTkButton":  # a blue one that cannot be pressed is pale
        widget["text_color_disabled"] = widget["text_color"]
    pairs = list(texts_and_papers(widget))
    assert pairs
    pairs += [(colours.ON_IDLE, colours.IDLE), (colours.TEXT, colours.LINE), (colours.ERROR, colours.LINE)]  # theme.button
    for ink, paper in pairs:
        for mode in (0, 1):
            assert colours.contrast(hexed(ink[mode]), hexed(paper[mode])) >= 4.5, (ink, paper)


def test_a_main_button_is_pale_while_it_cannot_be_pressed(window: Window) -> None:
    made = theme.button(window.app.root, "Start", lambda: None, "main")
    made.configure(state="disabled")
    assert tuple(made.cget("fg_color")) == colours.IDLE
    made.configure(state="normal")
    assert tuple(made.cget("fg_color")) == colours.ACCENT


def test_a_progress_bar_shows_nothing_where_nothing_is_done(window: Window) -> None:
    made = theme.ProgressBar(window.app.root, height=8)
    made.place(x=0, y=0)
    for done, state in ((None, "hidden"), (0.01, "normal"), (0.0, "hidden"), (1.0, "normal")):
        if done is not None:
            made.set(done)
        window.turn()
        assert made._canvas.itemcget("progress_parts", "state") == state
