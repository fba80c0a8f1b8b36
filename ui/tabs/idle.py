"""What a tab of settings says when it has nothing to show: which choice makes it so, and the way there."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import declaration_at, failing, get, value_in_words
from onetrainer_clone.state import TrainingState
from ui import colours, theme
from ui.form import Card
from ui.workbench import Workbench


class Idle(ctk.CTkFrame):
    def __init__(self, parent: Any, bench: Workbench, title: str):
        super().__init__(parent, fg_color="transparent")
        self._bench, self._title = bench, title
        self._path = ""  # where the button goes; empty: to all settings
        self.words = ctk.CTkLabel(self, text="", text_color=colours.DIM, justify="center", wraplength=440)
        self.words.pack(pady=(60, 16))
        self.button = theme.button(self, "", self._go)
        self.button.pack()

    def show(self, state: TrainingState, cards: list[Card]) -> None:
        found = [failing(state, card.conditions) for card in cards]
        reason = next(filter(None, found), None)
        if reason is None or not all(found):
            self._path = ""
            self.words.configure(text="There are only settings for experts here.")
            self.button.configure(text="Show all settings")
            return
        self._path = reason.path.removeprefix("/")
        label = declaration_at(state, self._path).label
        wanted = " or ".join(value_in_words(value) for value in reason.values)
        now = value_in_words(get(state, self._path))
        self.words.configure(
            text=f"Nothing to set here: '{label}' is {now}.\n\nThe settings of the {self._title} tab are for '{wanted}'."
        )
        self.button.configure(text=f"Change '{label}'")

    def _go(self) -> None:
        if self._path:
            self._bench.go(self._path)
        else:
            self._bench.options.basic = False
