"""The buttons above the large view."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import customtkinter as ctk

from ui import theme
from ui.tooltip import Tooltip


class TopBar(ctk.CTkFrame):
    """`commands` by key; `undoes` says what undo would take back now, if anything."""

    def __init__(
        self, parent: Any, tooltip: Tooltip, commands: Mapping[str, Callable[[], object]], undoes: Callable[[], str]
    ):
        super().__init__(parent, fg_color="transparent")
        self.buttons: dict[str, Any] = {}
        self._undoes = undoes
        for key, text, tip in (
            ("previous", "◀", "The previous picture (Page up)"),
            ("next", "▶", "The next picture (Page down)"),
            ("delete", "Delete", "Moves the picture, its caption and mask to the folder .trash (Delete)"),
            ("reload", "Reload", "Reads the folder again."),
            ("undo", "Undo", ""),
            ("bulk", "All captions …", "Search and replace, add or remove a tag in all captions."),
        ):
            made = theme.button(self, text, commands[key], "danger" if key == "delete" else "plain")
            at_left = key in ("previous", "next")
            made.pack(side="left" if at_left else "right", padx=(0, 6) if at_left else (6, 0))
            says = partial(str, tip) if tip else (lambda: f"Undo: {undoes() or 'nothing yet'}")
            tooltip.attach(made, says)
            self.buttons[key] = made
        self.refresh()

    def refresh(self) -> None:
        self.buttons["undo"].configure(state="normal" if self._undoes() else "disabled")
