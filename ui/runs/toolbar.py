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
    other: str = ""  # what else it is called at times: there is room for both, so that the rest stays where it is


class Wrapping(ctk.CTkFrame):
    """A frame whose buttons go on in a second line where the first is full: small windows, large scaling."""

    GAP = 6  # px at 100 %

    def __init__(self, parent: Any):
        super().__init__(parent, fg_color="transparent", height=30)
        self._laid: list[Any] = []
        self._now: tuple[Any, ...] = ()
        self.bind("<Configure>", lambda _event: self._lay())

    def lay(self, button: Any) -> None:
        """One more, after the others."""
        self._laid.append(button)
        self._lay()

    def lay_only(self, buttons: Sequence[Any]) -> None:
        """These and no others, in this order."""
        for button in self._laid:
            if button not in buttons:
                button.place_forget()
        self._laid = list(buttons)
        self._lay()

    def needs(self, width: float) -> float:
        """The height at a width, both in px at 100 %."""
        scale = theme.scaling(self)
        return 30 + (30 + self.GAP) * max((line for _, line in self._places(width * scale, scale)), default=0)

    def _lay(self) -> None:
        scale, width = theme.scaling(self), self.winfo_width()
        places = self._places(width, scale)
        if (wanted := (width, *zip(self._laid, places, strict=True))) == self._now or width <= 1:
            return
        self._now = wanted
        for button, (left, line) in zip(self._laid, places, strict=True):
            button.place(x=left / scale, y=line * (30 + self.GAP))
        self.configure(height=30 + (30 + self.GAP) * max((line for _, line in places), default=0))

    def _places(self, width: float, scale: float) -> list[tuple[float, int]]:
        """Of each button: how far from the left, in pixels of the screen, and in which line."""
        places, left, line = [], 0.0, 0
        for button in self._laid:
            size = button.winfo_reqwidth()
            if left and left + size > width:
                left, line = 0.0, line + 1
            places.append((left, line))
            left += size + self.GAP * scale
        return places


class Toolbar(Wrapping):
    def __init__(self, parent: Any, actions: Sequence[Action], tooltip: Tooltip):
        super().__init__(parent)
        self.buttons: dict[str, Any] = {}
        for action in actions:
            made = theme.button(self, action.text, action.command, action.kind, width=_wide(action))
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
            self.buttons[key].configure(text=text)


def _wide(action: Action) -> int:
    """px at 100 %."""
    return 24 + 8 * max(len(action.text), len(action.other))
