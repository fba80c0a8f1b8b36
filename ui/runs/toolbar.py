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
    tip: str | Callable[[], str] = ""
    kind: Kind = "plain"


class Wrapping(ctk.CTkFrame):
    """A frame whose buttons go on in a second line where the first is full: small windows, large scaling."""

    GAP = 6  # px at 100 %

    def __init__(self, parent: Any):
        super().__init__(parent, fg_color="transparent", height=30)
        self._laid: list[Any] = []
        self._now: tuple[int, ...] = ()
        self.bind("<Configure>", lambda _event: self._lay())

    def lay(self, button: Any) -> None:
        """One more, after the others."""
        self._laid.append(button)
        self._lay()

    def _lay(self) -> None:
        scale, width = theme.scaling(self), self.winfo_width()
        sizes = [button.winfo_reqwidth() for button in self._laid]
        if (wanted := (width, *sizes)) == self._now or width <= 1:
            return
        self._now = wanted
        left = top = 0.0
        for button, size in zip(self._laid, sizes, strict=True):
            if left and left + size > width:
                left, top = 0.0, top + 30 + self.GAP
            button.place(x=left / scale, y=top)
            left += size + self.GAP * scale
        self.configure(height=top + 30)


class Toolbar(Wrapping):
    def __init__(self, parent: Any, actions: Sequence[Action], tooltip: Tooltip):
        super().__init__(parent)
        self.buttons: dict[str, Any] = {}
        for action in actions:
            made = theme.button(self, action.text, action.command, action.kind)
            self.lay(made)
            if action.tip:
                tooltip.attach(made, action.tip if callable(action.tip) else partial(str, action.tip))
            self.buttons[action.key] = made

    def enable(self, possible: Mapping[str, bool]) -> None:
        for key, able in possible.items():
            wanted = "normal" if able else "disabled"
            if self.buttons[key].cget("state") != wanted:
                self.buttons[key].configure(state=wanted)

    def name(self, key: str, text: str) -> None:
        if self.buttons[key].cget("text") != text:
            self.buttons[key].configure(text=text, width=24 + 8 * len(text))
            self.after_idle(self._lay)
