"""The rows of a table, drawn on a canvas, only those that can be seen; and what mouse and keys do to them."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ui import colours, theme
from ui.rowcanvas import RowCanvas

if TYPE_CHECKING:
    from ui.runs.table import Table

ROW, HEAD = 28, 26  # px at 100 %
NAME_END = 8  # letters of a name, in the first column, that stay where it is cut: there names of runs differ
DRAG_PX = 6  # the mouse moves so far before it drags
CONTROL, SHIFT = 0x4, 0x1  # in a Tk event's state


def _call(call: Callable[[], object], _event: Any) -> str:
    call()
    return "break"


class TableRows(RowCanvas):
    def __init__(self, owner: "Table", empty: str):
        super().__init__(owner, ROW, HEAD, height=10, width=10)
        self._owner, self.empty = owner, empty
        self.drop_at: int | None = None  # the row before which what is dragged would come to lie
        self._pressed: tuple[int, int] | None = None  # row, height of the mouse
        self._alone = False  # whether a release selects the pressed row alone
        self._edges: list[tuple[int, int]] = []  # left and right of every column
        self.bind("<Button-1>", self._on_press)
        self.bind("<B1-Motion>", self._on_motion)
        self.bind("<ButtonRelease-1>", self._on_release)
        self.bind("<Double-Button-1>", self._on_double)
        keys: dict[str, Callable[[], object]] = {
            "<Up>": partial(owner.step, -1),
            "<Down>": partial(owner.step, 1),
            "<Shift-Up>": partial(owner.step, -1, more=True),
            "<Shift-Down>": partial(owner.step, 1, more=True),
            "<<SelectAll>>": owner.select_all,
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
            end = NAME_END if not place else 0
            self.line(text, left, top + height / 2, right - left, self.face(), colour or colours.TEXT, "w", end)
        if shown.done is not None:
            bottom, right = top + height, round(self.winfo_width() * min(max(shown.done, 0.0), 1.0))
            self.create_rectangle(0, bottom - self.px(3), right, bottom, fill=theme.now(colours.ACCENT), width=0)

    def draw_over(self, top: float) -> None:
        width, head, owner = self.winfo_width(), self.px(HEAD), self._owner
        if self.drop_at is not None:
            place = head + self.drop_at * self.px(ROW)
            self.create_line(0, place, width, place, fill=theme.now(colours.ACCENT), width=self.px(3))
        self.create_rectangle(0, top, width, top + head - 1, fill=theme.now(colours.CARD), width=0)
        for column, (left, right) in zip(owner.columns, self._edges, strict=True):
            here = column.title == owner.sorted_by
            text = f"{column.title} {'▼' if owner.falling else '▲'}" if here else column.title
            colour = colours.TEXT if here else colours.DIM
            self.line(text, left, top + head / 2, right - left, self.face(theme.SMALL), colour, "w")
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
            edges.append((left, max(min(right, width) - self.px(10), left)))
            left = right
        return edges

    def _on_press(self, event: Any) -> None:
        self.focus_set()
        row = self.row_at(event.y)
        self._pressed, self._alone = None, False
        if row is None:
            if event.y < self.px(HEAD) and self.count:
                self._sort(event.x)
            return
        owner = self._owner
        self._pressed = (row, event.y)
        if owner.movable and row in owner.selection and len(owner.selection) > 1 and not event.state & (CONTROL | SHIFT):
            self._alone = True  # it may be the beginning of a drag of them all
        else:
            owner.click(row, int(event.state))

    def _sort(self, x: int) -> None:
        for column, (left, right) in zip(self._owner.columns, self._edges, strict=False):
            if left <= x < right:
                self._owner.on_sort.emit(column.title)

    def _on_motion(self, event: Any) -> None:
        if self._pressed is None or not self._owner.movable:
            return
        if self.drop_at is None and abs(event.y - self._pressed[1]) < self.px(DRAG_PX):
            return
        if not self.px(HEAD) <= event.y <= self.winfo_height():
            self.scroll(-1 if event.y < self.px(HEAD) else 1)
        nearest = round((self.canvasy(event.y) - self.px(HEAD)) / self.px(ROW))
        self.drop_at = max(0, min(nearest, self.count))
        self.configure(cursor="fleur")
        self.redraw()

    def _on_release(self, _event: Any) -> None:
        pressed, drop_at, alone = self._pressed, self.drop_at, self._alone
        self._pressed, self.drop_at, self._alone = None, None, False
        if drop_at is not None:
            self.configure(cursor="")
            self.redraw()
            self._owner.on_move.emit(drop_at)
        elif pressed is not None and alone:
            self._owner.select(pressed[0])

    def _on_double(self, event: Any) -> None:
        if self.row_at(event.y) is None or int(event.state) & (SHIFT | CONTROL):
            self._on_press(event)  # two fast clicks are two clicks there
        else:
            self._owner.open()
