"""A canvas of rows of one height, with room for a heading that stays. Only the rows that can be seen are drawn."""

from typing import Any, Literal

import customtkinter as ctk

from ui import colours, theme
from ui.colours import Pair

Face = tuple[str, int, str]
Anchor = Literal["nw", "w"]


class RowCanvas(theme.Canvas):
    """What lists have in common. Each says how many rows there are, draws one, and what stands where there are none."""

    def __init__(self, parent: Any, row_height: int, heading: int = 0, **options: Any):
        """Heights in px at 100 %."""
        super().__init__(parent, takefocus=True, **options)
        self._row_height, self._heading = row_height, heading
        self.on_wheel(self.scroll)

    @property
    def count(self) -> int:
        raise NotImplementedError

    @property
    def hint(self) -> str:
        """In the middle where there is no row."""
        raise NotImplementedError

    def draw_row(self, row: int, top: int) -> None:
        raise NotImplementedError

    def draw_over(self, top: float) -> None:
        """What lies over the rows, as the heading; `top` is the upper edge of what is seen."""

    def reset(self) -> None:
        """Everything is about to be drawn anew."""

    def yview(self, *args: Any) -> Any:
        result = super().yview(*args)
        if args:
            self.redraw()
        return result

    def reveal(self, row: int) -> None:
        """Scroll as little as is needed to have a row in view."""
        height, head = self.px(self._row_height), self.px(self._heading)
        top, first, room = row * height, self.canvasy(0), max(self.winfo_height() - head, 1)
        if top < first:
            self.yview("moveto", top / self._whole)
        elif top + height > first + room > height:
            self.yview("moveto", (top + height - room) / self._whole)

    def draw(self) -> None:
        self.delete("all")
        self.reset()
        width, height = self.winfo_width(), self.winfo_height()
        self.configure(scrollregion=(0, 0, width, max(self._whole, height)))
        if not self.count:
            self.create_text(
                width / 2, height / 2, text=self.hint, justify="center", width=max(width - self.px(40), 1),
                fill=theme.now(colours.DIM), font=self.face(),
            )  # fmt: skip
            return
        row, head, top = self.px(self._row_height), self.px(self._heading), self.canvasy(0)
        first = max(int(top) // row, 0)
        last = min(int(top + height - head) // row + 1, self.count)
        for number in range(first, last):
            self.draw_row(number, head + number * row)
        self.draw_over(top)

    def row_at(self, y: int) -> int | None:
        """The row at a height of the widget."""
        row = int(self.canvasy(y) - self.px(self._heading)) // self.px(self._row_height)
        return row if y >= self.px(self._heading) and 0 <= row < self.count else None

    def line(
        self, text: str, x: float, y: float, room: float, face: Face, colour: Pair, anchor: Anchor = "nw", end: int = 0
    ) -> None:
        """One line of text, cut with an ellipsis where there is no room; so many letters of its end stay if they can."""
        if room <= 0:
            return
        plain = " ".join(text.split())
        drawn = self.create_text(x, y, text=plain, anchor=anchor, fill=theme.now(colour), font=face)
        box = self.bbox(drawn)
        if box and box[2] - x > room:
            fits = max(int(len(plain) * room / (box[2] - x)) - 2, 1)
            kept = plain[-end:] if 0 < end <= fits // 2 else ""
            self.itemconfigure(drawn, text=f"{plain[: fits - len(kept)]}…{kept}")

    def broken(self, text: str, room: float, face: Face, most: int) -> list[str]:
        """The text in at most so many lines, broken between its facts (' · ') where it has them, else at spaces."""
        if most <= 1 or self.length(text, face) <= room:
            return [text]
        for mark in (" · ", " "):
            parts, fits = text.split(mark), 0
            while fits < len(parts) and self.length(mark.join(parts[: fits + 1]), face) <= room:
                fits += 1
            if fits:
                return [mark.join(parts[:fits]), *self.broken(mark.join(parts[fits:]), room, face, most - 1)]
        return [text]

    def length(self, text: str, face: Face) -> int:
        """In pixels of the screen."""
        return int(self.tk.call("font", "measure", face, text))

    def scroll(self, way: int) -> str | None:
        """By a notch of the wheel; what lies around scrolls where nothing is left here that way."""
        first, last = self.yview()
        if self._whole <= self.winfo_height() or (first <= 0.0 if way < 0 else last >= 1.0):
            return None
        self.yview_scroll(way * 3, "units")
        self.redraw()
        return "break"

    @property
    def _whole(self) -> int:
        return max(self.px(self._heading) + self.count * self.px(self._row_height), 1)


def with_scrollbar(frame: Any, canvas: RowCanvas) -> None:
    """Fills the frame with the canvas and, while there is something to scroll to, a scrollbar beside it."""
    bar = ctk.CTkScrollbar(frame, command=canvas.yview)
    place = {"side": "right", "fill": "y", "padx": (0, 3), "pady": 6}
    canvas.configure(yscrollcommand=theme.scrolls(bar, lambda: bar.pack(**place), bar.pack_forget))
    canvas.pack(side="left", fill="both", expand=True, padx=6, pady=6)
