"""Which pictures the grid shows: a choice, and the words that some of the choices ask for."""

from collections.abc import Callable
from functools import partial
from typing import Any

import customtkinter as ctk

from ui.findings import Timer
from ui.pictures.gallery import ALL, FILTERS, LACKS, WITH_WORDS
from ui.signals import Signal
from ui.tooltip import Tooltip

LOOK_MS = 250
CHOICE_TIP = "Show only some of the pictures. 'Caption lacks' begins with the concept's trigger words."
WORDS_TIP = "The words that the caption contains or lacks, large or small letters alike."


class FilterBar(ctk.CTkFrame):
    """`trigger` gives the concept's trigger words: 'Caption lacks' begins with them."""

    def __init__(self, parent: Any, trigger: Callable[[], str], tooltip: Tooltip):
        super().__init__(parent, fg_color="transparent")
        self.changed: Signal[[]] = Signal()
        self._trigger = trigger
        self._looking = Timer(self.after, self.after_cancel)
        self.choice = ctk.CTkOptionMenu(self, values=list(FILTERS), command=self._on_choice, height=30, width=100)
        self.choice.set(ALL)
        self.choice.pack(fill="x")
        self.entry = ctk.CTkEntry(self, placeholder_text="these words", width=100)
        self.entry.bind("<KeyRelease>", lambda _event: self._looking.start(LOOK_MS, self.changed.emit))
        tooltip.attach(self.choice, partial(str, CHOICE_TIP))
        tooltip.attach(self.entry, partial(str, WORDS_TIP))

    @property
    def kind(self) -> str:
        return str(self.choice.get())

    @property
    def words(self) -> str:
        return str(self.entry.get())

    def choose(self, kind: str, words: str = "") -> None:
        self.choice.set(kind)
        self.entry.delete(0, "end")
        self.entry.insert(0, words)
        self._on_choice(kind)

    def _on_choice(self, kind: str) -> None:
        if kind in WITH_WORDS:
            self.entry.pack(fill="x", pady=(6, 0))
            if kind == LACKS and not self.entry.get():
                self.entry.insert(0, self._trigger())
            self.entry.focus_set()
        else:
            self.entry.pack_forget()
        self.changed.emit()
