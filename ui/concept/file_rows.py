"""The files that a person may want to look at, by what is the matter with them; a click shows the picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ui import colours, theme
from ui.rowcanvas import RowCanvas
from ui.signals import Signal

HEIGHT, INDENT = 24, 16  # px at 100 %: of a row; of a file under its heading
NOTHING = "Nothing: every picture can be read and has a caption."


@dataclass(frozen=True)
class File:
    """A picture of the concept, by its path inside the folder, and what is to be said about it."""

    key: str
    note: str = ""


class FileRows(RowCanvas):
    """Headings with their files below them, however many; only those in sight are drawn."""

    def __init__(self, parent: Any):
        super().__init__(parent, HEIGHT, height=1, width=1)
        self.rows: Sequence[str | File] = ()  # a heading is its text
        self.selected = -1
        self.on_open: Signal[[str]] = Signal()
        self._hover = -1
        self.bind("<Button-1>", self._on_click)
        self.bind("<Motion>", lambda event: self._point_at(self.row_at(event.y)))
        self.bind("<Leave>", lambda _event: self._point_at(None))
        self.bind("<Return>", lambda _event: self.open(self.selected))
        for key, by in (("Up", -1), ("Down", 1)):
            self.bind(f"<{key}>", partial(self._on_key, by))

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def hint(self) -> str:
        return NOTHING

    def show(self, lists: Mapping[str, Sequence[File]]) -> None:
        """Titles with their files."""
        rows: list[str | File] = []
        for title, files in lists.items():
            rows += [f"{title} ({len(files):,})", *files]
        self.rows, self.selected, self._hover = rows, -1, -1
        self.yview_moveto(0.0)
        self.redraw()

    def open(self, row: int) -> None:
        """Ask for the picture of a row."""
        if 0 <= row < len(self.rows) and isinstance(file := self.rows[row], File):
            self.selected = row
            self.redraw()
            self.on_open.emit(file.key)

    def step(self, by: int) -> None:
        """To the next or previous file, over headings."""
        row = self.selected + by
        while 0 <= row < len(self.rows) and not isinstance(self.rows[row], File):
            row += by
        if 0 <= row < len(self.rows):
            self.selected = row
            self.reveal(row)
            self.redraw()

    def draw_row(self, row: int, top: int) -> None:
        px, width, height = self.px, self.winfo_width(), self.px(HEIGHT)
        if row == self.selected:
            self.create_rectangle(0, top, width, top + height, fill=theme.now(colours.SELECTED), width=0)
        shown = self.rows[row]
        if not isinstance(shown, File):
            self.line(shown, px(4), top + height / 2, width - px(8), self.face(bold=True), colours.TEXT, "w")
            return
        face = self.face(theme.BODY)
        colour = colours.LINK if row == self._hover else colours.TEXT
        left, room = px(INDENT), width - px(INDENT + 8)
        self.line(shown.key, left, top + height / 2, room, face, colour, "w")
        beside = self.length(shown.key, face) + px(14)
        self.line(shown.note, left + beside, top + height / 2, room - beside, face, colours.DIM, "w")

    def scroll(self, way: int) -> Any:
        """At its end it leaves the wheel to what it lies in."""
        first, last = self.yview()
        if (way < 0 and first <= 0.0) or (way > 0 and last >= 1.0):
            return None
        super().scroll(way)
        return "break"

    def _on_click(self, event: Any) -> None:
        self.focus_set()
        if (row := self.row_at(event.y)) is not None:
            self.open(row)

    def _on_key(self, by: int, _event: Any) -> str:
        self.step(by)
        return "break"

    def _point_at(self, row: int | None) -> None:
        """What a click would open is in another colour."""
        hover = row if row is not None and isinstance(self.rows[row], File) else -1
        if hover != self._hover:
            self._hover = hover
            self.configure(cursor="hand2" if hover >= 0 else "")
            self.redraw()
