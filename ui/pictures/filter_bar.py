"""Which pictures the grid shows: a choice, and the words that some of the choices ask for."""

from collections.abc import Callable
from typing import Any

import customtkinter as ctk

from ui.findings import Timer
from ui.pictures.gallery import ALL, FILTERS, LACKS, WITH_WORDS
from ui.signals import Signal

LOOK_MS = 250


class FilterBar(ctk.CTkFrame):
    """`trigger` gives the concept's trigger words: 'Caption lacks' begins with them."""

    def __init__(self, parent: Any, trigger: Callable[[], str]):
        super().__init__(parent, fg_color="transparent")
        self.changed: Signal[[]] = Signal()
        self._trigger = trigger
        self._looking = Timer(self.after, self.after_cancel)
        self.choice = ctk.CTkOptionMenu(self, values=list(FILTERS), command=self._on_choice, height=30)
        self.choice.set(ALL)
        self.choice.pack(fill="x")
        self.entry = ctk.CTkEntry(self, placeholder_text="these words")
        self.entry.bind("<KeyRelease>", lambda _event: self._looking.start(LOOK_MS, self.changed.emit))

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
