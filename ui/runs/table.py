"""A table on a canvas: columns under headings, only the rows that can be seen are drawn, one or several are selected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.colours import Pair
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
        self._scrollbar = ctk.CTkScrollbar(self, command=self.canvas.yview)
        self.canvas.configure(yscrollcommand=theme.scrolls(self._scrollbar, self._place, self._scrollbar.pack_forget))
        self.canvas.pack(side="left", fill="both", expand=True, padx=6, pady=6)

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

    def _place(self) -> None:
        self._scrollbar.pack(side="right", fill="y", padx=(0, 3), pady=6)


def _call(call: Callable[[], object], _event: Any) -> None:
    call()


class _Rows(theme.Canvas):
    def __init__(self, owner: Table, empty: str):
        super().__init__(owner, takefocus=True, height=10, width=10)
        self._owner, self.empty = owner, empty
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
        self.on_wheel(self._scroll)

    def yview(self, *args: Any) -> Any:
        result = super().yview(*args)
        if args:
            self.redraw()
        return result

    def reveal(self, index: int) -> None:
        row, head = self.px(ROW), self.px(HEAD)
        whole = max(self._whole, 1)
        top, first, height = head + index * row, self.canvasy(0), self.winfo_height()
        if top - head < first:
            self.yview("moveto", (top - head) / whole)
        elif top + row > first + height > head + row:
            self.yview("moveto", (top + row - height) / whole)

    @property
    def _whole(self) -> int:
        return self.px(HEAD) + self._owner.count * self.px(ROW)

    def draw(self) -> None:
        self.delete("all")
        width, height = self.winfo_width(), self.winfo_height()
        self.configure(scrollregion=(0, 0, width, max(self._whole, height)))
        if not self._owner.count:
            self.create_text(
                width / 2, height / 2, text=self.empty, justify="center", width=max(width - self.px(40), 1),
                fill=theme.now(colours.DIM), font=self.face(),
            )  # fmt: skip
            return
        row, head, top = self.px(ROW), self.px(HEAD), self.canvasy(0)
        edges = self._edges(width)
        first = max(int(top) // row, 0)
        last = min(int(top + height - head) // row + 1, self._owner.count)
        for index in range(first, last):
            self._draw_row(self._owner.row(index), head + index * row, edges, index in self._owner.selection)
        self.create_rectangle(0, top, width, top + head - 1, fill=theme.now(colours.CARD), width=0)
        for column, (left, right) in zip(self._owner.columns, edges, strict=True):
            self._text(column.title, left, top + head / 2, right - left, self.face(theme.SMALL), colours.DIM)
        self.create_line(0, top + head - 1, width, top + head - 1, fill=theme.now(colours.LINE))

    def _draw_row(self, row: Row, top: int, edges: list[tuple[int, int]], selected: bool) -> None:
        height = self.px(ROW)
        if selected:
            fill = theme.now(colours.SELECTED)
            self.create_rectangle(0, top, self.winfo_width(), top + height, fill=fill, width=0)
        for place, ((left, right), text) in enumerate(zip(edges, row.cells, strict=False)):
            colour = row.colours[place] if place < len(row.colours) else None
            self._text(text, left, top + height / 2, right - left, self.face(), colour or colours.TEXT)

    def _text(
        self, text: str, left: int, middle: float, room: int, face: tuple[str, int, str], colour: Pair
    ) -> None:  # fmt: skip
        """One line, cut with an ellipsis where there is no room; nothing in a column that was left out."""
        if room <= 0:
            return
        line = " ".join(text.split())
        drawn = self.create_text(left, middle, text=line, anchor="w", fill=theme.now(colour), font=face)
        box = self.bbox(drawn)
        if box and box[2] - left > room:
            fits = max(int(len(line) * room / (box[2] - left)) - 2, 1)
            self.itemconfigure(drawn, text=line[:fits] + "…")

    def _edges(self, width: int) -> list[tuple[int, int]]:
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
        index = int(self.canvasy(event.y) - self.px(HEAD)) // self.px(ROW)
        if event.y > self.px(HEAD) and 0 <= index < self._owner.count:
            self._owner.click(index, int(event.state))

    def _scroll(self, way: int) -> None:
        if self._whole > self.winfo_height():
            self.yview_scroll(way * 3, "units")
            self.redraw()
