"""The mark beside a setting that differs from the preset, and the ways back to the preset's value or the default."""

from functools import partial
from typing import TYPE_CHECKING, Any

import customtkinter as ctk

from onetrainer_clone.settings import get
from ui import colours, theme
from ui.origin import saved_value
from ui.words import as_text
from ui.workbench import Workbench

if TYPE_CHECKING:
    from ui.row import Row


class ResetMark:
    """Made when a row first differs from the preset: most rows never do."""

    def __init__(self, parent: Any, row: "Row", bench: Workbench):
        self.widget = ctk.CTkLabel(
            parent, text="↺", width=18, height=28, text_color=colours.LINK, cursor="hand2", font=theme.font(16)
        )
        self.widget.bind("<Button-1>", lambda _event: row.back_to_preset())
        bench.tooltip.attach(self.widget, lambda: _tip(row, bench))


def _tip(row: "Row", bench: Workbench) -> str:
    if len(row.paths) > 1:
        return "Changed from the preset. Click to go back to what the preset holds for each of them."
    now = get(bench.store.state, row.path)
    saved = saved_value(bench.store.state, bench.store.saved, row.path, now)
    return f"Changed from the preset. Click to go back to its value: {_shown(row, saved)}"


def show_menu(row: "Row", bench: Workbench, left: int, top: int) -> None:
    """Back to what the preset or the program holds."""
    menu = theme.menu(bench.root)
    now = get(bench.store.state, row.path)
    saved = saved_value(bench.store.state, bench.store.saved, row.path, now)
    for words, value in (("the preset's value", saved), ("the default", row.declaration.default)):
        menu.add_command(
            label=f"Back to {words}: {_shown(row, value)}"[:80],
            command=partial(row.reset, value),
            state="disabled" if value == now else "normal",
        )
    menu.tk_popup(left, top)


def _shown(row: "Row", value: Any) -> str:
    return as_text(value) or row.declaration.empty or "empty"
