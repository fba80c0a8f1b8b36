"""A table: columns under headings, one or several rows are selected, dragged where that is of use, and sorted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.colours import Pair
from ui.rowcanvas import with_scrollbar
from ui.runs.table_rows import CONTROL, SHIFT, TableRows
from ui.signals import Signal


@dataclass(frozen=True)
class Column:
    title: str
    width: int  # px at 100 %
    weight: int = 0  # share of the room that is left
    drop: int = 0  # where there is no room, the columns with the highest number go first; 0 stays


@dataclass(frozen=True)
class Row:
    cells: tuple[str, ...]
    colours: tuple[Pair | None, ...] = ()  # per cell; None or missing: the text's own
    done: float | None = None  # share, as a bar under the row


class Table(ctk.CTkFrame):
    """Click, Ctrl-click, Shift-click and arrow keys select; Return and a double click open; Delete deletes.

    With `several` more than one row can be selected (also Ctrl+A, Shift and the arrow keys), with `movable` they can be
    dragged. A click on a heading tells `on_sort`: who shows the rows knows how to sort them.
    """

    def __init__(
        self, parent: Any, columns: Sequence[Column], empty: str, several: bool = False, movable: bool = False
    ):
        edge = {"border_width": theme.BORDER, "border_color": colours.LINE}
        super().__init__(parent, corner_radius=8, bg_color=colours.PAGE, **edge)
        self.columns, self.several, self.movable = columns, several, movable
        self.sorted_by = ""  # the title of a column, for the mark beside it
        self.falling = False  # the largest first
        self.count = 0
        self.row: Callable[[int], Row] = lambda _index: Row(())
        self.selection: list[int] = []
        self.on_select: Signal[[]] = Signal()
        self.on_open: Signal[[int]] = Signal()
        self.on_delete: Signal[[]] = Signal()
        self.on_move: Signal[[int]] = Signal()  # the selection was dragged before this row
        self.on_sort: Signal[[str]] = Signal()  # a click on the heading with this title
        self.canvas = TableRows(self, empty)
        with_scrollbar(self, self.canvas)

    def show(self, count: int, row: Callable[[int], Row], selection: Sequence[int] = ()) -> None:
        """Show so many rows; `row` is asked only for those that can be seen."""
        self.count, self.row = count, row
        self.selection = [index for index in selection if index < count]
        self.canvas.redraw()

    def retitle(self, columns: Sequence[Column], empty: str = "") -> None:
        self.columns = columns
        self.canvas.empty = empty or self.canvas.empty
        self.canvas.redraw()

    def select(self, *indices: int) -> None:
        """Select rows and bring the last of them into view."""
        self.selection = [index for index in indices if 0 <= index < self.count]
        if self.selection:
            self.canvas.reveal(self.selection[-1])
        self.canvas.redraw()
        self.on_select.emit()

    def click(self, index: int, state: int = 0) -> None:
        """A click on a row, with the keys that are held."""
        if self.several and state & CONTROL:
            rest = [other for other in self.selection if other != index]
            self.select(*rest, *([] if index in self.selection else [index]))
        elif self.several and state & SHIFT and self.selection:
            first = self.selection[0]
            self.select(*range(first, index, 1 if first < index else -1), index)
        else:
            self.select(index)

    def select_all(self) -> None:
        if self.several and self.count:
            self.selection = list(range(self.count))
            self.canvas.redraw()
            self.on_select.emit()

    def step(self, way: int, more: bool = False) -> None:
        """With the arrow keys; `more` takes all rows from the first that was selected."""
        if not self.count:
            return
        at = min(max(self.selection[-1] + way, 0), self.count - 1) if self.selection else 0
        self.click(at, SHIFT if more else 0)

    def open(self) -> None:
        if self.selection:
            self.on_open.emit(self.selection[-1])
