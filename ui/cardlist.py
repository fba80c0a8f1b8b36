"""A list drawn on a canvas: only the rows that can be seen are drawn, so its length does not matter."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.colours import Pair
from ui.signals import Signal
from ui.thumbnails import Pictures

NARROW = 280  # px at 100 %: below it the title needs the room of the badge


@dataclass(frozen=True)
class Item:
    """What one row shows."""

    title: str
    lines: tuple[tuple[str, Pair], ...] = ()
    badge: str = ""
    badge_colour: Pair = colours.DIM
    stripe: Pair | None = None  # the colour bar at the left
    picture: Path | None = None
    enabled: bool | None = None  # None: there is nothing to switch


class CardList(ctk.CTkFrame):
    """Shows items; one is selected. Keys: up, down, space switches, Delete deletes."""

    def __init__(self, parent: Any, pictures: Pictures | None, row_height: int, empty: str):
        super().__init__(parent, corner_radius=8, border_width=1, border_color=colours.LINE)
        self.count = 0
        self.item: Callable[[int], Item] = lambda _index: Item("")
        self.selected = -1
        self.on_select: Signal[[int]] = Signal()
        self.on_switch: Signal[[int]] = Signal()
        self.on_delete: Signal[[int]] = Signal()
        self.on_open: Signal[[int]] = Signal()
        self.canvas = _Rows(self, pictures, row_height, empty)
        self._scrollbar = ctk.CTkScrollbar(self, command=self.canvas.yview)
        self.canvas.configure(yscrollcommand=theme.scrolls(self._scrollbar, self._place, self._scrollbar.pack_forget))
        self.canvas.pack(side="left", fill="both", expand=True, padx=6, pady=6)

    def show(self, count: int, item: Callable[[int], Item]) -> None:
        """Show so many items; `item` is asked only for those that can be seen."""
        self.count, self.item = count, item
        self.selected = min(self.selected, count - 1)
        self.canvas.redraw()

    def select(self, index: int) -> None:
        """Select a row and bring it into view."""
        if not self.count:
            return
        self.selected = max(0, min(index, self.count - 1))
        self.canvas.reveal(self.selected)
        self.canvas.redraw()
        self.on_select.emit(self.selected)

    def _place(self) -> None:
        self._scrollbar.pack(side="right", fill="y", padx=(0, 3), pady=6)

    def focus_list(self) -> None:
        self.canvas.focus_set()


def _call(call: Callable[[], None], _event: Any) -> None:
    call()


class _Rows(theme.Canvas):
    def __init__(self, owner: CardList, pictures: Pictures | None, row_height: int, empty: str):
        super().__init__(owner, takefocus=True)
        self._owner, self._pictures, self._row_height, self._empty = owner, pictures, row_height, empty
        self._kept: list[Any] = []  # Tk forgets pictures that nobody holds
        self.bind("<Button-1>", self._on_click)
        self.bind("<Double-Button-1>", lambda event: self._on_row(event, owner.on_open.emit))
        keys: dict[str, Callable[[], None]] = {
            "<Up>": lambda: owner.select(owner.selected - 1),
            "<Down>": lambda: owner.select(owner.selected + 1),
            "<space>": lambda: owner.on_switch.emit(owner.selected),
            "<Delete>": lambda: owner.on_delete.emit(owner.selected),
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
        top, height = index * self.px(self._row_height), max(self.winfo_height(), 1)
        whole = max(self._owner.count * self.px(self._row_height), 1)
        first = self.canvasy(0)
        if top < first:
            self.yview("moveto", top / whole)
        elif top + self.px(self._row_height) > first + height:
            self.yview("moveto", (top + self.px(self._row_height) - height) / whole)

    def draw(self) -> None:
        self.delete("all")
        self._kept.clear()
        count, height = self._owner.count, self.px(self._row_height)
        self.configure(scrollregion=(0, 0, self.winfo_width(), max(count * height, self.winfo_height())))
        if not count:
            self.create_text(
                self.winfo_width() / 2, self.winfo_height() / 2, text=self._empty, justify="center",
                width=self.winfo_width() - self.px(40), fill=theme.now(colours.DIM), font=self.face(),
            )  # fmt: skip
            return
        first = max(int(self.canvasy(0)) // height, 0)
        last = min(int(self.canvasy(self.winfo_height())) // height + 1, count)
        for index in range(first, last):
            self._draw_row(index, self._owner.item(index), index * height)

    def _draw_row(self, index: int, item: Item, top: int) -> None:
        px, width, height = self.px, self.winfo_width(), self.px(self._row_height)
        if index == self._owner.selected:
            self.create_rectangle(0, top, width, top + height - px(2), fill=theme.now(colours.SELECTED), width=0)
        left = px(8)
        if item.stripe:
            self.create_rectangle(
                left, top + px(7), left + px(5), top + height - px(9), fill=theme.now(item.stripe), width=0
            )
            left += px(12)
        if item.picture is not None:
            left = self._draw_picture(item.picture, left, top)
        right = self._draw_right(item, top)
        off = item.enabled is False
        self._draw_text(item.title, left, top + px(7), right - left, self.face(theme.BODY, bold=True),
                        colours.FAINT if off else colours.TEXT)  # fmt: skip
        for number, (text, colour) in enumerate(item.lines):
            place = top + px(27 + 18 * number)
            self._draw_text(text, left, place, width - px(12) - left, self.face(theme.SMALL),
                            colours.FAINT if off else colour)  # fmt: skip

    def _draw_picture(self, path: Path, left: int, top: int) -> int:
        side = self.px(self._row_height - (16 if self.winfo_width() > self.px(NARROW) else 40))
        picture = self._pictures.thumbnail(path, side, self.redraw) if self._pictures else None
        if picture is not None:
            self._kept.append(picture)
            self.create_image(left + side / 2, top + self.px(7) + side / 2, image=picture)
        else:
            self.create_rectangle(left, top + self.px(7), left + side, top + self.px(7) + side,
                                  fill=theme.now(colours.HOVER), width=0)  # fmt: skip
        return left + side + self.px(10)

    def _draw_right(self, item: Item, top: int) -> int:
        """Check box and badge; returns where the room for the title ends."""
        px, right = self.px, self.winfo_width() - self.px(10)
        if item.enabled is not None:
            edge = theme.now(colours.ACCENT if item.enabled else colours.FAINT)
            fill = edge if item.enabled else theme.now(colours.FIELD)
            self.create_rectangle(
                right - px(16), top + px(8), right, top + px(24), outline=edge, fill=fill, width=px(1)
            )
            if item.enabled:
                hook = [right - px(13), top + px(16), right - px(9), top + px(20), right - px(3), top + px(12)]
                self.create_line(hook, fill="#ffffff", width=px(2))
            right -= px(26)
        if item.badge and self.winfo_width() > px(NARROW):
            colour = theme.now(item.badge_colour)
            text = self.create_text(right - px(7), top + px(16), text=item.badge, anchor="e", fill=colour,
                                    font=self.face(11))  # fmt: skip
            box = self.bbox(text)
            self.create_rectangle(box[0] - px(6), box[1] - px(2), box[2] + px(6), box[3] + px(2), outline=colour)
            right = box[0] - px(14)
        return right

    def _draw_text(self, text: str, left: int, top: int, room: int, font: tuple[str, int, str], colour: Pair) -> None:
        """One line, cut with an ellipsis where there is no room."""
        drawn = self.create_text(left, top, text=text, anchor="nw", fill=theme.now(colour), font=font)
        box = self.bbox(drawn)
        if box and box[2] - left > room > 0:
            fits = max(int(len(text) * room / (box[2] - left)) - 2, 1)
            self.itemconfigure(drawn, text=text[:fits] + "…")

    def _on_click(self, event: Any) -> None:
        self.focus_set()
        self._on_row(event, self._click_row, self.winfo_width() - event.x < self.px(34))

    def _click_row(self, index: int, at_box: bool) -> None:
        self._owner.select(index)
        if at_box and self._owner.item(index).enabled is not None:
            self._owner.on_switch.emit(index)

    def _on_row(self, event: Any, call: Callable[..., object], *more: Any) -> None:
        index = int(self.canvasy(event.y)) // self.px(self._row_height)
        if 0 <= index < self._owner.count:
            in_box = more and int(event.y + self.canvasy(0)) % self.px(self._row_height) < self.px(30) and more[0]
            call(index, *([bool(in_box)] if more else []))

    def _scroll(self, way: int) -> None:
        if self._owner.count * self.px(self._row_height) > self.winfo_height():
            self.yview_scroll(way * 3, "units")
            self.redraw()
