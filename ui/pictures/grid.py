"""The grid of thumbnails, and what is chosen in it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.pictures.cells import Cell, Cells
from ui.pictures.selection import Selection
from ui.pictures.thumbs import Thumbs
from ui.signals import Signal


class Grid(ctk.CTkFrame):
    """Shows cells; one is looked at, several may be chosen: Ctrl, Shift, Ctrl+A. Arrows move, Delete deletes.

    `on_select` is emitted for the one that is looked at, `on_choose` when others or more are chosen.
    """

    def __init__(self, parent: Any, thumbs: Thumbs):
        super().__init__(parent, corner_radius=8, border_width=theme.BORDER, border_color=colours.LINE)
        self.count, self.hint = 0, ""
        self.selection = Selection()
        self.cell: Callable[[int], Cell] = lambda _index: Cell(Path(), "")
        self.on_select: Signal[[int]] = Signal()
        self.on_choose: Signal[[]] = Signal()
        self.on_delete: Signal[[]] = Signal()
        self.canvas = Cells(self, thumbs)
        self._scrollbar = ctk.CTkScrollbar(self, command=self.canvas.yview)
        place = partial(self._scrollbar.pack, side="right", fill="y", padx=(0, 3), pady=6)
        self._scrollbar.pack(side="right", fill="y", padx=(0, 3), pady=6)
        self.canvas.configure(yscrollcommand=theme.scrolls(self._scrollbar, place, self._scrollbar.pack_forget))
        self.canvas.pack(side="left", fill="both", expand=True, padx=4, pady=6)

    @property
    def selected(self) -> int:
        """The place of the one that is looked at; -1: none."""
        return self.selection.at

    @selected.setter
    def selected(self, index: int) -> None:
        self.selection.at = index

    def show(self, count: int, cell: Callable[[int], Cell], key: Callable[[int], str], hint: str) -> None:
        """`cell` is asked only for those in view; `hint` stands where there are none."""
        self.count, self.cell, self.hint = count, cell, hint
        self.selection.show(count, key)
        self.canvas.redraw()

    def select(self, index: int) -> None:
        """Choose one and bring it into view."""
        self._do(lambda: self.selection.one(index))

    def keep(self, index: int) -> None:
        """Look at one; several that are chosen stay so where it is one of them."""
        self._do(lambda: self.selection.keep(index))

    def toggle(self, index: int) -> None:
        """With Ctrl."""
        self._do(lambda: self.selection.toggle(index))

    def reach(self, index: int) -> None:
        """With Shift."""
        self._do(lambda: self.selection.reach(index))

    def select_all(self) -> None:
        self._do(self.selection.all)

    @property
    def columns(self) -> int:
        return self.canvas.columns

    def _do(self, choose: Callable[[], None]) -> None:
        if self.count:
            choose()
            self.canvas.reveal(self.selected)
            self.canvas.redraw()
            self.on_select.emit(self.selected)
            self.on_choose.emit()
