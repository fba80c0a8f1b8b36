"""The names of the curves with their values: the newest, or those under the mouse. A click hides a curve."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ui import colours, theme
from ui.colours import Pair
from ui.words import shortened

ROW = 20  # px at 100 %
ROWS = 4  # of names at most: the chart needs its room
LETTERS = 40  # of a name
MORE = "and {:,} more …"
Entry = tuple[str, str, Pair, str, bool]  # label, value, colour, style, shown
DASHES = {"-": (), "--": (6, 3), "-.": (6, 2, 2, 2), ":": (2, 2)}


class Legend(theme.Canvas):
    """As high as its rows are; an entry that has no room left in a row begins the next one. What has no room in all of
    them is in a menu."""

    def __init__(self, parent: Any, toggle: Callable[[str], object]):
        super().__init__(parent, height=1, width=1)
        self.head = ""
        self.entries: list[Entry] = []
        self._toggle = toggle
        self._rows = 0
        self._boxes: list[tuple[float, float, float, float, Callable[[], object]]] = []
        self.bind("<Button-1>", self._on_click)

    def show(self, head: str, entries: Sequence[Entry]) -> None:
        if (head, list(entries)) != (self.head, self.entries):
            self.head, self.entries = head, list(entries)
            self.redraw()

    def draw(self) -> None:
        self.delete("all")
        self._boxes = []
        begin, top, width = self.px(2), 0, self.winfo_width()
        left = begin
        if self.head:
            text = self._write(left, top, self.head, colours.DIM)
            left = self.bbox(text)[2] + self.px(14)
        for place, entry in enumerate(self.entries):
            name = shortened(entry[0], LETTERS)
            right = self._entry(left, top, name, entry)
            if right > width and left > begin:
                self._take_back(left, top)
                left, top = begin, top + self.px(ROW)
                if top >= self.px(ROW) * ROWS:
                    self._add_menu(left, top, self.entries[place:])
                    break
                right = self._entry(left, top, name, entry)
            while right > width and len(name) > 2:
                self._take_back(left, top)
                name = shortened(name, len(name) - 1)
                right = self._entry(left, top, name, entry)
            left = right + self.px(14)
        rows = top // self.px(ROW) + 1 if self.entries or self.head else 0
        if rows != self._rows or self.winfo_reqheight() != max(rows * self.px(ROW), 1):
            self._rows = rows
            self.configure(height=max(rows * self.px(ROW), 1))

    def _entry(self, left: int, top: int, words: str, entry: Entry) -> int:
        """Returns where it ends."""
        label, value, colour, style, shown = entry
        tag, middle, end = f"at{left},{top}", top + self.px(ROW / 2), left + self.px(18)
        ink = theme.now(colour if shown else colours.FAINT)
        self.create_line(left, middle, end, middle, fill=ink, width=self.px(2), dash=DASHES[style], tags=tag)
        name = self._write(end + self.px(5), top, words, colours.TEXT if shown else colours.FAINT, tag)
        right = self.bbox(name)[2]
        if value and shown:
            right = self.bbox(self._write(right + self.px(5), top, value, colours.DIM, tag))[2]
        self._boxes.append((left, top, right, top + self.px(ROW), partial(self._toggle, label)))
        return int(right)

    def _take_back(self, left: int, top: int) -> None:
        """The entry that was drawn last, which has no room."""
        self.delete(f"at{left},{top}")
        self._boxes.pop()

    def _add_menu(self, left: int, top: int, entries: Sequence[Entry]) -> None:
        _, _, right, bottom = self.bbox(self._write(left, top, MORE.format(len(entries)), colours.ACCENT_HOVER))
        self._boxes.append((left, top, right, bottom, partial(self._open_menu, left, bottom, entries)))

    def _open_menu(self, left: int, bottom: int, entries: Sequence[Entry]) -> None:
        menu = theme.menu(self)
        for label, value, _, _, shown in entries:
            words = f"{'•  ' if shown else '    '}{shortened(label, LETTERS)}   {value}"
            menu.add_command(label=words, command=partial(self._toggle, label))
        menu.tk_popup(self.winfo_rootx() + left, self.winfo_rooty() + bottom)

    def _write(self, left: int, top: int, text: str, colour: Pair, tag: str = "") -> int:
        return self.create_text(
            left, top + self.px(ROW / 2), text=text, anchor="w", fill=theme.now(colour), font=self.face(theme.SMALL),
            tags=tag,
        )  # fmt: skip

    def _on_click(self, event: Any) -> None:
        for left, top, right, bottom, call in self._boxes:
            if left <= event.x <= right and top <= event.y < bottom:
                call()
                return
