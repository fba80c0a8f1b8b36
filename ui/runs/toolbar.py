"""A row of buttons that are made, told and switched in one place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import customtkinter as ctk

from ui import theme
from ui.theme import Kind
from ui.tooltip import Tooltip


@dataclass(frozen=True)
class Action:
    key: str
    text: str
    command: Callable[[], object]
    tip: str = ""
    kind: Kind = "plain"


class Toolbar(ctk.CTkFrame):
    def __init__(self, parent: Any, actions: Sequence[Action], tooltip: Tooltip):
        super().__init__(parent, fg_color="transparent")
        self.buttons: dict[str, Any] = {}
        for action in actions:
            made = theme.button(self, action.text, action.command, action.kind)
            made.pack(side="left", padx=(0, 6))
            if action.tip:
                tooltip.attach(made, partial(str, action.tip))
            self.buttons[action.key] = made

    def enable(self, possible: Mapping[str, bool]) -> None:
        for key, able in possible.items():
            wanted = "normal" if able else "disabled"
            if self.buttons[key].cget("state") != wanted:
                self.buttons[key].configure(state=wanted)

    def name(self, key: str, text: str) -> None:
        if self.buttons[key].cget("text") != text:
            self.buttons[key].configure(text=text)
