"""Which pictures the grid shows, and in which order: a choice, the words that some of the choices ask for, a name."""

from collections.abc import Callable
from functools import partial
from typing import Any

import customtkinter as ctk

from ui import theme
from ui.findings import Timer
from ui.pictures.sieve import ALL, BY_NAME, FILTERS, LACKS, ORDERS, WITH_WORDS, Wish
from ui.signals import Signal
from ui.tooltip import Tooltip

LOOK_MS = 250
ORDER_WIDTH = 132  # px at 100 %: the longest order is not cut
TIPS = {
    "choice": "Show only some of the pictures. 'Caption lacks' begins with the concept's trigger words. For unreadable "
    "and too small ones and duplicates every file is looked at first, as the statistics do.",
    "order": "Which pictures come first.",
    "name": "Show only pictures with this in their name, or in that of a folder inside the concept's.",
    "entry": "The words that the caption contains or lacks, large or small letters alike.",
}


class FilterBar(ctk.CTkFrame):
    """`trigger` gives the concept's trigger words: 'Caption lacks' begins with them."""

    def __init__(self, parent: Any, trigger: Callable[[], str], tooltip: Tooltip):
        super().__init__(parent, fg_color="transparent")
        self.changed: Signal[[]] = Signal()
        self._trigger = trigger
        self._looking = Timer(self.after, self.after_cancel)
        self.grid_columnconfigure(0, weight=1)
        self.choice = ctk.CTkOptionMenu(self, values=list(FILTERS), command=self._on_choice, height=30, width=80)
        self.choice.set(ALL)
        self.choice.grid(row=0, column=0, columnspan=2, sticky="ew")
        self.entry = theme.Entry(self, placeholder_text="these words", width=80, height=30)
        self.name = theme.Entry(self, placeholder_text="File name", width=80, height=30)
        self.name.grid(row=2, column=0, sticky="ew", pady=(6, 0), padx=(0, 6))
        self.order = ctk.CTkOptionMenu(
            self, values=list(ORDERS), command=lambda _order: self.changed.emit(), height=30, width=ORDER_WIDTH
        )
        self.order.set(BY_NAME)
        self.order.grid(row=2, column=1, sticky="ew", pady=(6, 0))
        for entry in (self.entry, self.name):
            entry.bind("<KeyRelease>", lambda _event: self._looking.start(LOOK_MS, self.changed.emit))
        for key, tip in TIPS.items():
            tooltip.attach(getattr(self, key), partial(str, tip))

    @property
    def wish(self) -> Wish:
        return Wish(self.choice.get(), self.entry.get(), self.name.get(), self.order.get())

    def choose(self, kind: str, words: str = "") -> None:
        self.choice.set(kind)
        self.entry.delete(0, "end")
        self.entry.insert(0, words)
        self._on_choice(kind)

    def everything(self) -> None:
        """All pictures, whatever their name; the order stays."""
        if self.name.get():
            self.name.delete(0, "end")
        self.choose(ALL)

    def _on_choice(self, kind: str) -> None:
        if kind in WITH_WORDS:
            self.entry.grid(row=1, column=0, columnspan=2, sticky="ew", pady=(6, 0))
            if kind == LACKS and not self.entry.get():
                self.entry.insert(0, self._trigger())
            self.entry.focus_set()
        else:
            self.entry.grid_forget()
        self.changed.emit()
