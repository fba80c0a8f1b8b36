"""A list drawn on a canvas: only the rows that can be seen are drawn, so its length does not matter."""

from collections.abc import Callable, Sequence
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.cardrows import Item, Rows
from ui.rowcanvas import with_scrollbar
from ui.signals import Signal
from ui.thumbnails import Pictures

__all__ = ["CardList", "Item"]


class CardList(ctk.CTkFrame):
    """Shows items; one is selected, with `several` also more (Ctrl and Shift click, Ctrl+A), and rows can be dragged.

    Keys: up, down (with Shift: more), space switches, Delete deletes. Items are counted as they were given, also where
    a filter shows only some of them.
    """

    def __init__(self, parent: Any, pictures: Pictures | None, row_height: int, empty: str, several: bool = False):
        super().__init__(parent, corner_radius=8, border_width=theme.BORDER, border_color=colours.LINE)
        self.count = 0
        self.item: Callable[[int], Item] = lambda _index: Item("")
        self.rows: Sequence[int] = range(0)  # the items that are listed, in this order
        self.selected = -1  # the one that is shown in detail
        self.selection: frozenset[int] = frozenset()  # it and the others
        self.several = several
        self.on_select: Signal[[int]] = Signal()
        self.on_switch: Signal[[int]] = Signal()
        self.on_delete: Signal[[int]] = Signal()
        self.on_open: Signal[[int]] = Signal()
        self.on_move: Signal[[int]] = Signal()  # the selection was dragged before this item
        self._anchor = -1  # where a range begins
        self.canvas = Rows(self, pictures, row_height, empty)
        with_scrollbar(self, self.canvas)

    @property
    def whole(self) -> bool:
        """Whether no filter hides items: only then is there a place to drag one to."""
        return len(self.rows) == self.count

    def show(self, count: int, item: Callable[[int], Item], rows: Sequence[int] | None = None) -> None:
        """Show so many items, or `rows` of them; `item` is asked only for those that can be seen."""
        self.count, self.item = count, item
        self.rows = range(count) if rows is None else rows
        there = set(self.rows) if rows is not None else self.rows
        self.selection = frozenset(index for index in self.selection if index in there)
        if self.selected not in there:
            self.selected = min(self.selected, count - 1) if rows is None else self.rows[0] if self.rows else -1
        if self.selected >= 0:
            self.selection |= {self.selected}
        self.canvas.redraw()

    def select(self, index: int) -> None:
        """Select one item alone and bring it into view."""
        if self.count:
            self._anchor = max(0, min(index, self.count - 1))
            self._choose(self._anchor, frozenset((self._anchor,)))

    def select_all(self) -> None:
        if self.several and self.rows:
            self._choose(self.selected if self.selected >= 0 else self.rows[0], frozenset(self.rows))

    def select_these(self, indices: Sequence[int]) -> None:
        self._anchor = indices[0]
        self._choose(indices[0], frozenset(indices))

    def toggle(self, index: int) -> None:
        """Take one more item into the selection, or out of it."""
        chosen = self.selection ^ {index}
        if not self.several or not chosen:
            self.select(index)
            return
        self._anchor = index if index in chosen else min(chosen)
        self._choose(self._anchor, chosen)

    def extend(self, index: int) -> None:
        """Select all from where the last single selection was."""
        if not self.several or self._anchor not in self.rows or index not in self.rows:
            self.select(index)
            return
        first, last = sorted((self.rows.index(self._anchor), self.rows.index(index)))
        self._choose(index, frozenset(self.rows[first : last + 1]))

    def step(self, by: int, more: bool = False) -> None:
        """To the next or previous row."""
        if self.rows:
            now = self.rows.index(self.selected) if self.selected in self.rows else 0
            index = self.rows[max(0, min(now + by, len(self.rows) - 1))]
            (self.extend if more else self.select)(index)

    def focus_list(self) -> None:
        self.canvas.focus_set()

    def _choose(self, index: int, selection: frozenset[int]) -> None:
        self.selected, self.selection = index, selection
        if index in self.rows:
            self.canvas.reveal(self.rows.index(index))
        self.canvas.redraw()
        self.on_select.emit(index)
