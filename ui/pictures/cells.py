"""The thumbnails themselves: only the rows that can be seen are drawn, so 50,000 pictures scroll like fifty."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui import colours, theme
from ui.colours import Pair
from ui.pictures.thumbs import Thumbs

if TYPE_CHECKING:
    from ui.pictures.grid import Grid

SIDE, GAP, NAME = 88, 8, 18  # px at 100 %


@dataclass(frozen=True)
class Cell:
    """One picture; each mark is a coloured dot."""

    path: Path
    name: str
    marks: tuple[Pair, ...] = ()


class Cells(theme.Canvas):
    def __init__(self, owner: "Grid", thumbs: Thumbs):
        super().__init__(owner, takefocus=True, width=1, height=1)
        self._owner, self._thumbs = owner, thumbs
        self._kept: list[Any] = []  # Tk forgets pictures that nobody holds
        for held, choose in (("", owner.select), ("Control-", owner.toggle), ("Shift-", owner.reach)):
            self.bind(f"<{held}Button-1>", partial(self._on_click, choose))
        moves: dict[str, Callable[[], int]] = {
            "<Left>": lambda: -1, "<Right>": lambda: 1,
            "<Up>": lambda: -self.columns, "<Down>": lambda: self.columns,
            "<Home>": lambda: -owner.count, "<End>": lambda: owner.count,
        }  # fmt: skip
        for key, by in moves.items():
            self.bind(key, partial(self._on_key, owner.select, by))
            self.bind(key.replace("<", "<Shift-"), partial(self._on_key, owner.reach, by))
        self.bind("<Delete>", lambda _event: owner.on_delete.emit())
        self.bind("<<SelectAll>>", lambda _event: owner.select_all())
        self.on_wheel(self._scroll)

    @property
    def columns(self) -> int:
        return max((self.winfo_width() - self.px(4)) // self.px(SIDE + GAP), 1)

    @property
    def row_height(self) -> int:
        return self.px(SIDE + NAME + GAP)

    def yview(self, *args: Any) -> Any:
        result = super().yview(*args)
        if args:
            self.redraw()
        return result

    def reveal(self, index: int) -> None:
        """Scroll as little as is needed."""
        self._measure()
        top, height = index // self.columns * self.row_height, max(self.winfo_height(), 1)
        whole, first = max(self._rows() * self.row_height, 1), self.canvasy(0)
        if top < first:
            self.yview("moveto", top / whole)
        elif top + self.row_height > first + height:
            self.yview("moveto", (top + self.row_height - height) / whole)

    def draw(self) -> None:
        self.delete("all")
        kept, self._kept = self._kept, []  # the old ones go when the new ones are in place
        self._measure()
        count, columns, height = self._owner.count, self.columns, self.row_height
        if not count:
            self.create_text(
                self.winfo_width() / 2, min(self.winfo_height() / 2, self.px(160)), text=self._owner.hint,
                justify="center", width=self.winfo_width() - self.px(20), fill=theme.now(colours.DIM), font=self.face(),
            )  # fmt: skip
            return
        first = max(int(self.canvasy(0)) // height, 0)
        last = int(self.canvasy(self.winfo_height())) // height + 1
        wanted = []
        for index in range(first * columns, min(last * columns, count)):
            cell = self._owner.cell(index)
            if not self._draw_cell(index, cell, index % columns * self.px(SIDE + GAP), index // columns * height):
                wanted.append(cell.path)
        self._thumbs.want(wanted, self.px(SIDE), self.redraw)
        del kept

    def _draw_cell(self, index: int, cell: Cell, left: int, top: int) -> bool:
        """Whether its picture is there."""
        px, side = self.px, self.px(SIDE)
        left, top = left + px(GAP / 2), top + px(GAP / 2)
        chosen, looked_at = self._owner.selection.chosen(index), index == self._owner.selected
        if chosen:
            outline = theme.now(colours.ACCENT if looked_at else colours.SELECTED)
            self.create_rectangle(
                left - px(3), top - px(3), left + side + px(3), top + side + px(NAME),
                fill=theme.now(colours.SELECTED), outline=outline, width=px(1),
            )  # fmt: skip
        picture = self._thumbs.get(cell.path, side)
        known = picture is not None or self._thumbs.known(cell.path, side)
        if picture is not None:
            self._kept.append(picture)
            self.create_image(left + side / 2, top + side / 2, image=picture)
        else:
            self.create_rectangle(left, top, left + side, top + side, fill=theme.now(colours.HOVER), width=0)
            if known:
                self.create_text(left + side / 2, top + side / 2, text="cannot\nbe read", justify="center",
                                 fill=theme.now(colours.ERROR), font=self.face(11))  # fmt: skip
        room = 14 - 2 * len(cell.marks)
        name = cell.name if len(cell.name) <= room else f"{cell.name[: room - 1]}…"
        self.create_text(left + px(1), top + side + px(1), text=name, anchor="nw", font=self.face(11),
                         fill=theme.now(colours.TEXT if chosen else colours.DIM))  # fmt: skip
        for number, mark in enumerate(cell.marks):
            right, down = left + side - px(1) - number * px(11), top + side + px(4)
            self.create_oval(right - px(8), down, right, down + px(8), fill=theme.now(mark), width=0)
        return known

    def _rows(self) -> int:
        return -(-self._owner.count // self.columns)

    def _measure(self) -> None:
        height = max(self._rows() * self.row_height, self.winfo_height())
        self.configure(scrollregion=(0, 0, self.winfo_width(), height), yscrollincrement=self.px(20))
        if int(self.cget("width")) != (asked := self.px(2 * (SIDE + GAP) + 4)):
            self.configure(width=asked)  # room for two columns; takes more where there is more

    def _on_key(self, choose: Callable[[int], None], by: Callable[[], int], _event: Any) -> str:
        choose(self._owner.selected + by())
        return "break"

    def _on_click(self, choose: Callable[[int], None], event: Any) -> None:
        self.focus_set()
        column = int(event.x) // self.px(SIDE + GAP)
        index = int(self.canvasy(event.y)) // self.row_height * self.columns + column
        if column < self.columns and 0 <= index < self._owner.count:
            choose(index)

    def _scroll(self, way: int) -> None:
        if self._rows() * self.row_height > self.winfo_height():
            self.yview_scroll(way * 3, "units")
            self.redraw()
