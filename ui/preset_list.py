"""The presets in the menu, drawn on a canvas: under a heading for each model and method, a row for each preset."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.colours import Pair
from ui.preset_groups import Entry
from ui.signals import Signal

HEAD, ROW, EDGE = 30, 46, 8  # px at 100 %
NONE = "No preset is called or described like that."


class PresetList(ctk.CTkFrame):
    """One preset is selected. Up and down select, Return and a double click open."""

    def __init__(self, parent: Any):
        super().__init__(parent, corner_radius=8, border_width=theme.BORDER, border_color=colours.LINE)
        self.entries: Sequence[Entry] = ()
        self.selected = -1
        self.on_select: Signal[[]] = Signal()
        self.on_open: Signal[[]] = Signal()
        self.canvas = _Rows(self)
        self._scrollbar = ctk.CTkScrollbar(self, command=self.canvas.yview)
        self.canvas.configure(yscrollcommand=theme.scrolls(self._scrollbar, self._place, self._scrollbar.pack_forget))
        self.canvas.pack(side="left", fill="both", expand=True, padx=6, pady=6)

    def show(self, entries: Sequence[Entry], selected: int) -> None:
        self.entries = entries
        self.canvas.tops = tops(entries)
        self.select(selected)

    def select(self, index: int) -> None:
        self.selected = max(0, min(index, len(self.entries) - 1)) if self.entries else -1
        if self.selected >= 0:
            self.canvas.reveal(self.selected)
        self.canvas.redraw()
        self.on_select.emit()

    def step(self, by: int) -> None:
        self.select(self.selected + by)

    def _place(self) -> None:
        self._scrollbar.pack(side="right", fill="y", padx=(0, 3), pady=6)


def begins_group(entries: Sequence[Entry], index: int) -> bool:
    return index == 0 or entries[index - 1].group != entries[index].group


def tops(entries: Sequence[Entry]) -> list[int]:
    """Where each row begins, in px at 100 %, and last where all of them end; headings lie above their first row."""
    found, top = [], 0
    for index in range(len(entries)):
        top += HEAD if begins_group(entries, index) else 0
        found.append(top)
        top += ROW
    return [*found, top]


class _Rows(theme.Canvas):
    def __init__(self, owner: PresetList):
        super().__init__(owner, takefocus=True)
        self.tops = [0]
        self._owner = owner
        self.bind("<Button-1>", self._on_click)
        self.bind("<Double-Button-1>", lambda event: owner.on_open.emit() if self._at(event.y) >= 0 else None)
        self.bind("<Return>", lambda _event: owner.on_open.emit())
        for key, by in (("<Up>", -1), ("<Down>", 1)):
            self.bind(key, partial(self._step, by))
        self.on_wheel(self._scroll)

    def yview(self, *args: Any) -> Any:
        result = super().yview(*args)
        if args:
            self.redraw()
        return result

    def reveal(self, index: int) -> None:
        """Bring a row into view, with its heading where it is the first under it."""
        head = HEAD if begins_group(self._owner.entries, index) else 0
        top, end, whole = self.px(self.tops[index] - head), self.px(self.tops[index] + ROW), self.px(self.tops[-1])
        self.configure(scrollregion=(0, 0, self.winfo_width(), max(whole, self.winfo_height())))
        first, height = self.canvasy(0), max(self.winfo_height(), 1)
        if top < first:
            self.yview("moveto", top / max(whole, 1))
        elif end > first + height:
            self.yview("moveto", (end - height) / max(whole, 1))

    def draw(self) -> None:
        self.delete("all")
        entries, px = self._owner.entries, self.px
        self.configure(scrollregion=(0, 0, self.winfo_width(), max(px(self.tops[-1]), self.winfo_height())))
        if not entries:
            self.create_text(self.winfo_width() / 2, self.winfo_height() / 2, text=NONE, font=self.face(),
                             fill=theme.now(colours.DIM), width=self.winfo_width() - px(40))  # fmt: skip
        first = self.canvasy(0)
        for index, entry in enumerate(entries):
            top = px(self.tops[index])
            if first - px(ROW) <= top <= first + self.winfo_height() + px(HEAD):
                self._draw_entry(index, entry, top)

    def _draw_entry(self, index: int, entry: Entry, top: int) -> None:
        px, width = self.px, self.winfo_width()
        if begins_group(self._owner.entries, index):
            self._text(entry.group, px(2), top - px(13), width, self.face(theme.SMALL, bold=True), colours.LINK)
        if index == self._owner.selected:
            self.create_rectangle(0, top, width, top + px(ROW - 2), fill=theme.now(colours.SELECTED), width=0)
        right = width - px(EDGE)
        if not entry.preset.shipped:
            badge = self.create_text(right, top + px(14), text="your own", anchor="e", fill=theme.now(colours.DIM),
                                     font=self.face(11))  # fmt: skip
            right = self.bbox(badge)[0] - px(10)
        self._text(entry.preset.name, px(EDGE), top + px(14), right - px(EDGE), self.face(bold=True), colours.TEXT)
        line = " ".join(entry.description.split()) or "No description yet."
        self._text(line, px(EDGE), top + px(32), width - px(2 * EDGE), self.face(theme.SMALL), colours.DIM)

    def _text(self, text: str, left: int, middle: int, room: int, font: tuple[str, int, str], colour: Pair) -> None:
        """One line, cut with an ellipsis where there is no room."""
        drawn = self.create_text(left, middle, text=text, anchor="w", fill=theme.now(colour), font=font)
        box = self.bbox(drawn)
        while box and box[2] - left > room and len(text) > 4:
            text = text[: min(int(len(text) * room / (box[2] - left)), len(text) - 2)]
            self.itemconfigure(drawn, text=f"{text.rstrip()}…")
            box = self.bbox(drawn)

    def _at(self, height: int) -> int:
        """The row at a height of the canvas; -1 on a heading and below the last."""
        place = self.canvasy(height) / theme.scaling(self)
        found = [index for index, top in enumerate(self.tops[:-1]) if top <= place < top + ROW]
        return found[0] if found else -1

    def _on_click(self, event: Any) -> None:
        self.focus_set()
        if (index := self._at(event.y)) >= 0:
            self._owner.select(index)

    def _step(self, by: int, _event: Any) -> str:
        self._owner.step(by)
        return "break"

    def _scroll(self, way: int) -> None:
        if self.px(self.tops[-1]) > self.winfo_height():
            self.yview_scroll(way * 3, "units")
            self.redraw()
