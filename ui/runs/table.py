"""A table on a canvas: columns under headings, only the rows that can be seen are drawn, one or several are selected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.colours import Pair
from ui.rowcanvas import RowCanvas, with_scrollbar
from ui.signals import Signal

ROW, HEAD = 28, 26  # px at 100 %
CONTROL, SHIFT = 0x4, 0x1  # in a Tk event's state


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


class Table(ctk.CTkFrame):
    """Click, Ctrl-click, Shift-click and arrow keys select; Return and a double click open; Delete deletes."""

    def __init__(self, parent: Any, columns: Sequence[Column], empty: str, several: bool = False):
        edge = {"border_width": theme.BORDER, "border_color": colours.LINE}
        super().__init__(parent, corner_radius=8, bg_color=colours.PAGE, **edge)
        self.columns, self.several = columns, several
        self.count = 0
        self.row: Callable[[int], Row] = lambda _index: Row(())
        self.selection: list[int] = []
        self.on_select: Signal[[]] = Signal()
        self.on_open: Signal[[int]] = Signal()
        self.on_delete: Signal[[]] = Signal()
        self.canvas = _Rows(self, empty)
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

    def step(self, way: int) -> None:
        """With the arrow keys."""
        if self.count:
            at = self.selection[-1] + way if self.selection else 0
            self.select(min(max(at, 0), self.count - 1))

    def open(self) -> None:
        if self.selection:
            self.on_open.emit(self.selection[-1])


def _call(call: Callable[[], object], _event: Any) -> None:
    call()


class _Rows(RowCanvas):
    def __init__(self, owner: Table, empty: str):
        super().__init__(owner, ROW, HEAD, height=10, width=10)
        self._owner, self.empty = owner, empty
        self._edges: list[tuple[int, int]] = []  # left and right of every column
        self.bind("<Button-1>", self._on_click)
        self.bind("<Double-Button-1>", lambda _event: owner.open())
        keys: dict[str, Callable[[], object]] = {
            "<Up>": partial(owner.step, -1),
            "<Down>": partial(owner.step, 1),
            "<Return>": owner.open,
            "<Delete>": owner.on_delete.emit,
        }
        for key, call in keys.items():
            self.bind(key, partial(_call, call))

    @property
    def count(self) -> int:
        return self._owner.count

    @property
    def hint(self) -> str:
        return self.empty

    def reset(self) -> None:
        self._edges = self._columns(self.winfo_width())

    def draw_row(self, row: int, top: int) -> None:
        height, shown = self.px(ROW), self._owner.row(row)
        if row in self._owner.selection:
            fill = theme.now(colours.SELECTED)
            self.create_rectangle(0, top, self.winfo_width(), top + height, fill=fill, width=0)
        for place, ((left, right), text) in enumerate(zip(self._edges, shown.cells, strict=False)):
            colour = shown.colours[place] if place < len(shown.colours) else None
            self.line(text, left, top + height / 2, right - left, self.face(), colour or colours.TEXT, "w")

    def draw_over(self, top: float) -> None:
        width, head = self.winfo_width(), self.px(HEAD)
        self.create_rectangle(0, top, width, top + head - 1, fill=theme.now(colours.CARD), width=0)
        for column, (left, right) in zip(self._owner.columns, self._edges, strict=True):
            self.line(column.title, left, top + head / 2, right - left, self.face(theme.SMALL), colours.DIM, "w")
        self.create_line(0, top + head - 1, width, top + head - 1, fill=theme.now(colours.LINE))

    def _columns(self, width: int) -> list[tuple[int, int]]:
        """Left and right of every column; both the same for one that was left out."""
        columns = list(self._owner.columns)
        while (over := width - self.px(sum(column.width for column in columns) + 8)) < 0:
            least = max(columns, key=lambda column: column.drop)
            if not least.drop:
                break
            columns.remove(least)
        over, shares = max(over, 0), sum(column.weight for column in columns) or 1
        edges, left = [], self.px(8)
        for column in self._owner.columns:
            if column not in columns:
                edges.append((left, left))
                continue
            right = left + self.px(column.width) + round(over * column.weight / shares)
            edges.append((left, right - self.px(10)))
            left = right
        return edges

    def _on_click(self, event: Any) -> None:
        self.focus_set()
        if (index := self.row_at(event.y)) is not None:
            self._owner.click(index, int(event.state))
