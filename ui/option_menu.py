"""A menu of choices that shows the whole of the chosen one, or an ellipsis where there is no room: never half a letter."""

from collections.abc import Sequence
from typing import Any

import customtkinter as ctk

from ui import theme

BESIDE = 46  # px at 100 %: the arrow, and what is free around the text


class OptionMenu(ctk.CTkOptionMenu):
    """As wide as its longest choice, at least `least`, at most what `fit` says; px at 100 %."""

    def __init__(self, parent: Any, values: Sequence[str], variable: Any, least: int):
        self._face = theme.font()
        self._wish = max(least, *(self._face.measure(value) + BESIDE for value in values))
        super().__init__(parent, values=list(values), variable=variable, width=self._wish, font=self._face,
                         dynamic_resizing=False)  # fmt: skip

    def fit(self, room: int) -> None:
        width = min(self._wish, max(room, 60))
        if width != self.cget("width"):
            self.configure(width=width)
            self._shorten()

    def set(self, value: str) -> None:
        super().set(value)
        self._shorten()

    def _variable_callback(self, *written: str) -> None:
        super()._variable_callback(*written)
        self._shorten()

    def _dropdown_callback(self, value: str) -> None:
        super()._dropdown_callback(value)
        self._shorten()

    def _shorten(self) -> None:
        room = self.cget("width") - BESIDE
        self._text_label.configure(text=theme.fitting(self._current_value, room, self._face))
