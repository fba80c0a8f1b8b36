"""The names of the curves with their values: the newest, or those under the mouse. A click hides a curve."""

from collections.abc import Callable, Sequence
from typing import Any

from ui import colours, theme
from ui.colours import Pair

ROW = 20  # px at 100 %
DASHES = {"-": (), "--": (6, 3), "-.": (6, 2, 2, 2), ":": (2, 2)}


class Legend(theme.Canvas):
    """As high as its rows are; an entry that has no room left in a row begins the next one."""

    def __init__(self, parent: Any, toggle: Callable[[str], object]):
        super().__init__(parent, height=1, width=1)
        self.head = ""
        self.entries: list[tuple[str, str, Pair, str, bool]] = []  # label, value, colour, style, shown
        self._toggle = toggle
        self._rows = 0
        self._boxes: list[tuple[float, float, float, float, str]] = []
        self.bind("<Button-1>", self._on_click)

    def show(self, head: str, entries: Sequence[tuple[str, str, Pair, str, bool]]) -> None:
        if (head, list(entries)) != (self.head, self.entries):
            self.head, self.entries = head, list(entries)
            self.redraw()

    def draw(self) -> None:
        self.delete("all")
        self._boxes = []
        left, top, width = self.px(2), 0, self.winfo_width()
        if self.head:
            text = self._write(left, top, self.head, colours.DIM)
            left = self.bbox(text)[2] + self.px(14)
        for label, value, colour, style, shown in self.entries:
            right = self._entry(left, top, label, value, colour, style, shown)
            if right > width and left > self.px(2):
                self.delete(f"at{left},{top}")
                self._boxes.pop()
                left, top = self.px(2), top + self.px(ROW)
                right = self._entry(left, top, label, value, colour, style, shown)
            left = right + self.px(14)
        rows = top // self.px(ROW) + 1 if self.entries or self.head else 0
        if rows != self._rows or self.winfo_reqheight() != max(rows * self.px(ROW), 1):
            self._rows = rows
            self.configure(height=max(rows * self.px(ROW), 1))

    def _entry(self, left: int, top: int, label: str, value: str, colour: Pair, style: str, shown: bool) -> int:
        tag, middle, end = f"at{left},{top}", top + self.px(ROW / 2), left + self.px(18)
        ink = theme.now(colour if shown else colours.FAINT)
        self.create_line(left, middle, end, middle, fill=ink, width=self.px(2), dash=DASHES[style], tags=tag)
        name = self._write(end + self.px(5), top, label, colours.TEXT if shown else colours.FAINT, tag)
        right = self.bbox(name)[2]
        if value and shown:
            right = self.bbox(self._write(right + self.px(5), top, value, colours.DIM, tag))[2]
        self._boxes.append((left, top, right, top + self.px(ROW), label))
        return int(right)

    def _write(self, left: int, top: int, text: str, colour: Pair, tag: str = "") -> int:
        return self.create_text(
            left, top + self.px(ROW / 2), text=text, anchor="w", fill=theme.now(colour), font=self.face(theme.SMALL),
            tags=tag,
        )  # fmt: skip

    def _on_click(self, event: Any) -> None:
        for left, top, right, bottom, label in self._boxes:
            if left <= event.x <= right and top <= event.y < bottom:
                self._toggle(label)
                return
