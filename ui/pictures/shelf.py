"""The left side of the browser: which pictures are shown, the grid of them, and how many there are."""

from collections.abc import Callable
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.colours import Pair
from ui.pictures.filter_bar import FilterBar
from ui.pictures.grid import Grid
from ui.pictures.thumbs import Thumbs
from ui.tooltip import Tooltip


class Shelf(ctk.CTkFrame):
    """`trigger` gives the concept's trigger words."""

    def __init__(self, parent: Any, thumbs: Thumbs, trigger: Callable[[], str], tooltip: Tooltip):
        super().__init__(parent, fg_color="transparent")
        self.filters = FilterBar(self, trigger, tooltip)
        self.filters.pack(fill="x", pady=(0, 6))
        self.grid_ = Grid(self, thumbs)
        self.count = ctk.CTkLabel(
            self, text="", anchor="w", height=24, text_color=colours.DIM, font=theme.font(theme.SMALL)
        )
        self.count.pack(side="bottom", fill="x", padx=4)
        self.grid_.pack(fill="both", expand=True)
        tooltip.attach(self.count, self._legend)

    def say(self, words: str, colour: Pair) -> None:
        """The line under the grid."""
        if (words, colour) != (self.count.cget("text"), self.count.cget("text_color")):
            self.count.configure(text=words, text_color=colour)
        self.grid_.canvas.redraw()

    def say_why(self, hint: str) -> None:
        """What stands in the grid where it is empty."""
        if not self.grid_.count and hint != self.grid_.hint:
            self.grid_.hint = hint
            self.grid_.canvas.redraw()

    def _legend(self) -> str:
        return "Dots beside a name: orange has no caption, blue has a mask, red is not saved."
