"""One picture of a table, large. The arrow keys go to its neighbours, Esc closes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import customtkinter as ctk
from PIL import ImageTk

from onetrainer_clone.contact_sheet import Place
from ui import colours, theme
from ui.thumbnails import decode

SIDE = 560


class Large(ctk.CTkToplevel):
    def __init__(
        self, root: Any, columns: Sequence[str], rows: Sequence[str], pictures: Mapping[Place, Path], place: Place
    ):
        super().__init__(root)
        self.place = place
        self._columns, self._rows, self._pictures = columns, rows, pictures
        self._picture: Any = None
        self.title("Picture")
        self.transient(root)
        self.geometry(f"{SIDE + 40}x{SIDE + 110}")
        self._view = theme.Canvas(self, background=colours.PAGE)
        self._view.draw = self._draw  # type: ignore[method-assign]
        self._words = ctk.CTkLabel(self, text="", wraplength=SIDE, justify="center")
        self._words.pack(side="bottom", fill="x", padx=16, pady=(0, 12))
        self._view.pack(fill="both", expand=True, padx=16, pady=(16, 4))
        for name, down, across in (("Left", 0, -1), ("Right", 0, 1), ("Up", -1, 0), ("Down", 1, 0)):
            self.bind(f"<{name}>", lambda _event, down=down, across=across: self.go(down, across))
        self.bind("<Escape>", lambda _event: self.destroy())
        self.go(0, 0)
        self.after(50, self.focus_set)

    def go(self, down: int, across: int) -> None:
        """To a neighbour, where there is one."""
        place = (self.place[0] + down, self.place[1] + across)
        self.place = place if place in self._pictures else self.place
        row, column = self._rows[self.place[0]], self._columns[self.place[1]]
        self._words.configure(text="\n".join(part.replace("\n", ", ") for part in (row, column)))
        self._view.redraw()

    def _draw(self) -> None:
        self._view.delete("all")
        width, height = self._view.winfo_width(), self._view.winfo_height()
        picture = decode(self._pictures[self.place], max(min(width, height), 16))
        if picture is None:
            self._view.create_text(width / 2, height / 2, text="The picture is gone.", fill=theme.now(colours.DIM))
            return
        self._picture = ImageTk.PhotoImage(picture)
        self._view.create_image(width / 2, height / 2, image=self._picture)
